"""The read API and the console pages."""
