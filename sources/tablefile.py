"""The rows of a CSV or Parquet file, either gzipped, block by block, so that memory does not grow with its text."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, cast

import polars as pl

BLOCK_BYTES = 16 << 20
BLOCK_ROWS = 500_000


class TableError(ValueError):
    """A file that can't be read as a table of series; the message names file, line, column and what to do."""


def unreadable(path: Path, error: OSError | EOFError) -> TableError:
    """What is said of a file that is not there, may not be opened or is cut off."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return TableError(f"{path} can't be read: {reason}; check the path and the file")


def read_blocks(path: Path) -> Iterator[pl.DataFrame]:
    """The file's rows, block by block; texts of a CSV stay texts. Raises `TableError` when it can't be read."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            magic = stream.read(4)
            stream.seek(0)
            yield from _parquet_blocks(stream) if magic == b"PAR1" else _csv_blocks(stream)
    except (OSError, EOFError) as error:
        raise unreadable(path, error) from error
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path} is no CSV or Parquet that can be read: {str(error).splitlines()[0]}") from error


def _parquet_blocks(stream: IO[bytes]) -> Iterator[pl.DataFrame]:
    data = BytesIO(stream.read())
    rows = pl.scan_parquet(data)
    height = int(rows.select(pl.len()).collect().item())
    for start in range(0, height, BLOCK_ROWS):
        yield rows.slice(start, BLOCK_ROWS).collect()


def _csv_blocks(stream: IO[bytes]) -> Iterator[pl.DataFrame]:
    header = stream.readline()
    rest = b""
    while True:
        data = stream.read(BLOCK_BYTES)
        text = rest + data
        cut = _last_row_end(text) if data else len(text)
        body, rest = text[:cut], text[cut:]
        if body.strip():
            yield pl.read_csv(BytesIO(header + body), infer_schema=False)
        if not data:
            return


def _last_row_end(text: bytes) -> int:
    """Where the last whole row ends: after a newline that is not inside quotes; 0 when there is none."""
    end = text.rfind(b"\n") + 1
    while end > 0 and text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end
