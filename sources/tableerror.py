"""What is raised for a table that can't be read."""

from __future__ import annotations


class TableError(ValueError):
    """A file that can't be read as a table of series; the message names file, line, column and what to do."""
