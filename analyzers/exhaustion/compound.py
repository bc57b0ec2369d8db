"""Growth by a share of itself: the line since the last change through the logarithms of the days' highest.

Traffic, users and sessions grow by so many percent a month, and scatter by so many percent. Over two months such growth
bends by hardly more than it scatters: a curve whose bend is its own (`models.py`) can't be told from a line there. A
line through logarithms has no more to learn than any line; what it needs is the base above which things grow. That is
nothing at all, or what is there at the quietest hour of the day, whichever explains the days better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analyzers.exhaustion.arrays import nan_mean, nan_median
from analyzers.exhaustion.breaks import Segment, last_segment, line_ahead, needed_since_break
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import student4
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.expert import LITTLE, Asked, where_found

LEAST_DAYS = 14  # of such growth
LEAST_GROWN = 0.1  # as a logarithm: what has grown by less can't be told from a line
LEAST_ABOVE = 1e-3  # of the highest: how much of the lowest must be above the base
OFF = 5.0  # times its scatter: what is farther off the line is not on it any more
COARSE = 0.02  # as a logarithm: so near is near enough
FARTHEST = 3.0  # as a logarithm: it is drawn no higher
MOST_GAIN = 15.0
ROUNDING = 1e-9  # of all squares: what lines leave is not told apart below it
TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Compound:
    """The growth of a batch. Level and slope of its `line` are logarithms of what is above `base[n_series]`."""

    NAMES: ClassVar[tuple[str, ...]] = ("growth by a share of itself",)
    LIGHT: ClassVar[float] = LITTLE

    found: Flags  # [n_series]
    base: Floats
    line: Segment
    gain: Floats  # [n_series]: of likelihood over a line that does not bend; 0 where not found

    def usable(self, exact: Flags, _clear: Flags, /) -> Flags:
        """Where something grows so, and no model foretells exactly, `[n_series, 1]`."""
        return (self.found & ~exact)[:, None]

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where it leads, and how far off that may be, `[n_series, 1, n_days]` each."""
        power, spread = line_ahead(self.line, days)
        above = np.exp(np.minimum(power, self.line.level[:, None] + FARTHEST))
        return where_found(self.found[:, None], (self.base[:, None] + above)[:, None], (above * spread)[:, None])

    def pace(self) -> Floats:
        """How far it leads in a day, `[n_series, 1]`; nothing where nothing grows so."""
        return np.where(self.found, np.exp(self.line.level) * np.expm1(self.line.slope), 0.0)[:, None]

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, 1, n_days]`."""
        power = np.log(np.maximum(asked.limit - self.base[:, None], TINY))
        reached = 1 - student4(needed_since_break(self.line, power, asked.days))
        return np.where((self.found & worth[:, 0])[:, None], reached, 0.0)[:, None]

    def grown(self) -> Floats:
        """By how much of itself it has grown so, as a logarithm, `[n_series]`; 0 where nothing did."""
        return np.where(self.found, self.line.slope * self.line.days, 0.0)


def compound(seen: Envelope, positive: Flags) -> Compound:
    """The growth of a batch. `positive[n_series]`: the zero of its values is nothing at all."""
    quiet = np.where(seen.day_gain > 0, nan_median(seen.low), np.nan)
    from_nothing, from_quiet = (
        _growth(seen.top, base, seen.per_day) for base in (np.where(positive, 0.0, np.nan), quiet)
    )
    better = from_quiet.found & (~from_nothing.found | (from_quiet.gain > from_nothing.gain))
    return Compound(
        found=from_nothing.found | from_quiet.found,
        base=np.where(better, from_quiet.base, from_nothing.base),
        line=_either(better, from_quiet.line, from_nothing.line),
        gain=np.where(better, from_quiet.gain, from_nothing.gain),
    )


def _either(chosen: Flags, first: Segment, other: Segment) -> Segment:
    """`first` in the rows that are chosen, `other` in the rest."""
    return Segment(
        days=np.where(chosen, first.days, other.days),
        broken=np.where(chosen, first.broken, other.broken),
        level=np.where(chosen, first.level, other.level),
        slope=np.where(chosen, first.slope, other.slope),
        level_error=np.where(chosen, first.level_error, other.level_error),
        slope_error=np.where(chosen, first.slope_error, other.slope_error),
        scatter=np.where(chosen, first.scatter, other.scatter),
    )


def _growth(top: Floats, base: Floats, per_day: float) -> Compound:
    """The growth of what `top[n_series, n_quarters]` is above `base[n_series]`, NaN where there is no base."""
    above = top - base[:, None]
    low, high = np.fmin.reduce(above, axis=1), np.fmax.reduce(above, axis=1)
    with np.errstate(invalid="ignore"):
        sound = (low > 0) & (low > LEAST_ABOVE * high)
    line = _line(above, sound, per_day)
    lately = nan_mean(above[:, -max(1, round(per_day / 2)) :])
    with np.errstate(invalid="ignore"):
        away = np.abs(np.log(np.where(lately > 0, lately, 1.0)) - line.level)
    found = sound & (line.days >= LEAST_DAYS) & (line.slope * line.days > LEAST_GROWN)
    found &= np.isnan(lately) | (away <= OFF * line.scatter + COARSE)
    gain = np.zeros(found.shape)
    gain[found] = _gain(above, line, per_day)[found]
    return Compound(found, np.nan_to_num(base), line, gain)


def _line(above: Floats, sound: Flags, per_day: float) -> Segment:
    """The line since the last change through logarithms, in the rows that are sound; zero in the others."""
    whole = np.zeros((7, sound.size))
    if sound.any():
        part = last_segment(np.log(above[sound]), per_day)
        errors = (part.level_error, part.slope_error, part.scatter)
        whole[:, sound] = (part.days, part.broken, part.level, part.slope, *errors)
    return Segment(*whole)


def _gain(above: Floats, line: Segment, per_day: float) -> Floats:
    """The logarithm of the likelihood over that of a line that does not bend, `[n_series]`.

    Over the days of `line`, with one independent value a day.
    """
    t = (np.arange(above.shape[1]) - above.shape[1] + 1) / per_day
    inside = (t > -line.days[:, None]) & ~np.isnan(above)
    n = np.maximum(np.count_nonzero(inside, axis=1), 1)
    y = np.where(inside, above, 0.0)
    from_middle = np.where(inside, t - (inside @ t / n)[:, None], 0.0)
    slope = (from_middle * y).sum(axis=1) / np.maximum((from_middle**2).sum(axis=1), TINY)
    straight = np.where(inside, y - (y.sum(axis=1) / n)[:, None] - slope[:, None] * from_middle, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        bent = np.where(inside, y - np.exp(line.level[:, None] + line.slope[:, None] * t), 0.0)
        least = ROUNDING * (y * y).sum(axis=1) + TINY
        ratio = ((straight**2).sum(axis=1) + least) / ((bent**2).sum(axis=1) + least)
    return np.asarray(np.clip(0.5 * line.days * np.log(ratio), -MOST_GAIN, MOST_GAIN), dtype=np.float64)
