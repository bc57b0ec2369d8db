"""The outlook of one chunk of series: cleaned, forecast by many models, weighed, and brought to its limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import last_seen
from analyzers.exhaustion.contract import CapacityParameters, CapacityResult, Flags, Floats, fan_times, nothing_said
from analyzers.exhaustion.crossing import (
    between,
    by_day,
    choose,
    crossed_by,
    joined,
    mixture_quantiles,
    needed_by,
    when,
)
from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.experts import SILENT
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.network import NAME as NETWORK
from analyzers.exhaustion.network import pooled
from analyzers.exhaustion.pressure import increase
from analyzers.exhaustion.remarks import remarks
from analyzers.exhaustion.standing import standing
from analyzers.exhaustion.view import View, look
from analyzers.exhaustion.weights import EXPERTS, FACTORS
from analyzers.rightsizing import oversized_by
from domain.series import SeriesStatus
from domain.times import DAY
from domain.watch import Direction, Measure

Item = TypeVar("Item", np.float64, np.bool_)
Thing = TypeVar("Thing")

KEPT = 5  # models of a series that are drawn out to the horizon: the others have hardly any weight
STEPS_AHEAD = 240  # of equal length, to the horizon or for NEAR_DAYS
NEAR_DAYS = 60.0
FARTHER = 60  # ever longer steps from there to the horizon
FAN_KNOTS = 20  # days on which the quantiles are worked out: they are smooth
QUANTILES = (0.1, 0.5, 0.9)  # of the time of crossing: p10, p50, p90
ASSURED = 0.8  # probability within the horizon from which the interval is that of the date, given that it comes
NEVER = 0.02  # probability within the horizon up to which a limit counts as out of reach
N_MODELS = len(NAMES)


def outlook(times: Floats, values: Floats, limits: Floats, parameters: CapacityParameters) -> CapacityResult:
    """See `analyzers.capacity.analyse_capacity`, which checks its arguments and gives chunks of a batch to this."""
    as_of = float(times[-1])
    status, reason, able = standing(times, values, limits, parameters)
    empty = nothing_said(values.shape[0], as_of, parameters, SeriesStatus.EMPTY, "")
    judged = increase(values)[0] if parameters.measure is Measure.COUNTER else values
    empty = replace(empty, status=status, reason=reason, current=last_seen(judged), limit=last_seen(limits))
    if not able.any():
        return empty
    view = look(float(times[1] - times[0]), values[able], limits[able], parameters)
    return _answer(empty, able, view, parameters, (times, values[able], limits[able]))


def _answer(
    empty: CapacityResult, able: Flags, view: View, parameters: CapacityParameters, given: tuple[Floats, Floats, Floats]
) -> CapacityResult:
    """The result, with the rows that are able filled in. `given` are times, and values and limits of those rows."""
    times, values, limits = given
    as_of = float(times[-1])
    days = days_ahead(parameters.horizon_seconds / DAY)
    reached = _reached(view, days)
    exhausted = view.exhausted
    reached[exhausted] = 1.0
    dates = [as_of + DAY * np.where(exhausted, 0.0, date) for date in crossing_dates(reached, days)]
    within = np.stack([_within(reached, float(day), days, exhausted) for day in parameters.within_days], axis=1)
    before_fixed = _within(reached, min(parameters.lead_seconds / DAY, float(days[-1])), days, exhausted)
    growth, since = _growth(view)
    fan = _fan(view, parameters, as_of)
    large = np.full(able.sum(), np.nan)
    if parameters.direction is Direction.UP and parameters.measure is Measure.GAUGE:
        highest = np.fmax.reduce(fan[:, -1], axis=1)
        large = oversized_by(values, limits, float(times[1] - times[0]), highest, reached[:, -1] > NEVER)
    return replace(
        empty,
        p10=_fill(empty.p10, able, dates[0]),
        p50=_fill(empty.p50, able, dates[1]),
        p90=_fill(empty.p90, able, dates[2]),
        within=_fill(empty.within, able, within),
        within_lead=_fill(empty.within_lead, able, before_fixed),
        exhausted=_fill(empty.exhausted, able, exhausted),
        growth_per_day=_fill(empty.growth_per_day, able, view.turned.sign * growth),
        growth_since=_fill(empty.growth_since, able, as_of - DAY * since),
        method=_spread(able, _methods(view), ""),
        backtest_score=_fill(empty.backtest_score, able, _score(view)),
        oversized_by=_fill(empty.oversized_by, able, large),
        fan=_fill(empty.fan, able, fan),
        notes=_spread(able, [tuple(notes) for notes in remarks(view, times, values, limits, reached[:, -1])], ()),
    )


def crossing_dates(reached: Floats, days: Floats) -> tuple[Floats, Floats, Floats]:
    """Days from now of p10, p50 and p90, see `CapacityResult`; NaN where one is beyond the horizon."""
    early, middle, late = (when(reached, q, days) for q in QUANTILES)
    within = reached[:, -1]
    sure = within >= ASSURED
    given = reached / np.where(sure, within, 1.0)[:, None]
    low, _, high = (when(given, q, days) for q in QUANTILES)
    return np.where(sure, np.fmin(low, middle), early), middle, np.where(sure, np.fmax(high, middle), late)


def days_ahead(horizon: float) -> Floats:
    """The days from now on which probabilities are worked out: evenly at first, ever more thinly beyond `NEAR_DAYS`."""
    near: Floats = np.linspace(0.0, min(horizon, NEAR_DAYS), STEPS_AHEAD + 1)[1:]
    if horizon <= NEAR_DAYS:
        return near
    return np.concatenate([near, np.geomspace(NEAR_DAYS, horizon, FARTHER + 1)[1:]])


def _within(reached: Floats, day: float, days: Floats, exhausted: Flags) -> Floats:
    """The probability by a day, `[n_series]`; NaN beyond the horizon, of which nothing was asked."""
    known = day <= days[-1] * (1 + 1e-9)
    return np.where(exhausted, 1.0, by_day(reached, day, days) if known else np.nan)


def _reached(view: View, days: Floats) -> Floats:
    """The probability that each limit was crossed by each day, `[n_series, n_days]`, under all experts together."""
    asked = Asked(days, view.turned.limit[:, None] - view.seen.highest(days), view.turned.limit)
    chosen = choose(view.tested, view.of_models, KEPT, days)
    lines, *drawn, _ = view.of_experts  # under "never" it is not crossed
    needed = np.concatenate([needed_by(chosen, asked.limit), view.experts.lines.needed(asked)], axis=1)
    left = 1 - view.weight[:, N_MODELS:].sum(axis=1, keepdims=True)
    share = np.concatenate([chosen.weight * left, lines], axis=1)
    reached = np.einsum("nmd,nm->nd", crossed_by(needed, FACTORS, view.factor), share)
    for expert, weight in zip(view.experts.drawn, drawn, strict=True):
        reached += (weight[:, :, None] * expert.crossed(asked, weight > expert.LIGHT)).sum(axis=1)
    return pooled(reached, view.learnt, view.turned.limit, days)


def _fan(view: View, parameters: CapacityParameters, as_of: float) -> Floats:
    """Quantiles of the highest (downward: lowest) value of each day ahead, in the value's unit, within its bounds."""
    days = (fan_times(as_of, parameters.horizon_seconds) - as_of) / DAY
    sign = view.turned.sign
    quantiles = parameters.quantiles if sign > 0 else tuple(1 - q for q in parameters.quantiles)
    knots = np.linspace(days[0], days[-1], min(days.size, FAN_KNOTS))
    chosen = choose(view.tested, view.of_models, KEPT, knots, view.factor @ np.array(FACTORS))
    ahead, spread = _beside(view, knots)
    fan = between(mixture_quantiles(joined(chosen, view.weight[:, N_MODELS:], ahead, spread), quantiles), knots, days)
    fan += view.seen.of_day(days)[:, None, :]
    low = -np.inf if parameters.lower is None else parameters.lower
    high = np.inf if parameters.upper is None else parameters.upper
    fan = np.clip(sign * fan, low, high)
    if parameters.capped:
        cap = (sign * view.turned.limit)[:, None, None]
        fan = np.minimum(fan, cap) if sign > 0 else np.maximum(fan, cap)
    return fan


def _beside(view: View, days: Floats) -> tuple[Floats, Floats]:
    """Where the experts that are no models lead, and how far off that may be, `[n_series, n_experts, n_days]` each.

    Finite everywhere: where they lead that have no weight is of no matter.
    """
    told = [expert.ahead(days) for expert in view.experts.every]
    ahead, spread = (np.concatenate(parts, axis=1) for parts in zip(*told, strict=True))
    heard = view.weight[:, N_MODELS:, None] > 0
    return np.where(heard, ahead, 0.0), np.where(heard, spread, 1.0)


def _growth(view: View) -> tuple[Floats, Floats]:
    """The growth per day that the models expect, upward in trouble's direction; and for how many days it has been so.

    NaN days where it has been so for the whole window, or where growth has not one beginning.
    """
    now = view.tested.now
    tomorrow = now.at(np.array(1.0))[:, :, 0] - now.level[:, :, 0]
    expected = (np.nan_to_num(tomorrow) * view.of_models).sum(axis=1)
    for expert, weight in zip(view.experts.every, view.of_experts, strict=True):
        expected += (weight * expert.pace()).sum(axis=1)
    telling = np.ones(expected.shape)
    for name in SILENT:
        telling -= view.weight[:, EXPERTS.index(name)]
    expected /= np.maximum(telling, 1e-9)
    peaks = view.experts.lines.peaks
    alike = np.abs(expected - peaks.slope) < 0.5 * np.abs(expected)
    return expected, np.where((peaks.broken > 0) & alike, peaks.days, np.nan)


def _score(view: View) -> Floats:
    """The backtest error of the weighted models over that of the last value; NaN where nothing could be tested."""
    raw = view.tested.raw
    naive = raw[:, :1]
    weight = view.of_models[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(naive > 0, raw / naive, np.nan)
    known = ~np.isnan(ratio) & (weight > 0)
    share = np.where(known, weight, 0.0)
    total = share.sum(axis=(1, 2))
    return np.where(total > 1e-9, (share * np.nan_to_num(ratio)).sum(axis=(1, 2)) / np.maximum(total, 1e-9), np.nan)


def _methods(view: View) -> list[str]:
    """What carries most of the answer, by name with its shares."""
    share = view.learnt.share[:, None]
    names, weight = (*EXPERTS, NETWORK), np.concatenate([(1 - share) * view.weight, share], axis=1)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :3]
    return [
        ", ".join(f"{names[m]} {weight[i, m]:.0%}" for m in row if weight[i, m] >= 0.05) for i, row in enumerate(order)
    ]


def _spread(able: Flags, items: list[Thing], nothing: Thing) -> tuple[Thing, ...]:
    """Things for the rows that are able, `nothing` for the others."""
    at = iter(items)
    return tuple(next(at) if chosen else nothing for chosen in able)


def _fill(target: NDArray[Item], able: Flags, values: NDArray[Item]) -> NDArray[Item]:
    """A copy of `target` with the rows that are able replaced."""
    filled = target.copy()
    filled[able] = values
    return filled
