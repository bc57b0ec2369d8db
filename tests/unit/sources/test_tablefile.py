"""Files, pipes and standard input read alike; columns of types that hold no series are refused by name."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from datetime import time, timedelta
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from sources.limittable import read_limits
from sources.longtable import read_long_table
from sources.tablefile import TableError, read_blocks

CSV = b"unique_id,ds,y\na,1,1\na,2,2\n"


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("underlying stream is not seekable")


@pytest.mark.parametrize("content", [CSV, gzip.compress(CSV)], ids=["csv", "gzip"])
def test_a_pipe_is_read_as_a_file_is(tmp_path: Path, content: bytes) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()

    rows = [row for block in read_blocks(pipe) for row in block.rows()]
    writer.join()

    assert rows == [("a", "1", "1"), ("a", "2", "2")]


@pytest.mark.parametrize("stream", [io.BytesIO, Pipe], ids=["file", "pipe"])
def test_a_minus_is_standard_input(monkeypatch: pytest.MonkeyPatch, stream: type[io.BytesIO]) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream(CSV)))

    assert read_long_table(Path("-")).batches[0].values.tolist() == [[1, 2]]


def test_faults_of_standard_input_are_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Pipe(CSV + b"a,3,many\n")))

    with pytest.raises(TableError, match="standard input, line 4: column y"):
        read_long_table(Path("-"))


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("unique_id", ["a"], "List"),
        ("unique_id", b"a", "Binary"),
        ("ds", time(1), "Time"),
        ("ds", timedelta(1), "Duration"),
        ("ds", [1], "List"),
        ("y", {"y": 1.0}, "Struct"),
        ("y", timedelta(1), "Duration"),
    ],
)
def test_types_that_hold_no_series_are_refused_by_name(tmp_path: Path, column: str, value: object, kind: str) -> None:
    file = tmp_path / "t.parquet"
    pl.DataFrame({"unique_id": ["a"], "ds": [1], "y": [1.0]} | {column: [value]}).write_parquet(file)

    with pytest.raises(TableError, match=rf"t\.parquet: column {column} is of type {kind}.*: write it as"):
        read_long_table(file)


@pytest.mark.parametrize(("column", "value"), [("limit", [1.0]), ("ds", time(1)), ("unique_id", b"a")])
def test_so_are_those_that_hold_no_limits(tmp_path: Path, column: str, value: object) -> None:
    file = tmp_path / "t.parquet"
    pl.DataFrame({"unique_id": ["a"], "ds": [1], "limit": [1.0]} | {column: [value]}).write_parquet(file)

    with pytest.raises(TableError, match=rf"t\.parquet: column {column} is of type .*: write it as"):
        read_limits(file)


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    for at in range(12, 40):
        packed = bytearray(gzip.compress(CSV * 20))
        packed[at] ^= 0xFF
        (tmp_path / "t.gz").write_bytes(packed)
        with pytest.raises(TableError):
            read_long_table(tmp_path / "t.gz")
