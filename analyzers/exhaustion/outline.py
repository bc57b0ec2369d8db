"""What the network is shown of a series: how it looks, and where each expert leads, in units of its own range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import last_seen
from analyzers.exhaustion.backtest import HORIZONS
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.experts import DRAWN
from analyzers.exhaustion.features import SERIES_FEATURES, Features
from analyzers.exhaustion.lastlines import LastLines
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.structure import Structure
from analyzers.exhaustion.weights import EXPERTS
from domain.times import DAY

AHEAD = (1, 2, 4, 7, 12, 20, 35, 60)  # days
HIGHEST = 60.0  # ranges: what is further off is as far off as this
FINENESS = 3.0  # so many parts of a range are told apart about evenly, what is more by its logarithm
EDGES = (0.01, 0.99)  # of a series' values: between them is its range
ROUNDING = 1e-9  # of the highest value: what moves by less stands still, ...
LEAST_RANGE = 1e-4  # ... and has this range
LEAST_NOISE = 1e-4  # of the range: less is none
TESTED = ("last", "line 1d", "line 7d", "line 28d", "drift all")  # models whose past errors are shown
INPUTS = (
    *(f"{name}, {day} d" for name in (*NAMES, *LastLines.NAMES) for day in AHEAD),
    *(f"{name} may be off by, {day} d" for name in LastLines.NAMES for day in AHEAD),
    *(f"{name}{what}, {day} d" for name in DRAWN for what in ("", " may be off by") for day in AHEAD),
    *(f"season, {day} d" for day in AHEAD),
    "height of the week",
    *(f"{name} was off by, {day:g} d" for name in TESTED for day in HORIZONS),
    "highest of the day above the envelope",
    *(f"{name} can be used" for name in EXPERTS),
    *SERIES_FEATURES,
    "noise in ranges",
)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """`inputs[n_series, n_inputs]`, all finite and without a unit; the limit has no part in them.

    `top[n_series]` is the highest value of the last 24 hours that were seen, `scale[n_series]` the range of a series,
    in the values' unit.
    """

    inputs: Floats
    top: Floats
    scale: Floats


def squash(ranges: Floats) -> Floats:
    """Heights in ranges on a scale that is even near zero and logarithmic far from it; 0 for what is not known."""
    known = np.nan_to_num(ranges, nan=0.0, posinf=HIGHEST, neginf=-HIGHEST)
    return np.asarray(np.arcsinh(FINENESS * np.clip(known, -HIGHEST, HIGHEST)), dtype=np.float64)


def outline(found: Structure, shown: Features) -> Outline:
    """What is shown of a batch whose structure and features are known."""
    values, seen = found.turned.values, found.seen
    top = _last_day(values, found.turned.bin_seconds)
    low, high = _edges(values)
    scale = _scale(low, high)
    now = np.where(np.isnan(seen.top[:, -1]), top, seen.top[:, -1])
    days = np.array(AHEAD, dtype=np.float64)
    models = np.stack([found.tested.now.at(np.array(day))[:, :, 0] for day in days], axis=2)
    lines, about = found.experts.lines.ahead(days)
    drawn = (expert.ahead(days) for expert in found.experts.drawn)
    season = seen.of_day(days)
    tested = found.tested.spread[:, [NAMES.index(name) for name in TESTED]]
    parts = [
        *(path - now[:, None, None] for path in (models, lines)),
        about,
        *(np.stack([path - now[:, None, None], off], axis=2) for path, off in drawn),
        season,
        found.seen.week.profile.max(axis=1),
        tested,
        top - now,
    ]
    n_series = values.shape[0]
    heights = np.concatenate([part.reshape(n_series, -1) for part in parts], axis=1) / scale[:, None]
    noise = np.log(np.maximum(seen.noise / scale, LEAST_NOISE)) / 5
    inputs = np.concatenate([squash(heights), shown.usable, shown.series, np.nan_to_num(noise)[:, None]], axis=1)
    return Outline(inputs, top, scale)


def _last_day(values: Floats, bin_seconds: float) -> Floats:
    """The highest of the last 24 hours of each series; of one that was not seen in them, its last value."""
    last = values[:, -max(1, round(DAY / bin_seconds)) :]
    highest = np.where(np.isnan(last), -np.inf, last).max(axis=1)
    return np.where(np.isneginf(highest), last_seen(values), highest)


def _scale(low: Floats, high: Floats) -> Floats:
    """The range of each series whose edges are given; a share of its height where it stands still."""
    height = np.maximum(np.abs(high), 1e-12)
    return np.where(high - low > ROUNDING * height, high - low, LEAST_RANGE * height)


def _edges(values: Floats) -> tuple[Floats, Floats]:
    """The values of each series between which nearly all of its values are."""
    ordered = np.sort(values, axis=1)
    last = np.maximum(np.count_nonzero(~np.isnan(values), axis=1) - 1, 0)
    low, high = (ordered[np.arange(last.size), np.round(share * last).astype(np.intp)] for share in EDGES)
    return low, high
