"""Kill test: whatever is killed, frozen or cut off, nothing is lost, doubled or told out of order."""
