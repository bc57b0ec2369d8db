"""OpenMetrics and Prometheus text with a timestamp on every sample, as `promtool tsdb dump-openmetrics` writes it.

Seconds (OpenMetrics) and milliseconds (Prometheus text) are told apart by size. Comments and exemplars are skipped.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from sources.files.promql.values import NAME
from sources.files.rows import Rows, not_a_time, repeated, run_starts, to_milliseconds
from sources.files.store import Ints, Metric
from sources.tablefile import TableError, unreadable

BLOCK_BYTES = 16 << 20
_CUTS = bytes([0x1F, 0x1E, 0x1D, 0x1C, *range(1, 9), *range(0x0E, 0x1C)])  # no exporter writes these
_NEWLINE, _SPACE = b"\n "
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
        for body in _text_blocks(path):
            done += _read_block(path, done, body, rows)
    except (OSError, EOFError) as error:
        raise unreadable(path, error) from error


def _text_blocks(path: Path) -> Iterator[bytes]:
    """The file's text in blocks of whole lines, each ending in a newline."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
        rest = b""
        while data := stream.read(BLOCK_BYTES):
            body, cut, rest = (rest + data).rpartition(b"\n")
            if cut:
                yield body + cut
        if rest:
            yield rest + b"\n"


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The samples of a block of lines, cut in three; null where a line has no such part."""

    numbers: Ints  # the line of each sample, from 1 in the block
    texts: pl.Series
    series: pl.Series
    values: pl.Series
    times: pl.Series


def _read_block(path: Path, done: int, body: bytes, rows: Rows) -> int:
    """Add a block's samples; gives the number of its lines."""
    cut = next((byte for byte in _CUTS if byte not in body), _CUTS[0])
    lines = _columns(path, body, 1, cut)["line"]
    parts = _cut_at_spaces(path, body, lines, cut) or _cut_by_grammar(lines)
    value = parts.values.cast(pl.Float64, strict=False)
    time = parts.times.cast(pl.Float64, strict=False)
    milliseconds = to_milliseconds(time.fill_null(np.nan).to_numpy())
    bad = np.flatnonzero(value.is_null().to_numpy() | not_a_time(milliseconds))
    if bad.size:
        first = int(bad[0])
        line = done + int(parts.numbers[first])
        raise TableError(_complaint(path, line, parts.texts[first], parts.series[first], value[first]))
    starts = run_starts(parts.series.to_frame())
    known: dict[str, int] = {}
    codes = []
    for start, text in zip(starts.tolist(), parts.series.gather(starts).to_list(), strict=True):
        if text not in known:
            known[text] = rows.number(_metric(path, done + int(parts.numbers[start]), text))
        codes.append(known[text])
    rows.add(repeated(codes, starts, len(parts.series)), milliseconds.astype(np.int64), value.to_numpy())
    return len(lines)


def _cut_at_spaces(path: Path, body: bytes, lines: pl.Series, cut: int) -> _Parts | None:
    """Cut at the last two spaces of each line, which is fast; None where that does not fit all lines."""
    data = np.frombuffer(body, dtype=np.uint8).copy()
    ends = np.flatnonzero(data == _NEWLINE)
    spaces = np.flatnonzero(data == _SPACE)
    last = np.searchsorted(spaces, ends) - 1
    begins = np.append(0, ends[:-1] + 1)
    two = (last >= 1) & (spaces[np.maximum(last - 1, 0)] >= begins) if spaces.size else np.zeros(len(ends), dtype=bool)
    data[spaces[last[two]]] = data[spaces[last[two] - 1]] = cut
    sample = ~(lines.str.starts_with("#") | (lines.str.strip_chars() == ""))
    frame = _columns(path, data.tobytes(), 3, cut).filter(sample)
    series = frame["line"]
    whole = series.gather(run_starts(series.to_frame())).str.contains(f"^{_SERIES}$").all()
    if not whole or frame.null_count().sum_horizontal().item() or (frame["time"] == "").any():
        return None
    numbers = np.flatnonzero(sample.to_numpy()) + 1
    return _Parts(numbers, lines.filter(sample), series, frame["value"], frame["time"])


def _cut_by_grammar(lines: pl.Series) -> _Parts:
    """Cut by the grammar of a line: exemplars, tabs and spaces anywhere; what does not fit it is null."""
    sample = ~(lines.str.starts_with("#") | (lines.str.strip_chars() == ""))
    texts = lines.filter(sample)
    frame = pl.DataFrame({"line": texts}).select(pl.col("line").str.extract_groups(_LINE)).unnest("line")
    series, values, times = (frame[column] for column in frame.columns)
    return _Parts(np.flatnonzero(sample.to_numpy()) + 1, texts, series, values, times)


def _columns(path: Path, body: bytes, count: int, cut: int) -> pl.DataFrame:
    """The lines as a table of texts, cut at a byte."""
    try:
        return pl.read_csv(
            BytesIO(body),
            has_header=False,
            schema=dict.fromkeys(("line", "value", "time")[:count], pl.String),
            separator=chr(cut),
            quote_char=None,
            empty_string_is_null=False,
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path} is no text in UTF-8: {str(error).splitlines()[0]}") from error


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
        key, text_value = (NAME, label) if value is None else (label, _ESCAPED.sub(_unescaped, value))
        if key in metric:
            raise TableError(f"{path}, line {line}, column {len(name) + place + 2}: the label {key} is there twice")
        metric[key] = text_value
        place = found.end()
    if not metric.get(NAME):
        raise TableError(f"{path}, line {line}, column 1: the series has no name")
    return metric


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n", '"': '"', "\\": "\\"}.get(found[1], found[0])  # no other escape is known


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
