"""A file of limits: the limit of each series, from when it holds, which way trouble lies, and what the value is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.watch import Direction, Measure
from sources.tablefile import TableError, read_blocks
from sources.timeform import NO_INSTANT, read_times

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


def read_limits(path: Path) -> dict[str, SeriesLimit]:
    """All limits of a file with columns unique_id and limit, and where wanted ds, direction and kind.

    A limit that is empty, `nan` or infinite is no limit. Raises `TableError` for what can't be read, naming the place.
    """
    rows = pl.concat([_texts(path, block) for block in read_blocks(path)] or [pl.DataFrame()], how="diagonal")
    if rows.height == 0:
        raise TableError(f"{path} has no rows: it needs columns unique_id,limit (and may have ds,direction,kind)")
    since = _since(path, rows)
    values = _numbers(path, rows["limit"])
    direction = _words(path, rows, "direction", Direction, Direction.UP)
    measure = _words(path, rows, "kind", Measure, Measure.GAUGE)
    found: dict[str, list[int]] = {}
    for line, name in enumerate(rows["unique_id"].to_list()):
        found.setdefault(name, []).append(line)
    return {name: _one(path, name, np.array(lines), since, values, direction, measure) for name, lines in found.items()}


def _texts(path: Path, block: pl.DataFrame) -> pl.DataFrame:
    """The columns that matter, as texts."""
    missing = [name for name in ("unique_id", "limit") if name not in block.columns]
    if missing:
        there = ", ".join(block.columns[:20]) or "none"
        raise TableError(f"{path} has no column {', '.join(missing)} (it has: {there}): rename or add it in line 1")
    wanted = [name for name in ("unique_id", "ds", "limit", "direction", "kind") if name in block.columns]
    if "ds" in wanted and block["ds"].dtype.is_temporal():
        block = block.with_columns(pl.Series("ds", read_times(block["ds"])[0]))
    kept = block.select(pl.col(wanted).cast(pl.String))
    return kept.with_columns(pl.exclude("unique_id").str.strip_chars())  # names are as the series' file has them


def _since(path: Path, rows: pl.DataFrame) -> NDArray[np.float64]:
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
    _refuse(path, np.isnan(since), texts, "RFC 3339 or a number of seconds")
    _refuse(path, since >= NO_INSTANT, texts, "before the year 10000: write seconds since 1970, not milliseconds")
    return since


def _numbers(path: Path, texts: pl.Series) -> NDArray[np.float64]:
    lowered = texts.fill_null("").str.to_lowercase()
    numbers = lowered.cast(pl.Float64, strict=False)
    absent = lowered.is_in(["", "nan", "null", "none", "na"])
    _refuse(path, (numbers.is_null() & ~absent).to_numpy(), texts, "a number, or nothing")
    return numbers.fill_null(np.nan).to_numpy()


def _words(path: Path, rows: pl.DataFrame, column: str, kind: type[Word], usual: Word) -> list[Word]:
    """What each row says in a column of few words; the usual one where it says nothing."""
    if column not in rows.columns:
        return [usual] * rows.height
    texts = rows[column].fill_null("").str.to_lowercase().to_list()
    known = {"": usual} | {word.value: word for word in kind}
    unknown = np.array([text not in known for text in texts])
    _refuse(path, unknown, rows[column], " or ".join(word.value for word in kind))
    return [known[text] for text in texts]


def _refuse(path: Path, bad: NDArray[np.bool_], texts: pl.Series, wanted: str) -> None:
    at = np.flatnonzero(bad)
    if at.size:
        line = int(at[0])
        raise TableError(f"{path}, line {line + 2}: column {texts.name} holds {texts[line]!r}, which is not {wanted}")


def _one(
    path: Path,
    name: str,
    lines: NDArray[np.int64],
    since: NDArray[np.float64],
    values: NDArray[np.float64],
    direction: list[Direction],
    measure: list[Measure],
) -> SeriesLimit:
    """The limit of one series, its rows in order of time; of two rows for one time the later line counts."""
    for column, words in (("direction", direction), ("kind", measure)):
        if len({words[line] for line in lines}) > 1:
            raise TableError(f"{path}: series {name!r} has more than one {column}: write the same one in all its rows")
    order = lines[np.argsort(since[lines], kind="stable")]
    return SeriesLimit(since[order], values[order], direction[lines[0]], measure[lines[0]])
