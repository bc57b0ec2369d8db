"""Can reports be written?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from forewarn.assembly import report_folder
from forewarn.settings import Settings
from sources.base import Check


def check_report_folder(settings: Settings) -> Iterator[Check]:
    """Whether the folder is there and writable, or can be made. Nothing is written."""
    folder = report_folder(settings)
    there = _nearest(folder)
    if not there.is_dir():
        yield Check("folder", False, f"{there} is no folder", "Set reports.folder to a folder")
    elif not os.access(there, os.W_OK | os.X_OK):
        advice = "Give the account that runs Forewarn the right to write there, or set reports.folder"
        yield Check("folder", False, f"{there} can't be written to", advice)
    else:
        what = f"{folder} can be written to" if there == folder else f"{folder} will be made by the first report"
        yield Check("folder", True, what)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
