"""Growth that speeds up: exponentials above a base of their own, weighed by how well each of them fits.

How much growth bends is hardly known from a few weeks, so no bend is chosen: all of a grid are tried, and each counts
for as much as it fits the days (Bayesian model averaging; Hoeting et al. 1999). Given its bend, such a curve is a
straight line's fit, so a batch is a few matrix products. What the last day is off the curve fades as it did before.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from analyzers.exhaustion.arrays import blocks_from_end, nan_mean
from analyzers.exhaustion.breaks import EXTREME
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4
from analyzers.exhaustion.expert import LITTLE, Asked, where_found

WINDOW_DAYS = 90
LEAST_DAYS = 14
BENDS = np.geomspace(0.003, 0.12, 14)  # per day: by which share of itself growth grows
FARTHEST = 4.0  # as a logarithm: growth gets no faster than so many times what it is now
ALIKE = 3.0  # days in a row whose errors are one: those of days are not independent
COARSE = 0.005  # of the rise so far: how near the grid can be to the truth
OFF = 5.0  # times its scatter: what is farther off a curve is not on it any more
RISES = 0.5  # of the variance, that the best curve must explain
WANDERS = 0.2  # of what is still to come: how far off that may be
MOST_GAIN = 15.0
TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Speeding:
    """The curves of a batch, `[n_series, n_bends]`, whose weights add up to one; the rest is `[n_series]`."""

    NAMES: ClassVar[tuple[str, ...]] = ("curve that speeds up",)
    LIGHT: ClassVar[float] = LITTLE

    found: Flags
    weight: Floats
    level: Floats  # now
    slope: Floats  # now, per day
    away: Floats  # how far the last half day is off the curves
    keeps: Floats  # which share of that is left a day later
    scatter: Floats  # of days about the best curve
    error: Floats  # of a day ahead
    gain: Floats  # of likelihood over a line; 0 where not found

    def usable(self, exact: Flags, _clear: Flags, /) -> Flags:
        """Where growth was found, and no model foretells exactly, `[n_series, 1]`."""
        return (self.found & ~exact)[:, None]

    def bend(self) -> Floats:
        """By which share of itself growth grows in a day, on the mean, `[n_series]`; 0 where it is not found."""
        return np.where(self.found, self.weight @ BENDS, 0.0)

    def each(self, days: Floats) -> Floats:
        """Each curve on some days ahead, `[n_series, n_bends, n_days]`."""
        fades = self.away[:, None] * self.keeps[:, None] ** days
        result: Floats = self.level[:, :, None] + self.slope[:, :, None] * _bent(days) + fades[:, None]
        return result

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where they lead on the mean, and how far off that may be, `[n_series, 1, n_days]` each.

        NaN where no growth was found.
        """
        curves = self.each(days)
        mean = np.einsum("nk,nkd->nd", self.weight, curves)
        spread = np.einsum("nk,nkd->nd", self.weight, np.abs(curves - mean[:, None])) + self.error[:, None]
        return where_found(self.found[:, None], mean[:, None], spread[:, None])

    def pace(self) -> Floats:
        """How fast they grow now, per day, `[n_series, 1]`; nothing without growth."""
        return np.where(self.found, self._slope(), 0.0)[:, None]

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, 1, n_days]`."""
        result = np.zeros(asked.limit.shape)
        rows = np.flatnonzero(self.found & worth[:, 0])
        if rows.size:
            part = Speeding(*(getattr(self, field.name)[rows] for field in fields(self)))
            spread = np.hypot(part.error[:, None, None], WANDERS * part.slope[:, :, None] * _bent(asked.days))
            below = asked.limit[rows] - part.lift(asked.days)
            needed = np.minimum.accumulate((below[:, None] - part.each(asked.days)) / spread, axis=2)
            result[rows] = np.einsum("nk,nkd->nd", part.weight, 1 - student4(needed))
        return result[:, None]

    def lift(self, days: Floats) -> Floats:
        """How far the highest of all days until then is above a curve, `[n_series, n_days]`.

        Days that are far below the last ones have no part in that, and neighbours are alike.
        """
        scatter = self.scatter[:, None]
        chances = np.minimum(days, 2 * scatter / np.maximum(self._slope(), TINY)[:, None]) * (1 - self.keeps[:, None])
        return np.asarray(EXTREME * scatter * np.sqrt(2 * np.log1p(chances)), dtype=np.float64)

    def _slope(self) -> Floats:
        return np.asarray(np.einsum("nk,nk->n", self.weight, self.slope), dtype=np.float64)


def speeding(top: Floats, per_day: float) -> Speeding:
    """The curves through the daily means of `top[n_series, n_quarters]`."""
    days = nan_mean(blocks_from_end(top, max(1, round(per_day))))[:, -WINDOW_DAYS:]
    at = np.arange(days.shape[1]) - (days.shape[1] - 0.5)
    count = np.maximum(np.count_nonzero(~np.isnan(days), axis=1), 1)
    level, slope, left, line, total = _fitted(days, at)
    least = left.min(axis=1)
    found = (count >= LEAST_DAYS) & (least < RISES * total) & (total > 0)
    least = np.where(found, least, 0.0)
    extent = np.nan_to_num(np.fmax.reduce(days, axis=1) - np.fmin.reduce(days, axis=1))
    variance = least / np.maximum(count - 3, 1) + (COARSE * extent) ** 2 + TINY
    weight = _weights(left, least, ALIKE * variance, found)
    lately = nan_mean(top[:, -max(1, round(per_day / 2)) :])
    away = np.nan_to_num(lately - np.einsum("nk,nk->n", weight, level))
    found &= np.abs(away) <= OFF * np.sqrt(variance)
    return Speeding(
        found=found,
        weight=weight,
        level=level,
        slope=slope,
        away=away,
        keeps=_keeps(days, at, level, slope, np.argmin(left, axis=1)),
        scatter=np.sqrt(variance),
        error=np.sqrt((0.25 + 4 * ALIKE / count) * variance),
        gain=np.where(found, np.clip((line - least) / (2 * ALIKE * variance), 0.0, MOST_GAIN), 0.0),
    )


def _bent(days: Floats) -> Floats:
    """How far each curve gets by some days from now at a pace of one now, `[n_bends, n_days]`."""
    return np.asarray(np.expm1(np.minimum(BENDS[:, None] * days, FARTHEST)) / BENDS[:, None], dtype=np.float64)


def _fitted(days: Floats, at: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Level and slope now of each curve that fits `days[n_series, n_days]` best, and the squares that it leaves.

    `[n_series, n_bends]` each, the squares infinite where it would fall; then those that a line leaves, and all there
    are, `[n_series]`.
    """
    seen = ~np.isnan(days)
    weight, count = seen.astype(np.float64), np.maximum(np.count_nonzero(seen, axis=1), 1)[:, None]
    middle = np.nan_to_num(nan_mean(days))
    y = np.where(seen, days - middle[:, None], 0.0)
    total = (y * y).sum(axis=1)
    shapes = np.concatenate([at[None], _bent(at)])
    s1, s2, sy = weight @ shapes.T, weight @ (shapes**2).T, y @ shapes.T
    slope = sy / np.maximum(s2 - s1 * s1 / count, 1e-12)
    left = np.maximum(total[:, None] - slope * sy, 0.0)
    rises = slope[:, 1:] > 0
    slope, line, left = np.where(rises, slope[:, 1:], 0.0), left[:, 0], np.where(rises, left[:, 1:], np.inf)
    return middle[:, None] - slope * s1[:, 1:] / count, slope, left, line, total


def _weights(left: Floats, least: Floats, variance: Floats, found: Flags) -> Floats:
    """How much each curve counts, `[n_series, n_bends]`, by the squares that it leaves."""
    with np.errstate(over="ignore", invalid="ignore"):
        chance = np.exp(-np.minimum((left - least[:, None]) / (2 * variance[:, None]), 700.0))
    chance = np.where(found[:, None], np.where(np.isfinite(left), chance, 0.0), 1.0)
    return np.asarray(chance / chance.sum(axis=1, keepdims=True), dtype=np.float64)


def _keeps(
    days: Floats, at: Floats, level: Floats, slope: Floats, best: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> Floats:
    """Which share of what a day is off the best curve the next day is off as well, `[n_series]`."""
    rows = np.arange(best.size)
    rest = np.nan_to_num(days - level[rows, best][:, None] - slope[rows, best][:, None] * _bent(at)[best])
    squares = np.maximum((rest * rest).sum(axis=1), TINY)
    count = np.maximum(np.count_nonzero(~np.isnan(days), axis=1), 1)
    alike = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / squares + 2 / count  # so few days make it look smaller
    return np.asarray(np.clip(alike, 0.0, 0.99), dtype=np.float64)
