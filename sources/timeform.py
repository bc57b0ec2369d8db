"""How a table writes its times: read from texts of any accepted form, and written back in the same form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

DAY = 86_400.0
FIRST_INSTANT = 365 * DAY  # a table of numbers below this (1971) counts steps: 1, 2, 3, ...
MODERN_INSTANT = 1e9  # 2001: no table counts that many steps
NO_INSTANT = 253_402_300_800.0  # the year 10000: times of that size are not in seconds
RFC3339 = r"^(\d{4}-\d{2}-\d{2})(?:([Tt ])(\d{2}:\d{2}(?::\d{2})?)(\.\d+)?)?\s?([Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$"


@dataclass(frozen=True, slots=True)
class TimeForm:
    """The form of a table's times: RFC 3339 (or its date alone, or without a zone: taken as UTC), or numbers.

    Numbers are seconds since 1970, or steps that are counted from anywhere: `instants` tells which.
    """

    numbers: bool
    instants: bool  # times are seconds since 1970, not a count of steps
    decimals: int = 0  # digits after the point
    date_only: bool = False
    separator: str = "T"
    zone: str = "Z"  # as written: "Z", "+08:00" or nothing

    def write(self, times: NDArray[np.float64]) -> pl.Series:
        """The texts of `times[n]`, seconds since 1970 or counted steps, in this form."""
        if self.numbers:
            return _write_numbers(times, self.decimals)
        offset = _offset_seconds(self.zone)
        local = pl.Series(np.round((times + offset) * 1e6).astype(np.int64)).cast(pl.Datetime("us"))
        if self.date_only and bool(np.all(np.mod(times, DAY) == 0)):
            return local.dt.strftime("%Y-%m-%d")
        fraction = {0: "", 1: "%.3f", 2: "%.3f", 3: "%.3f"}.get(self.decimals, "%.6f")
        return local.dt.strftime(f"%Y-%m-%d{self.separator}%H:%M:%S{fraction}{self.zone}")


def read_times(texts: pl.Series) -> tuple[NDArray[np.float64], TimeForm]:
    """Times of `texts` as float64, NaN where a text is no time, and the form of the last text that is one."""
    if texts.dtype.is_temporal():
        return _read_temporal(texts)
    if texts.dtype.is_numeric():
        return _read_numbers(texts, decimals=0 if texts.dtype.is_integer() else 6)
    stripped = texts.cast(pl.String).str.strip_chars()
    numbers = stripped.cast(pl.Float64, strict=False)
    if numbers.is_not_null().any():
        broken = stripped.filter(stripped.str.contains(".", literal=True))
        point = broken.str.extract(r"^[+-]?\d*\.(\d+)$", 1).str.len_chars().max()
        return _read_numbers(numbers, decimals=int(point) if isinstance(point, int) else 0)
    return _read_rfc3339(stripped)


def looks_like_time(text: object) -> bool:
    """Whether a text is a number or RFC 3339, whatever its column holds."""
    return not np.isnan(read_times(pl.Series([str(text)]))[0][0])


def _write_numbers(times: NDArray[np.float64], decimals: int) -> pl.Series:
    """Numbers as text: whole where the table's were, else with at most as many digits as they had."""
    if decimals == 0 and bool(np.all(times == np.rint(times))):
        return pl.Series(np.rint(times).astype(np.int64)).cast(pl.String)
    return pl.Series(np.round(times, max(decimals, 6))).cast(pl.String)


def _read_numbers(numbers: pl.Series, *, decimals: int) -> tuple[NDArray[np.float64], TimeForm]:
    times = numbers.cast(pl.Float64).fill_null(np.nan).to_numpy()
    times = np.where(np.isfinite(times), times, np.nan)
    first = np.nanmin(times) if bool(np.any(np.isfinite(times))) else np.nan
    return times, TimeForm(numbers=True, instants=bool(first >= FIRST_INSTANT), decimals=decimals)


def _read_temporal(times: pl.Series) -> tuple[NDArray[np.float64], TimeForm]:
    """Parquet's own dates and times: a time without a zone is UTC."""
    date_only = times.dtype == pl.Date
    seconds = times.cast(pl.Datetime("us")).to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6
    return seconds, TimeForm(numbers=False, instants=True, date_only=date_only)


def _read_rfc3339(texts: pl.Series) -> tuple[NDArray[np.float64], TimeForm]:
    parts = texts.str.extract_groups(RFC3339).struct.unnest()
    date, _, clock, fractions, zones = (parts[name] for name in parts.columns)
    clock = clock.fill_null("00:00")
    clock = pl.select(pl.when(clock.str.len_chars() == 5).then(clock + ":00").otherwise(clock)).to_series()
    local = (date + "T" + clock).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    seconds = local.to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6
    seconds = seconds + fractions.cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
    zones = zones.fill_null("")
    unique = zones.unique().to_list()
    shift = zones.replace_strict(unique, [_offset_seconds(zone) for zone in unique], return_dtype=pl.Float64)
    seconds = seconds - shift.to_numpy()
    form = TimeForm(numbers=False, instants=True)
    good = np.flatnonzero(np.isfinite(seconds))
    if good.size == 0:
        return seconds, form
    _, separator, _, fraction, zone = parts.row(int(good[-1]))
    return seconds, replace(
        form,
        decimals=len(fraction) - 1 if fraction else 0,
        date_only=separator is None,
        separator=separator or "T",
        zone=zone or ("Z" if separator is None else ""),
    )


def _offset_seconds(zone: str) -> float:
    """Seconds east of UTC of a zone as written: `+08:00` is 28800, `Z` and nothing are 0."""
    if zone in ("", "Z", "z"):
        return 0.0
    sign = -1.0 if zone[0] == "-" else 1.0
    digits = zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * 3600.0 + int(digits[2:4]) * 60.0)
