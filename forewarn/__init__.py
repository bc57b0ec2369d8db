"""The front door: command line, settings, logging, metrics."""
