"""Growth that levels off: S-curves over the days of a series, weighed by how well each of them fits.

Source: the logistic curve (Verhulst, 1838) and Gompertz's (1825). Before half of it is done, a curve says little of
where it ends, so none is chosen: all of a grid are tried, and those that fit nearly as well as the best are kept
(Bayesian model averaging; Hoeting et al. 1999). Given its middle and its pace, a curve is a straight line's fit, so a
batch is a few matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import blocks_from_end, nan_mean
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4
from analyzers.exhaustion.expert import LITTLE, Asked, where_found

Shapes = NDArray[np.intp]

WINDOW_DAYS = 60
LEAST_DAYS = 10
PACES = np.geomspace(0.06, 1.5, 12)  # per day: a tenth to nine tenths of a curve take 4.4 of its inverse
MIDDLES = np.arange(-40, 22, 2.0)  # days from now
KEPT = 16  # curves of a series that are drawn ahead
ALIKE = 3.0  # days in a row whose errors are one: those of days are not independent
COARSE = 0.02  # of the rise so far: how near the grid and the form can be to the truth
WANDERS = 0.25  # of what is still to come: how far off that may be
FITS = 0.03  # of the variance, that the best curve may leave for a series to be one
BEATS_LINE, BEATS_BROKEN = 0.5, 0.7  # of the error of a line, and of one that bends or steps once


@dataclass(frozen=True, slots=True, eq=False)
class Saturation:
    """The curves of a batch that are believed: `[n_series, KEPT]` each, the weights add up to one."""

    NAMES: ClassVar[tuple[str, ...]] = ("curve that levels off",)
    LIGHT: ClassVar[float] = LITTLE

    found: Flags  # [n_series]
    weight: Floats
    rise: Floats
    shape: Shapes  # which of the grid
    now: Floats  # [n_series]: the level from which they go on
    error: Floats  # [n_series]: about the best curve
    done: Floats  # [n_series]: the share of its rise that is done
    beats: Floats  # [n_series]: the logarithm of the line's error over the curve's
    unbroken: Floats  # [n_series]: the same of the error of a line that bends or steps once

    def usable(self, exact: Flags, _clear: Flags, /) -> Flags:
        """Where a curve was found, and no model foretells exactly, `[n_series, 1]`."""
        return (self.found & ~exact)[:, None]

    def each(self, days: Floats) -> Floats:
        """Each curve on some days ahead, moved to where the series is now: `[n_series, KEPT, n_days]`."""
        further = _curves(self.shape, days) - _curves(self.shape, np.zeros(1))
        result: Floats = self.now[:, None, None] + self.rise[:, :, None] * further
        return result

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where they lead on the mean, and how far off that may be, `[n_series, 1, n_days]` each; NaN without one."""
        curves = self.each(days)
        mean = np.einsum("nk,nkd->nd", self.weight, curves)
        spread = np.einsum("nk,nkd->nd", self.weight, np.abs(curves - mean[:, None])) + self.error[:, None]
        return where_found(self.found[:, None], mean[:, None], spread[:, None])

    def pace(self) -> Floats:
        """How far they lead in a day, `[n_series, 1]`; nothing without curves."""
        ahead, _ = self.ahead(np.array([0.0, 1.0]))
        return np.nan_to_num(ahead[:, :, 1] - ahead[:, :, 0])

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, 1, n_days]`."""
        result = np.zeros(asked.limit.shape)
        rows = np.flatnonzero(self.found & worth[:, 0])
        if rows.size:
            part = self.only(rows)
            curves = part.each(asked.days)
            spread = part.error[:, None, None] + WANDERS * np.abs(curves - part.now[:, None, None])
            needed = np.minimum.accumulate((asked.limit[rows, None, :] - curves) / spread, axis=2)
            result[rows] = np.einsum("nk,nkd->nd", part.weight, 1 - student4(needed))
        return result[:, None]

    def only(self, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Saturation:
        """Some of the series."""
        return Saturation(*(getattr(self, field.name)[rows] for field in fields(self)))


def saturation(top: Floats, per_day: float) -> Saturation:
    """The curves through the daily means of `top[n_series, n_quarters]`."""
    days = nan_mean(blocks_from_end(top, max(1, round(per_day))))[:, -WINDOW_DAYS:]
    at = np.arange(days.shape[1]) - (days.shape[1] - 0.5)
    seen = ~np.isnan(days)
    middle = np.nan_to_num(nan_mean(days))
    y, weight = np.where(seen, days - middle[:, None], 0.0), seen.astype(np.float64)
    total = (y * y).sum(axis=1)
    shape, rise, left = _nearest(at, y, weight, total)
    least = np.where(seen.any(axis=1), left.min(axis=1), np.inf)
    line, broken = _about_lines(at, y, weight, total)
    count = weight.sum(axis=1)
    found = (
        (count >= LEAST_DAYS) & (least < FITS * total) & (least < BEATS_LINE * line) & (least < BEATS_BROKEN * broken)
    )
    least = np.where(found, least, 0.0)
    coarse = COARSE * (y.max(axis=1) - y.min(axis=1))
    variance = ALIKE * least / np.maximum(count - 4, 1) + coarse**2 + 1e-300
    with np.errstate(over="ignore", invalid="ignore"):
        chance = np.exp(-np.minimum((left - least[:, None]) / (2 * variance[:, None]), 700.0))
    chance = np.where(found[:, None], np.where(np.isfinite(left), chance, 0.0), 1.0)
    chance /= chance.sum(axis=1, keepdims=True)
    lately = nan_mean(top[:, -max(1, round(per_day / 2)) :])
    done = np.einsum("nk,nk->n", chance, _curves(shape, np.zeros(1))[:, :, 0])
    return Saturation(
        found=found,
        weight=chance,
        rise=np.where(found[:, None], rise, 0.0),
        shape=shape,
        now=np.where(np.isnan(lately), middle, lately),
        error=np.sqrt(variance),
        done=np.where(found, done, 0.0),
        beats=np.where(found, _log_ratio(line, least, total), 0.0),
        unbroken=np.where(found, _log_ratio(broken, least, total), 0.0),
    )


def _nearest(at: Floats, y: Floats, weight: Floats, total: Floats) -> tuple[Shapes, Floats, Floats]:
    """The curves nearest to `y[n_series, n_days]`: which, how far they rise, and the sum of squares about them.

    `[n_series, KEPT]` each; a curve that would fall is infinitely far.
    """
    curves = _grid(at)
    s1, s2, sy = weight @ curves.T, weight @ (curves**2).T, y @ curves.T
    count = np.maximum(weight.sum(axis=1), 1)[:, None]
    spread = s2 - s1 * s1 / count
    rise = np.where(spread > 1e-9 * count, sy / np.maximum(spread, 1e-9), 0.0)
    left = np.where(rise > 0, np.maximum(total[:, None] - rise * sy, 1e-12 * total[:, None]), np.inf)
    best = np.argpartition(left, KEPT - 1, axis=1)[:, :KEPT]
    return best, np.take_along_axis(rise, best, axis=1), np.take_along_axis(left, best, axis=1)


def _log_ratio(error: Floats, least: Floats, total: Floats) -> Floats:
    """The logarithm of one sum of squares over another, neither of which counts below a share of the whole."""
    floor = 1e-6 * total + 1e-300
    result: Floats = np.log((error + floor) / (least + floor))
    return result


def _about_lines(at: Floats, y: Floats, weight: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Sums of squares about the least-squares line and about the best one that bends or steps once, `[n_series]`."""
    n, t1, t2 = np.maximum(weight.sum(axis=1), 1), weight @ at, weight @ (at * at)
    spread = np.maximum(t2 - t1 * t1 / n, 1e-9)
    slope = (y @ at - t1 * y.sum(axis=1) / n) / spread
    line = np.maximum(total - slope**2 * spread, 0.0)
    gained = np.zeros(line.shape)
    first = np.argmax(weight > 0, axis=1)
    for odd in (0, 1):  # bends are tried at every other day of a series' own, whatever others have before it
        rows = np.flatnonzero(first % 2 == odd)
        if rows.size:
            told = (y[rows], weight[rows], n[rows], t1[rows], spread[rows], slope[rows])
            gained[rows] = _gained(at, first[rows], odd, told)
    return line, np.maximum(line - gained, 0.0)


def _gained(at: Floats, first: Shapes, odd: int, told: tuple[Floats, ...]) -> Floats:
    """By how much the sum of squares about a line is less where it bends or steps once, `[n_series]`.

    Of series that begin at the day `first[n_series]`; `told` is what `_about_lines` knows of them.
    """
    y, weight, n, t1, spread, slope = told
    days = np.arange(at.size)
    bends, steps = days[2 + odd : -2 : 2], days[1:-1]
    bases = np.concatenate([np.maximum(at - at[bends, None], 0.0), (at > at[steps, None]).astype(np.float64)])
    b1, b2, bt = weight @ bases.T, weight @ (bases**2).T, weight @ (bases * at).T
    with_t = (bt - b1 * (t1 / n)[:, None]) / spread[:, None]  # what the line has of each basis
    apart = b2 - b1 * b1 / n[:, None] - with_t**2 * spread[:, None]
    shared = y @ bases.T - b1 * (y.sum(axis=1) / n)[:, None] - with_t * (slope * spread)[:, None]
    own = np.concatenate([bends - 2, steps - 1]) >= first[:, None]
    gained = np.where(own & (apart > 1e-6 * n[:, None]), shared**2 / np.maximum(apart, 1e-9), 0.0)
    return np.asarray(gained.max(axis=1, initial=0.0), dtype=np.float64)


def _grid(days: Floats) -> Floats:
    """Every curve of the grid on some days from now, `[n_curves, n_days]`: from zero to one."""
    return _curves(np.arange(2 * PACES.size * MIDDLES.size), days)


def _curves(shape: Shapes, days: Floats) -> Floats:
    """Some curves of the grid on some days from now, `[..., n_days]`: logistic ones first, then Gompertz's."""
    form, at = np.divmod(shape, PACES.size * MIDDLES.size)
    pace, middle = PACES[at // MIDDLES.size], MIDDLES[at % MIDDLES.size]
    fallen = np.exp(np.clip(-pace[..., None] * (days - middle[..., None]), -700.0, 700.0))
    result: Floats = np.where(form[..., None] == 0, 1 / (1 + fallen), np.exp(-fallen))
    return result
