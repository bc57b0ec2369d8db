"""Where the growth last changed, and the line since then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import first_bin, running_sum
from analyzers.exhaustion.contract import Floats

Indices = NDArray[np.intp]

ROUNDS = 3  # breaks that are looked for, each in what follows the one before
LEAST_DAYS = 0.75  # after a break
ROUNDING = 1e-9  # of a series' variation: what lines leave is not told apart below it
CAUTION = 2.0  # how many times the logarithm of the days the fit must gain
EXTREME = 0.6  # of what the highest of independent normal values would be: neighbouring days are alike
WANDER = 0.2  # growth goes on at a rate that changes by this share


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The line over the last part of each series, `[n_series]` each; days and per day. It ends at as_of."""

    days: Floats  # how long it is
    broken: Floats  # 1 where it begins with a break, 0 where it is the whole history
    level: Floats  # at as_of
    slope: Floats
    level_error: Floats
    slope_error: Floats
    scatter: Floats
    apart: float = 1.0  # days, after which its values are independent


def last_segment(top: Floats, per_day: float, apart: float = 1.0) -> Segment:
    """The longest last part of `top[n_series, n_bins]` that one line describes.

    Binary segmentation from the left: the best split into two lines is taken as long as the likelihood gains more than
    chance explains, with one independent value every `apart` days (an envelope's neighbours are not independent).
    """
    sums = _Sums(top, per_day)
    n_bins = top.shape[1]
    start = first_bin(top)
    begin = start.copy()
    least = max(3, round(LEAST_DAYS * per_day * apart))
    splits = np.arange(least, max(n_bins - least, least))
    to_split, to_end = sums.totals[:, :, least : least + splits.size], sums.totals[:, :, -1:]
    rounding = ROUNDING * sums.variation + 1e-300
    right, n_right = _rest(to_end - to_split)
    rows = np.arange(top.shape[0])  # that may be split further
    for _ in range(ROUNDS if splits.size else 0):
        to_begin = sums.until(rows, begin[rows])
        whole, count = _rest(to_end[rows] - to_begin)
        left, n_left = _rest(to_split[rows] - to_begin)
        allowed = (splits >= begin[rows, None] + least) & (n_left >= 3) & (n_right[rows] >= 3)
        both = np.where(allowed, left + right[rows], np.inf)
        best = np.argmin(both, axis=1)
        least_rest = both[np.arange(rows.size), best]
        independent = np.maximum(count[:, 0] / per_day / apart, 1.0)
        possible = np.isfinite(least_rest)
        whole_rest = whole[:, 0] + rounding[rows]
        split_rest = np.where(possible, least_rest + rounding[rows], whole_rest)
        gain = 0.5 * independent * np.log(whole_rest / split_rest)
        accepted = possible & (gain > CAUTION * np.log(independent + 2) + 2)
        rows = rows[accepted]
        begin[rows] = splits[best[accepted]]
        if not rows.size:
            break
    return sums.line(begin, start, per_day, apart)


class _Sums:
    """Running sums of a batch, from which the line over any range comes at once.

    `totals[n_series, 6, n_bins + 1]`: of what was seen, its times t and their squares, its values y, y t and y y.
    """

    def __init__(self, top: Floats, per_day: float) -> None:
        seen = ~np.isnan(top)
        count = np.maximum(seen.sum(axis=1), 1)
        self.base = np.where(seen, top, 0.0).sum(axis=1) / count
        y = np.where(seen, top - self.base[:, None], 0.0)
        t = (np.arange(top.shape[1]) - top.shape[1] + 1) / per_day
        self.variation = (y * y).sum(axis=1)
        weight = seen.astype(np.float64)
        self.totals = running_sum(np.stack([weight, weight * t, weight * t * t, y, y * t, y * y], axis=1))

    def until(self, rows: Indices, bins: Indices) -> Floats:
        """The totals before one bin of each of some rows, `[n_rows, 6, 1]`."""
        return np.asarray(self.totals[rows, :, bins][:, :, None], dtype=np.float64)

    def line(self, begin: Indices, start: Indices, per_day: float, apart: float) -> Segment:
        """The line from `begin` to the end, for series that begin at `start`."""
        totals = self.totals[:, :, -1:] - self.until(np.arange(begin.size), begin)
        n, mean_t, mean_y, tt, ty, yy = (x[:, 0] for x in _moments(totals))
        slope = np.where(tt > 0, ty / np.where(tt > 0, tt, 1.0), 0.0)
        rest = np.maximum(yy - slope * ty, 0.0)
        scatter = np.sqrt(rest / np.maximum(n - 2, 1))
        independent = np.maximum(n / per_day / apart, 1.0)
        slope_error = scatter / np.sqrt(np.maximum(tt / n * independent, 1e-300))
        return Segment(
            days=(self.totals.shape[2] - 1 - begin) / per_day,
            broken=(begin > start).astype(np.float64),
            level=mean_y - slope * mean_t + self.base,
            slope=slope,
            level_error=np.sqrt(scatter**2 / independent + (slope_error * mean_t) ** 2),
            slope_error=slope_error,
            scatter=scatter,
            apart=apart,
        )


def _moments(totals: Floats) -> list[Floats]:
    """Count, means of t and y, and their central moments, over ranges with `totals[n_series, 6, n_ranges]`."""
    n, t, tt, y, ty, yy = np.moveaxis(totals, 1, 0)
    n = np.maximum(n, 1e-12)
    mean_t, mean_y = t / n, y / n
    return [n, mean_t, mean_y, np.maximum(tt - t * mean_t, 0.0), ty - t * mean_y, np.maximum(yy - y * mean_y, 0.0)]


def _rest(totals: Floats) -> tuple[Floats, Floats]:
    """The sum of squares that a line leaves over ranges, and the number of values there."""
    n, _, _, tt, ty, yy = _moments(totals)
    return np.maximum(yy - np.where(tt > 0, ty * ty / np.where(tt > 0, tt, 1.0), 0.0), 0.0), n


def needed_since_break(segment: Segment, limit: Floats, days: Floats) -> Floats:
    """How many spreads above the last line the limit `[n_series, n_days]` has been at least, by each day ahead."""
    level, scatter = segment.level[:, None], segment.scatter[:, None]
    ahead, spread = line_ahead(segment, days)
    chances = np.minimum(days, 2 * scatter / np.maximum(segment.slope[:, None], 1e-9 * np.abs(level) + 1e-300))
    highest = np.maximum(level, ahead) + EXTREME * scatter * np.sqrt(2 * np.log1p(chances / segment.apart))
    with np.errstate(over="ignore"):  # a line of zeros has no spread to speak of
        needed = (limit - highest) / spread
    return np.clip(np.minimum.accumulate(needed, axis=1), -1e6, 1e6)


def line_ahead(segment: Segment, days: Floats) -> tuple[Floats, Floats]:
    """Where the last line leads, and how far off that may be, `[n_series, n_days]` each; the second is never zero."""
    level, slope = segment.level[:, None], segment.slope[:, None]
    variance = 0.25 * segment.scatter[:, None] ** 2 + segment.level_error[:, None] ** 2
    variance = variance + (segment.slope_error[:, None] * days) ** 2 + (WANDER * slope * days) ** 2
    return level + slope * days, np.maximum(np.sqrt(variance), 1e-9 * np.abs(level) + 1e-300)
