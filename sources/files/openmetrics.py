"""OpenMetrics and Prometheus text with a timestamp on every sample, as `promtool tsdb dump-openmetrics` writes it.

Seconds (OpenMetrics) and milliseconds (Prometheus text) are told apart by size. Comments and exemplars are skipped.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from sources.files.promql.values import NAME
from sources.files.rows import Rows, repeated, run_starts, to_milliseconds
from sources.files.store import Metric
from sources.tablefile import TableError

BLOCK_BYTES = 16 << 20
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_BRACES = r'\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}'
_SERIES = rf"(?:{_NAME}\s*(?:{_BRACES})?|{_BRACES})"
_LINE = rf"^\s*({_SERIES})\s+(\S+)\s+(\S+)\s*(?:#.*)?$"
_LABEL = re.compile(rf'\s*(?:"((?:[^"\\]|\\.)*)"|({_NAME}))\s*(?:=\s*"((?:[^"\\]|\\.)*)")?\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")
_TIMELESS = re.compile(rf"\s*{_SERIES}\s+\S+\s*")


def read_openmetrics(path: Path, rows: Rows) -> None:
    """Add all samples of a file. Raises `TableError` that names file, line and column for what can't be read."""
    done = 0
    try:
        for block in _line_blocks(path):
            done += _read_block(path, done, block, rows)
    except (OSError, EOFError) as error:
        raise TableError(f"{path} can't be read: {error}") from error


def _line_blocks(path: Path) -> Iterator[pl.Series]:
    """The file's lines, block by block."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
        rest = b""
        while data := stream.read(BLOCK_BYTES):
            body, cut, rest = (rest + data).rpartition(b"\n")
            if cut:
                yield _lines(path, body)
        if rest:
            yield _lines(path, rest)


def _lines(path: Path, body: bytes) -> pl.Series:
    try:
        frame = pl.read_csv(
            BytesIO(b"line\n" + body.replace(b"\x00", b"") + b"\n"),
            separator="\x00",
            quote_char=None,
            infer_schema=False,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path} is no text in UTF-8: {str(error).splitlines()[0]}") from error
    return frame["line"]


def _read_block(path: Path, done: int, lines: pl.Series, rows: Rows) -> int:
    sample = ~(lines.str.starts_with("#") | (lines.str.strip_chars() == ""))
    numbers = np.flatnonzero(sample.to_numpy()) + done + 1
    texts = lines.filter(sample)
    parts = pl.DataFrame({"line": texts}).select(pl.col("line").str.extract_groups(_LINE)).unnest("line")
    series, values, times = (parts[column] for column in parts.columns)
    value = values.cast(pl.Float64, strict=False)
    time = times.cast(pl.Float64, strict=False)
    bad = np.flatnonzero((value.is_null() | time.is_null()).to_numpy())
    if bad.size:
        first = int(bad[0])
        raise TableError(_complaint(path, int(numbers[first]), texts[first], series[first], value[first]))
    starts = run_starts(series.to_frame())
    known: dict[str, int] = {}
    codes = []
    for start, text in zip(starts.tolist(), series[starts].to_list(), strict=True):
        if text not in known:
            known[text] = rows.number(_metric(path, int(numbers[start]), text))
        codes.append(known[text])
    milliseconds = to_milliseconds(time.to_numpy()).astype(np.int64)
    rows.add(repeated(codes, starts, len(texts)), milliseconds, value.to_numpy())
    return len(lines)


def _metric(path: Path, line: int, text: str) -> Metric:
    """Name and labels of a series: `name{label="value"}`, `{__name__="name"}` or `{"name", label="value"}`."""
    name, _, braces = text.partition("{")
    metric = {NAME: name.strip()} if name.strip() else {}
    body = braces.rpartition("}")[0]
    place = 0
    while body[place:].strip():
        found = _LABEL.match(body, place)
        if found is None:
            raise TableError(f'{path}, line {line}, column {len(name) + place + 2}: a label is written label="value"')
        quoted, plain, value = found.groups()
        label = _ESCAPED.sub(_unescaped, quoted) if quoted is not None else plain
        if value is None:
            metric[NAME] = label
        else:
            metric[label] = _ESCAPED.sub(_unescaped, value)
        place = found.end()
    if not metric.get(NAME):
        raise TableError(f"{path}, line {line}, column 1: the series has no name")
    return metric


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n"}.get(found[1], found[1])


def _complaint(path: Path, line: int, text: str, series: str | None, value: float | None) -> str:
    """What is wrong with a line, and where."""
    where = f"{path}, line {line}"
    if series is None:
        if _TIMELESS.fullmatch(text):
            return (
                f"{where}, column {len(text) + 1}: the sample has no timestamp. A scrape page is one moment only: "
                "export history with `promtool tsdb dump-openmetrics`"
            )
        return f'{where}, column 1: {text[:80]!r} is no sample: write it as name{{label="value"}} value timestamp'
    place = text.index(series) + len(series)
    if value is None:
        return f"{where}, column {place + 2}: the value in {text[place:].strip()!r} is no number: correct the line"
    return (
        f"{where}, column {place + 2}: the timestamp in {text[place:].strip()!r} is no number: write seconds since 1970"
    )
