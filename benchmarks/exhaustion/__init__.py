"""Time to exhaustion measured: on the open sample, and on histories of many shapes made here from any seed."""
