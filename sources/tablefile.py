"""The rows of a CSV or Parquet file, either gzipped, block by block, so that memory does not grow with its text."""

from __future__ import annotations

import gzip
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

import polars as pl

from sources.csvblocks import csv_blocks
from sources.tableerror import TableError

__all__ = ["STANDARD_INPUT", "TableError", "called", "read_blocks", "require_usable", "unreadable"]

BLOCK_BYTES = 16 << 20
BLOCK_ROWS = 500_000
STANDARD_INPUT = Path("-")
UNUSABLE = (pl.Binary, pl.Object, pl.Duration, pl.Time)


def called(path: Path) -> str:
    """What people are told a file is called."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def unreadable(path: Path, error: Exception) -> TableError:
    """What is said of a file that is not there, may not be opened or is cut off."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return TableError(f"{called(path)} can't be read: {reason}; check the path and the file")


def read_blocks(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a file, or of standard input for `-`, block by block; texts of a CSV stay texts.

    Raises `TableError` when it can't be read.
    """
    try:
        with _opened(path) as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            magic = stream.read(4)
            stream.seek(0)
            name = called(path)
            yield from _parquet_blocks(stream) if magic == b"PAR1" else csv_blocks(name, stream, BLOCK_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"{called(path)} is no CSV or Parquet that can be read: {str(error).splitlines()[0]}"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file from its beginning on; a pipe, which can be read once, is kept in a temporary file without a name."""
    with ExitStack() as stack:
        raw = sys.stdin.buffer if path == STANDARD_INPUT else stack.enter_context(path.open("rb"))
        if not raw.seekable():
            kept = stack.enter_context(TemporaryFile())
            shutil.copyfileobj(raw, kept)
            raw = kept
        raw.seek(0)
        yield raw


def _parquet_blocks(stream: IO[bytes]) -> Iterator[pl.DataFrame]:
    data = BytesIO(stream.read())
    rows = pl.scan_parquet(data)
    height = int(rows.select(pl.len()).collect().item())
    for start in range(0, height, BLOCK_ROWS):
        yield rows.slice(start, BLOCK_ROWS).collect()


def require_usable(name: str, column: pl.Series, wanted: str) -> None:
    """Refuse a column of a type that holds neither text nor numbers nor times. Raises `TableError`."""
    kind = column.dtype
    if kind.is_nested() or kind in UNUSABLE:
        raise TableError(f"{name}: column {column.name} is of type {kind}, which can't be used: write it as {wanted}")
