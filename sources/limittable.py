"""A file of limits: the limit of each series, from when it holds, which way trouble lies, and what the value is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.times import from_epoch, rfc3339
from domain.watch import Direction, Measure
from sources.tablefile import TableError, called, read_blocks, require_usable
from sources.timeform import NO_INSTANT, read_times

LINE = "#line"  # the column that tells the line of each row

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesLimit:
    """The limit of one series: `values[n]` hold from `since[n]` on.

    `since` rises, in seconds since 1970; -inf: from the start.
    """

    since: NDArray[np.float64]
    values: NDArray[np.float64]
    direction: Direction
    measure: Measure

    def at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The limit in force at each of `times[n]`; NaN before the first one holds."""
        index = np.searchsorted(self.since, times, side="right") - 1
        return np.where(index >= 0, self.values[np.maximum(index, 0)], np.nan)

    def absent(self, time: float) -> str:
        """Why no limit is in force at `time` where that is for its time; nothing where it is for another reason."""
        held = self.since <= time
        if not held.any():
            return f"its limit holds from {rfc3339(from_epoch(self.since[0]))} on only, after its last sample"
        now = int(np.flatnonzero(held)[-1])
        if np.isnan(self.values[now]) and np.isfinite(self.values[:now]).any():
            return f"its limit was removed at {rfc3339(from_epoch(self.since[now]))}"
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What each row of the file says, and its line."""

    line: NDArray[np.int64]
    since: NDArray[np.float64]
    values: NDArray[np.float64]
    direction: list[Direction]
    measure: list[Measure]


def read_limits(path: Path) -> dict[str, SeriesLimit]:
    """All limits of a file with columns unique_id and limit, and where wanted ds, direction and kind.

    A limit that is empty, `nan` or infinite is no limit. Blank lines are skipped. Raises `TableError` for what can't be
    read, naming the place.
    """
    file = called(path)
    blocks = [_texts(file, block) for block in read_blocks(path)]
    blank = pl.all_horizontal(pl.exclude(LINE).fill_null("").str.strip_chars() == "")
    rows = pl.concat(blocks).with_row_index(LINE, offset=2).filter(~blank) if blocks else pl.DataFrame()
    if rows.height == 0:
        raise TableError(f"{file} has no rows: it needs columns unique_id,limit (and may have ds,direction,kind)")
    _refuse(file, rows, "unique_id", rows["unique_id"].is_null().to_numpy(), "a name")
    said = _Said(
        line=rows[LINE].to_numpy().astype(np.int64),
        since=_since(file, rows),
        values=_numbers(file, rows),
        direction=_words(file, rows, "direction", Direction, Direction.UP),
        measure=_words(file, rows, "kind", Measure, Measure.GAUGE),
    )
    found: dict[str, list[int]] = {}
    for place, name in enumerate(rows["unique_id"].to_list()):
        found.setdefault(name, []).append(place)
    return {name: _one(file, name, np.array(places), said) for name, places in found.items()}


def _texts(file: str, block: pl.DataFrame) -> pl.DataFrame:
    """The columns that matter, as texts."""
    missing = [name for name in ("unique_id", "limit") if name not in block.columns]
    if missing:
        there = ", ".join(block.columns[:20]) or "none"
        raise TableError(f"{file} has no column {', '.join(missing)} (it has: {there}): rename or add it in line 1")
    wanted = [name for name in ("unique_id", "ds", "limit", "direction", "kind") if name in block.columns]
    for name in wanted:
        require_usable(
            file, block[name], "a number" if name == "limit" else "a time or a number" if name == "ds" else "text"
        )
    if "ds" in wanted and block["ds"].dtype.is_temporal():
        block = block.with_columns(pl.Series("ds", read_times(block["ds"])[0]))
    kept = block.select(pl.col(wanted).cast(pl.String))
    return kept.with_columns(pl.exclude("unique_id").str.strip_chars())  # names are as the series' file has them


def _since(file: str, rows: pl.DataFrame) -> NDArray[np.float64]:
    """From when each row holds: -inf where nothing is said."""
    if "ds" not in rows.columns:
        return np.full(rows.height, -np.inf)
    texts = rows["ds"].fill_null("")
    said = (texts != "").to_numpy()
    since = np.full(rows.height, -np.inf)
    numbers = (texts.cast(pl.Float64, strict=False).is_not_null()).to_numpy()
    for part in (said & numbers, said & ~numbers):  # each row may use the form it likes
        if part.any():
            since[part] = read_times(texts.filter(pl.Series(part)))[0]
    _refuse(file, rows, "ds", np.isnan(since), "RFC 3339 or a number of seconds")
    milliseconds = "write seconds since 1970, not milliseconds"
    _refuse(file, rows, "ds", since >= NO_INSTANT, "before the year 10000", milliseconds)
    return since


def _numbers(file: str, rows: pl.DataFrame) -> NDArray[np.float64]:
    lowered = rows["limit"].fill_null("").str.to_lowercase()
    numbers = lowered.cast(pl.Float64, strict=False)
    absent = lowered.is_in(["", "nan", "null", "none", "na"])
    _refuse(file, rows, "limit", (numbers.is_null() & ~absent).to_numpy(), "a number, or nothing")
    return numbers.fill_null(np.nan).to_numpy()


def _words(file: str, rows: pl.DataFrame, column: str, kind: type[Word], usual: Word) -> list[Word]:
    """What each row says in a column of few words; the usual one where it says nothing."""
    if column not in rows.columns:
        return [usual] * rows.height
    texts = rows[column].fill_null("").str.to_lowercase().to_list()
    known = {"": usual} | {word.value: word for word in kind}
    unknown = np.array([text not in known for text in texts])
    _refuse(file, rows, column, unknown, " or ".join(word.value for word in kind))
    return [known[text] for text in texts]


def _refuse(
    file: str,
    rows: pl.DataFrame,
    column: str,
    bad: NDArray[np.bool_],
    wanted: str,
    remedy: str = "correct or remove the line",
) -> None:
    at = np.flatnonzero(bad)
    if at.size:
        line, text = rows[LINE][int(at[0])], rows[column][int(at[0])]
        shown = "nothing" if text is None else repr(text)
        raise TableError(f"{file}, line {line}: column {column} holds {shown}, which is not {wanted}: {remedy}")


def _one(file: str, name: str, places: NDArray[np.int64], said: _Said) -> SeriesLimit:
    """The limit of one series, its rows in order of time. Raises `TableError` where they contradict each other."""
    for column, words in (("direction", said.direction), ("kind", said.measure)):
        if len({words[place] for place in places}) > 1:
            raise TableError(f"{file}: series {name!r} has more than one {column}: write the same one in all its rows")
    order = places[np.argsort(said.since[places], kind="stable")]
    since, values = said.since[order], said.values[order]
    same = np.isclose(values[1:], values[:-1], rtol=0.0, atol=0.0, equal_nan=True)
    clash = np.flatnonzero((since[1:] == since[:-1]) & ~same)
    if clash.size:
        lines = said.line[order[clash[0] : clash[0] + 2]].tolist()
        raise TableError(
            f"{file}, lines {lines[0]} and {lines[1]}: series {name!r} has two limits for the same time: "
            "keep one of them, or say in ds from when each holds"
        )
    return SeriesLimit(since, values, said.direction[places[0]], said.measure[places[0]])
