"""The models that are tried on every series: each says, at any origin, where the envelope will be.

All share one form, so that a batch of them is a few arrays: `level + slope * h + extra * (exp(bend * h) - 1) / bend`
for `h` days ahead. The lists below are what is left of twice as many, after those were dropped without which generated
histories are foretold as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import fill_forward, first_bin, trailing_max
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.jumps import without_jumps
from analyzers.exhaustion.lines import Fit, Moments, curve, growth_by_thirds, line, moments, window_mean

FLAT_DAYS = (28,)
LINE_DAYS = (1, 2, 7, 14, 28, 56)
FADING = ((7, 56, 10.0),)  # short and long window, memory: all in days
CURVE_DAYS = (7, 14, 28)
THIRDS_DAYS = (28, 56)
NO_JUMP_LINE_DAYS = (14, 28)
HIGH_LINES = ((14, 42),)  # the highest of so many days, over a window of so many

NAMES = (
    "last",
    *(f"mean {d}d" for d in FLAT_DAYS),
    *(f"line {d}d" for d in LINE_DAYS),
    "drift all",
    *(f"line {d}d without jumps" for d in NO_JUMP_LINE_DAYS),
    *(f"line {b}d of the highest {a}d" for a, b in HIGH_LINES),
    *(f"fading {a}d to {b}d" for a, b, _ in FADING),
    *(f"curve {d}d" for d in CURVE_DAYS),
    *(f"growth {d}d" for d in THIRDS_DAYS),
)
BENT = len(FADING) + len(CURVE_DAYS) + len(THIRDS_DAYS)  # the last models: the others are straight


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """All models at some origins: `[n_series, n_models, n_origins]` each; NaN where a model has too little to go by.

    `extra` and `bend` are of the last models, `[n_series, BENT, n_origins]`: the others have none.
    """

    level: Floats
    slope: Floats
    extra: Floats
    bend: Floats

    def at(self, days: Floats) -> Floats:
        """Where each model sees the envelope so many days after its origins.

        `days` fits the last axis: one number for all origins, or `[n_days]` where there is one origin.
        """
        result = self.level + self.slope * days
        result[:, -BENT:] += self.extra * grown(self.bend, days)
        return result

    def first(self, count: int) -> Models:
        """The models at the first few of the origins."""
        return Models(*(x[..., :count] for x in (self.level, self.slope, self.extra, self.bend)))

    def last(self) -> Models:
        """The models at the last origin."""
        return Models(*(x[..., -1:] for x in (self.level, self.slope, self.extra, self.bend)))


def grown(bend: Floats, days: Floats) -> Floats:
    """`(exp(bend * days) - 1) / bend`: how far one goes in so many days at a speed that bends from one."""
    safe = np.where(np.abs(bend) > 1e-6, bend, 1e-6)
    result: Floats = np.expm1(safe * days) / safe
    return result


def models(top: Floats, jump: Floats, per_day: float, origins: NDArray[np.intp]) -> Models:
    """Fit every model to `top[n_series, n_bins]` at every origin. `jump` are the jumps' sizes, of the same shape."""
    carried = np.cumsum(jump, axis=1)
    raw, smooth = moments(top, per_day), moments(without_jumps(top, jump) - carried[:, -1:], per_day)
    filled = fill_forward(top)
    shift = carried[:, origins]
    fits = _flat(raw, filled, origins, per_day)
    fits += [line(raw, origins, _bins(d, per_day)) for d in LINE_DAYS]
    fits.append(_drift(raw, filled, origins, per_day))
    fits += [_moved(line(smooth, origins, _bins(d, per_day)), shift) for d in NO_JUMP_LINE_DAYS]
    fits += [_high_line(top, origins, per_day, a, b) for a, b in HIGH_LINES]
    bent = [_fading(raw, origins, per_day, *windows) for windows in FADING]
    bent += [_speeding(curve(raw, origins, _bins(d, per_day))) for d in CURVE_DAYS]
    bent += [_speeding(growth_by_thirds(raw, origins, _bins(d, per_day))) for d in THIRDS_DAYS]
    return Models(
        level=np.stack([fit.level for fit in fits + [fit for fit, _ in bent]], axis=1),
        slope=np.stack([fit.slope for fit in fits + [fit for fit, _ in bent]], axis=1),
        extra=np.stack([extra for _, extra in bent], axis=1),
        bend=np.stack([fit.bend for fit, _ in bent], axis=1),
    )


def _bins(days: float, per_day: float) -> int:
    return max(3, round(days * per_day))


def _flat(raw: Moments, filled: Floats, origins: NDArray[np.intp], per_day: float) -> list[Fit]:
    """No growth: the last half day, the mean of some days."""
    levels = [window_mean(raw, origins, max(1, round(per_day / 2)))]
    levels[0] = np.where(np.isnan(levels[0]), filled[:, origins], levels[0])
    levels[0] = np.where(origins >= raw.first[:, None], levels[0], np.nan)
    levels += [window_mean(raw, origins, _bins(d, per_day)) for d in FLAT_DAYS]
    zero = np.zeros_like(levels[0])
    return [Fit(level, zero, zero) for level in levels]


def _drift(raw: Moments, filled: Floats, origins: NDArray[np.intp], per_day: float) -> Fit:
    """From the last level on with the mean growth of all days, end less beginning: best for a sum of chances."""
    last = window_mean(raw, origins, max(1, round(per_day / 2)))
    last = np.where(np.isnan(last), filled[:, origins], last)
    first = filled[np.arange(filled.shape[0]), raw.first][:, None]
    elapsed = (origins - raw.first[:, None]) / per_day
    slope = np.where(elapsed > 0, (last - first) / np.where(elapsed > 0, elapsed, 1.0), np.nan)
    return Fit(last, slope, np.zeros_like(slope))


def _fading(
    raw: Moments, origins: NDArray[np.intp], per_day: float, short: int, long: int, memory: float
) -> tuple[Fit, Floats]:
    """The slope of the last days, which fades into that of the last weeks; and what of the slope fades."""
    near = line(raw, origins, _bins(short, per_day))
    far = line(raw, origins, _bins(long, per_day))
    return Fit(near.level, far.slope, np.full_like(far.slope, -1 / memory)), near.slope - far.slope


def _speeding(fit: Fit) -> tuple[Fit, Floats]:
    """A curve: all of its slope bends."""
    return Fit(fit.level, np.zeros_like(fit.slope), fit.bend), fit.slope


def _moved(fit: Fit, shift: Floats) -> Fit:
    return Fit(fit.level + shift, fit.slope, fit.bend)


def _high_line(values: Floats, origins: NDArray[np.intp], per_day: float, high: int, window: int) -> Fit:
    """A line through the highest of some days: what matters of a sawtooth is how its peaks drift."""
    peaks = trailing_max(fill_forward(values), _bins(high, per_day))
    before = origins - _bins(window - high, per_day)
    ok = before - first_bin(values)[:, None] >= _bins(high, per_day) - 1
    slope = (peaks[:, origins] - peaks[:, np.maximum(before, 0)]) / (window - high)
    slope = np.where(ok, slope, np.nan)
    return Fit(peaks[:, origins], slope, np.zeros_like(slope))
