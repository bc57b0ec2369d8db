"""Functions of one value at a time: rounding, roots, clamps, and what the calendar says of an instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sources.files.store import Floats

DAY = 86_400.0
MONTH = np.timedelta64(1, "M")

ELEMENTWISE: Mapping[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sgn": np.sign,
    "deg": np.rad2deg,
    "rad": np.deg2rad,
}


def rounded(values: Floats, nearest: Floats) -> Floats:
    """To the nearest multiple, halves up, as `round()` does."""
    inverse = 1.0 / nearest
    return np.floor(values * inverse + 0.5) / inverse


def _moment(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    return values.astype("datetime64[s]")


def _day_of_month(values: Floats) -> Floats:
    return _days_since(values, "datetime64[M]")


def _days_in_month(values: Floats) -> Floats:
    month = _moment(values).astype("datetime64[M]")
    days: Floats = ((month + MONTH).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.float64)
    return days


def _day_of_year(values: Floats) -> Floats:
    return _days_since(values, "datetime64[Y]")


def _days_since(values: Floats, unit: str) -> Floats:
    """The number of the day, from 1, since its month or year began."""
    day = _moment(values).astype("datetime64[D]")
    days: Floats = (day - day.astype(unit).astype("datetime64[D]")).astype(np.float64) + 1
    return days


# Of whole seconds: a fraction is cut off, also before 1970.
CALENDAR: Mapping[str, Callable[[Floats], Floats]] = {
    "minute": lambda values: np.floor(values / 60) % 60,
    "hour": lambda values: np.floor(values / 3_600) % 24,
    "day_of_week": lambda values: (np.floor(values / DAY) + 4) % 7,  # 1970 began on a Thursday; Sunday is 0
    "day_of_month": _day_of_month,
    "day_of_year": _day_of_year,
    "days_in_month": _days_in_month,
    "month": lambda values: _moment(values).astype("datetime64[M]").astype(float) % 12 + 1,
    "year": lambda values: _moment(values).astype("datetime64[Y]").astype(float) + 1970,
}
