"""Which files a path stands for, and what is in them."""

from __future__ import annotations

from pathlib import Path

from sources.files.longform import read_long_form
from sources.files.openmetrics import read_openmetrics
from sources.files.rows import Rows
from sources.files.store import SampleStore
from sources.tablefile import TableError

TABLES = (".csv", ".parquet", ".pq")
TEXTS = (".om", ".openmetrics", ".prom", ".txt")

Stamp = tuple[tuple[str, int, int], ...]


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a folder and the folders in it that have a known ending (or the file itself), in order of name."""
    if not path.is_dir():
        return (path,)
    return tuple(sorted(one for one in path.rglob("*") if one.is_file() and _ending(one) in (*TABLES, *TEXTS)))


def stamp(path: Path) -> Stamp:
    """Changes when a file is added, removed or written. Raises `OSError` when there is nothing at the path."""
    seen = ((str(one), one.stat()) for one in files_of(path))
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in seen)


def load(path: Path) -> SampleStore:
    """All samples of a file or folder. Raises `TableError` for what can't be read."""
    files = files_of(path)
    if not files:
        endings = ", ".join((*TABLES, *TEXTS))
        raise TableError(
            f"{path} has no file that ends in {endings} (or these and .gz): point it at the exported history"
        )
    rows = Rows()
    for one in files:
        (read_long_form if _ending(one) in TABLES else read_openmetrics)(one, rows)
    return rows.store()


def _ending(path: Path) -> str:
    endings = [suffix.lower() for suffix in path.suffixes]
    if endings and endings[-1] == ".gz":
        endings.pop()
    return endings[-1] if endings else ""
