"""The rows of a table of series as numbers: 20 bytes each, whatever its text was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sources.tablefile import TableError, called, read_blocks, require_usable
from sources.timeform import FIRST_INSTANT, MODERN_INSTANT, NO_INSTANT, TimeForm, looks_like_time, read_times

BLANK = -1  # the code of a row that says nothing: it stays where it is, so that places tell lines


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns that hold the series' name, the time and the value."""

    id: str = "unique_id"
    time: str = "ds"
    value: str = "y"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as numbers: `code[n]` of the series (from 0, in the order of `ids`), `time[n]` and `value[n]`.

    A blank row has the code `BLANK`.
    """

    ids: tuple[str, ...]
    code: NDArray[np.int32]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    form: TimeForm


def read_rows(path: Path, columns: Columns, progress: Callable[[int], None] | None = None) -> Rows:
    """All rows of a file as numbers. Raises `TableError` for what can't be read, naming the place."""
    names: dict[str, int] = {}
    code: list[NDArray[np.int32]] = []
    time: list[NDArray[np.float64]] = []
    value: list[NDArray[np.float64]] = []
    form: TimeForm | None = None
    done, file = 0, called(path)
    for block in read_blocks(path):
        _require_columns(file, block, columns)
        blank = _blank(block, columns)
        times, form = _read_instants(file, done, block[columns.time], blank, form)
        values, unread = _read_values(block[columns.value])
        _refuse_unread(file, done, block[columns.value], unread, wanted="a number, or nothing")
        code.append(_codes(file, done, block[columns.id], blank, names))
        time.append(times)
        value.append(values)
        done += block.height
        if progress is not None:
            progress(block.height)
    if form is None or not names:
        raise TableError(f"{file} has no rows: it needs columns {columns.id},{columns.time},{columns.value}")
    joined = _joined(time)
    return Rows(tuple(names), _joined(code), joined, _joined(value), _with_instants(file, columns, joined, form))


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """The parts as one array; the list is emptied, so that they are not kept twice for long."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _blank(block: pl.DataFrame, columns: Columns) -> NDArray[np.bool_]:
    """Which rows say nothing at all: empty lines, and those of separators alone."""
    blank = block[columns.time].is_null() & block[columns.value].is_null()
    if blank.any():
        blank &= block[columns.id].cast(pl.String).fill_null("").str.strip_chars() == ""
    return blank.to_numpy()


def _read_instants(
    file: str, done: int, texts: pl.Series, blank: NDArray[np.bool_], form: TimeForm | None
) -> tuple[NDArray[np.float64], TimeForm | None]:
    """The times of a block, NaN in blank rows, and the form of the table's times: that of its first block."""
    if blank.all():
        return np.full(blank.size, np.nan), form
    times, found = read_times(texts)
    form = form or found
    unread = np.isnan(times) & ~blank
    _refuse_mixed(file, done, texts, unread, found.numbers != form.numbers)
    _refuse_unread(file, done, texts, unread, wanted="RFC 3339 or a number")
    _refuse_late(file, done, texts, times)
    return times, form


def _with_instants(file: str, columns: Columns, times: NDArray[np.float64], form: TimeForm) -> TimeForm:
    """The form, told apart by all times: numbers of which any is before 1971 count steps.

    Where most are times of this century an early one is none of them, such as the 0 of a time that was not known.
    """
    early = times < FIRST_INSTANT
    if not form.numbers or not early.any():
        return replace(form, instants=True)
    if 2 * np.count_nonzero(times >= MODERN_INSTANT) >= np.count_nonzero(~np.isnan(times)):
        line = int(np.argmax(early)) + 2
        raise TableError(
            f"{file}, line {line}: column {columns.time} holds {times[line - 2]:.15g}, which is before 1971, where "
            "most others are seconds since 1970: correct or remove the line"
        )
    return replace(form, instants=False)


def _codes(file: str, done: int, ids: pl.Series, blank: NDArray[np.bool_], names: dict[str, int]) -> NDArray[np.int32]:
    """The number of each row's series, `BLANK` where a row is; a new name gets the next number."""
    texts = ids.cast(pl.String)
    _refuse_unread(file, done, texts, texts.is_null().to_numpy() & ~blank, wanted="a name")
    if blank.any():
        texts = texts.set(pl.Series(blank), None)
    unique = texts.drop_nulls().unique(maintain_order=True)
    number = np.array([names.setdefault(name, len(names)) for name in unique], dtype=np.int32)
    local = texts.cast(pl.Enum(unique)).to_physical()
    if not blank.any():
        return np.asarray(number[local.to_numpy()], dtype=np.int32)
    codes = np.full(blank.size, BLANK, dtype=np.int32)
    codes[~blank] = number[local.drop_nulls().to_numpy()]
    return codes


def _read_values(column: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values as float64 with NaN where empty or not finite, and which texts are no number at all."""
    plain = column.dtype.is_numeric() or column.dtype == pl.Boolean
    texts = column if plain else column.cast(pl.String)
    values, odd = _numbers(texts)
    if plain or not odd.any():
        return values, np.zeros(values.size, dtype=np.bool_)
    # Few as a rule: what has spaces around it or is empty, one of the words for nothing, or no number.
    rest = texts.filter(pl.Series(odd)).str.strip_chars().str.to_lowercase()
    values[odd], unread = _numbers(rest)
    odd[odd] = unread & ~rest.is_in(["", "nan", "null", "none", "na"]).fill_null(value=True).to_numpy()
    return values, odd


def _numbers(column: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The finite numbers of a column, NaN elsewhere, and what is none."""
    numbers = column.cast(pl.Float64, strict=False)
    values = numbers.fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan), numbers.is_null().to_numpy(writable=True)


def _require_columns(file: str, block: pl.DataFrame, columns: Columns) -> None:
    missing = [name for name in (columns.id, columns.time, columns.value) if name not in block.columns]
    if missing:
        there = ", ".join(block.columns[:20]) or "none"
        raise TableError(f"{file} has no column {', '.join(missing)} (it has: {there}): rename or add it in line 1")
    for name, wanted in ((columns.id, "text"), (columns.time, "a time or a number"), (columns.value, "a number")):
        require_usable(file, block[name], wanted)


def _refuse_unread(file: str, done: int, texts: pl.Series, bad: NDArray[np.bool_], *, wanted: str) -> None:
    at = np.flatnonzero(bad)
    if at.size:
        raise TableError(
            f"{file}, line {done + int(at[0]) + 2}: column {texts.name} holds {_shown(texts[int(at[0])])}, "
            f"which is not {wanted} ({at.size} such in this part of the file): correct or remove the line"
        )


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _refuse_mixed(file: str, done: int, texts: pl.Series, unread: NDArray[np.bool_], other: bool) -> None:
    """Refuse a column of dates and numbers: what the first form does not read may be of the other."""
    at = np.flatnonzero(unread)
    line = 0 if other else int(at[0]) if at.size and looks_like_time(texts[int(at[0])]) else None
    if line is not None:
        raise TableError(f"{file}, line {done + line + 2}: column {texts.name} mixes numbers and dates: use one form")


def _refuse_late(file: str, done: int, texts: pl.Series, times: NDArray[np.float64]) -> None:
    """Refuse instants after the year 9999: they are not in seconds."""
    at = np.flatnonzero(times >= NO_INSTANT)
    if at.size:
        raise TableError(
            f"{file}, line {done + int(at[0]) + 2}: column {texts.name} holds {texts[int(at[0])]}, which is after the "
            "year 9999: write seconds since 1970, not milliseconds"
        )
