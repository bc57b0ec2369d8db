"""The models that are tried on every series: each says, at any origin, where the envelope will be.

All share one form, so that a batch of them is a few arrays: `level + slope * h + extra * (exp(bend * h) - 1) / bend`
for `h` days ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import fill_forward, trailing_max
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.lines import Fit, Moments, curve, line, moments, window_mean

FLAT_DAYS = (7, 28)
HIGH_DAYS = (7, 14, 28)
LINE_DAYS = (1, 2, 4, 7, 14, 28, 56)
DRIFT_DAYS = (4, 7, 14, 28, 56)
FADING = ((1, 14, 2.0), (2, 28, 3.0), (4, 28, 6.0), (7, 56, 10.0))  # short and long window, memory: all in days
CURVE_DAYS = (7, 14, 28, 56)
NO_JUMP_LINE_DAYS = (2, 4, 7, 14, 28, 56)
HIGH_LINES = ((7, 28), (14, 42))

NAMES = (
    "last",
    *(f"mean {d}d" for d in FLAT_DAYS),
    *(f"high {d}d" for d in HIGH_DAYS),
    *(f"line {d}d" for d in LINE_DAYS),
    *(f"drift {d}d" for d in DRIFT_DAYS),
    "drift all",
    *(f"fading {a}d to {b}d" for a, b, _ in FADING),
    *(f"curve {d}d" for d in CURVE_DAYS),
    *(f"line {d}d without jumps" for d in NO_JUMP_LINE_DAYS),
    *(f"curve {d}d without jumps" for d in CURVE_DAYS),
    *(f"line {b}d of the highest {a}d" for a, b in HIGH_LINES),
)


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """All models at some origins: `[n_series, n_models, n_origins]` each; NaN where a model has too little to go by."""

    level: Floats
    slope: Floats
    extra: Floats
    bend: Floats

    def at(self, days: float, last: int | None = None) -> Floats:
        """Where each model sees the envelope so many days after each of the origins but the last few."""
        upto = slice(None, last)
        bend = self.bend[..., upto]
        curved = np.abs(bend) > 1e-9
        moved = np.where(curved, np.expm1(bend * days) / np.where(curved, bend, 1.0), days)
        result: Floats = self.level[..., upto] + self.slope[..., upto] * days + self.extra[..., upto] * moved
        return result


def models(top: Floats, jump: Floats, per_day: float, origins: NDArray[np.intp]) -> Models:
    """Fit every model to `top[n_series, n_bins]` at every origin. `jump` are the jumps' sizes, of the same shape."""
    carried = np.cumsum(jump, axis=1)
    raw, smooth = moments(top, per_day), moments(top - carried, per_day)
    filled = fill_forward(top)
    fits = _flat(raw, filled, origins, per_day)
    fits += [line(raw, origins, _bins(d, per_day)) for d in LINE_DAYS]
    fits += _drift(raw, filled, origins, per_day)
    fading = [_fading(raw, origins, per_day, a, b) for a, b, _ in FADING]
    fits += [fit for fit, _ in fading]
    fits += [curve(raw, origins, _bins(d, per_day)) for d in CURVE_DAYS]
    shift = carried[:, origins]
    fits += [_moved(line(smooth, origins, _bins(d, per_day)), shift) for d in NO_JUMP_LINE_DAYS]
    fits += [_moved(curve(smooth, origins, _bins(d, per_day)), shift) for d in CURVE_DAYS]
    fits += [_high_line(filled, origins, per_day, a, b) for a, b in HIGH_LINES]
    return _stack(fits, [extra for _, extra in fading])


def _bins(days: float, per_day: float) -> int:
    return max(3, round(days * per_day))


def _flat(raw: Moments, filled: Floats, origins: NDArray[np.intp], per_day: float) -> list[Fit]:
    """No growth: the last half day, the mean of some days, the highest of some days."""
    levels = [window_mean(raw, origins, max(1, round(per_day / 2)))]
    levels[0] = np.where(np.isnan(levels[0]), filled[:, origins], levels[0])
    levels += [window_mean(raw, origins, _bins(d, per_day)) for d in FLAT_DAYS]
    levels += [trailing_max(filled, _bins(d, per_day))[:, origins] for d in HIGH_DAYS]
    zero = np.zeros_like(levels[0])
    return [Fit(level, zero, zero) for level in levels]


def _drift(raw: Moments, filled: Floats, origins: NDArray[np.intp], per_day: float) -> list[Fit]:
    """From the last level on with the mean growth of some days, end less beginning: best where growth is a sum of chances."""
    half = max(1, round(per_day / 2))
    last = window_mean(raw, origins, half)
    last = np.where(np.isnan(last), filled[:, origins], last)
    fits = []
    for days in (*DRIFT_DAYS, None):
        before = origins - _bins(days, per_day) if days else np.full_like(origins, half - 1)
        first = window_mean(raw, np.maximum(before, 0), half)
        first = np.where(np.isnan(first), filled[:, np.maximum(before, 0)], first)
        elapsed = (origins - before) / per_day
        ok = (before >= 0) & (elapsed > 0)
        slope = np.where(ok, (last - first) / np.where(ok, elapsed, 1.0), np.nan)
        fits.append(Fit(last, slope, np.zeros_like(slope)))
    return fits


def _fading(raw: Moments, origins: NDArray[np.intp], per_day: float, short: int, long: int) -> tuple[Fit, Floats]:
    """The slope of the last days, which fades into that of the last weeks; and what of the slope fades."""
    near = line(raw, origins, _bins(short, per_day))
    far = line(raw, origins, _bins(long, per_day))
    memory = next(m for a, b, m in FADING if (a, b) == (short, long))
    return Fit(near.level, far.slope, np.full_like(far.slope, -1 / memory)), near.slope - far.slope


def _moved(fit: Fit, shift: Floats) -> Fit:
    return Fit(fit.level + shift, fit.slope, fit.bend)


def _high_line(filled: Floats, origins: NDArray[np.intp], per_day: float, high: int, window: int) -> Fit:
    """A line through the highest of some days: what matters of a sawtooth is how its peaks drift."""
    peaks = trailing_max(filled, _bins(high, per_day))
    before = origins - _bins(window - high, per_day)
    ok = before >= _bins(high, per_day) - 1
    slope = (peaks[:, origins] - peaks[:, np.maximum(before, 0)]) / (window - high)
    slope = np.where(ok, slope, np.nan)
    return Fit(peaks[:, origins], slope, np.zeros_like(slope))


def _stack(fits: list[Fit], fading: list[Floats]) -> Models:
    """Fits as arrays. A curve's slope moves into `extra`, which bends; what fades was counted apart."""
    level = np.stack([fit.level for fit in fits], axis=1)
    slope = np.stack([fit.slope for fit in fits], axis=1)
    bend = np.stack([fit.bend for fit in fits], axis=1)
    extra = np.zeros_like(slope)
    names = np.array(NAMES)
    for name, what_fades in zip([n for n in NAMES if n.startswith("fading")], fading, strict=True):
        extra[:, NAMES.index(name)] = what_fades
    curves = np.char.startswith(names, "curve")
    extra[:, curves], slope[:, curves] = slope[:, curves], 0.0
    return Models(level, slope, extra, bend)
