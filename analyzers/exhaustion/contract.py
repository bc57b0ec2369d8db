"""What is asked of an exhaustion analysis, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.notes import Note
from domain.series import SeriesStatus
from domain.times import DAY
from domain.watch import Direction, Measure

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CapacityParameters:
    """What is asked of a batch.

    `measure` counter: the limit applies to the increase since the first sample, and resets happen.
    `lower` and `upper` bound what the value can be; `capped`: it can physically not pass its limit.
    """

    direction: Direction
    measure: Measure
    horizon_seconds: float
    lead_seconds: float
    minimum_history_seconds: float
    lower: float | None
    upper: float | None
    capped: bool
    within_days: tuple[int, ...] = (7, 14, 30)
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what no analysis can answer."""
        for name in ("horizon_seconds", "lead_seconds", "minimum_history_seconds"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}: it must be a number of seconds, zero or more")
        if self.horizon_seconds == 0:
            raise ValueError("horizon_seconds is 0: it must be positive")
        if not all(0 < q < 1 for q in self.quantiles) or list(self.quantiles) != sorted(set(self.quantiles)):
            raise ValueError(f"quantiles are {self.quantiles}: they must rise and lie between 0 and 1")
        if not all(days > 0 for days in self.within_days):
            raise ValueError(f"within_days are {self.within_days}: they must be positive")


@dataclass(frozen=True, slots=True, eq=False)
class CapacityResult:
    """What a batch says of its future; every array has `n_series` rows.

    Instants are seconds since 1970; NaN in `p10`, `p50` and `p90` says "not within the horizon". `p50` is the day by
    which the limit is reached as likely as not. `p10` and `p90` are quantiles of the same distribution; where it is
    reached within the horizon with a probability of 0.8 or more, they are those of the date given that it is.
    """

    status: tuple[SeriesStatus, ...]
    reason: tuple[str, ...]
    p10: Floats
    p50: Floats
    p90: Floats
    within: Floats  # [n_series, len(within_days)]: the probability that it has crossed by then; NaN beyond the horizon
    within_days: tuple[int, ...]
    within_lead: Floats  # the probability that it has crossed before lead_seconds, or the horizon if that is sooner
    exhausted: Flags
    current: Floats  # the last value that was seen; of a counter, its increase since the first
    limit: Floats  # the limit at the end
    growth_per_day: Floats
    growth_since: Floats  # NaN: for the whole window
    method: tuple[str, ...]
    backtest_score: Floats  # scaled error on held-back history (1 = as good as the naive method); NaN: not known
    oversized_by: Floats  # how much could be given back; NaN: nothing
    fan_times: Floats  # [n_fan]
    fan: Floats  # [n_series, n_quantiles, n_fan], in the unit of the value
    notes: tuple[tuple[Note, ...], ...]


def join(parts: list[CapacityResult]) -> CapacityResult:
    """The results of several chunks of a batch, one after the other, as the result of the batch."""
    first = parts[0]
    return CapacityResult(
        status=tuple(status for part in parts for status in part.status),
        reason=tuple(reason for part in parts for reason in part.reason),
        p10=np.concatenate([part.p10 for part in parts]),
        p50=np.concatenate([part.p50 for part in parts]),
        p90=np.concatenate([part.p90 for part in parts]),
        within=np.concatenate([part.within for part in parts]),
        within_days=first.within_days,
        within_lead=np.concatenate([part.within_lead for part in parts]),
        exhausted=np.concatenate([part.exhausted for part in parts]),
        current=np.concatenate([part.current for part in parts]),
        limit=np.concatenate([part.limit for part in parts]),
        growth_per_day=np.concatenate([part.growth_per_day for part in parts]),
        growth_since=np.concatenate([part.growth_since for part in parts]),
        method=tuple(method for part in parts for method in part.method),
        backtest_score=np.concatenate([part.backtest_score for part in parts]),
        oversized_by=np.concatenate([part.oversized_by for part in parts]),
        fan_times=first.fan_times,
        fan=np.concatenate([part.fan for part in parts]),
        notes=tuple(notes for part in parts for notes in part.notes),
    )


def reordered(result: CapacityResult, order: NDArray[np.intp]) -> CapacityResult:
    """The same result with its rows in another order: row `i` is row `order[i]` of what is given."""
    one_for_all = ("within_days", "fan_times")
    changed: dict[str, Any] = {}
    for field in fields(result):
        column = getattr(result, field.name)
        if field.name not in one_for_all:
            changed[field.name] = tuple(column[i] for i in order) if isinstance(column, tuple) else column[order]
    return replace(result, **changed)


def fan_times(as_of: float, horizon_seconds: float) -> Floats:
    """The instants of the fan, `[n_fan]`: the end of every day of the horizon, or at least eight in a short one."""
    step = min(DAY, horizon_seconds / 8)
    count = int(np.floor(horizon_seconds / step + 1e-9))
    return np.asarray(as_of + step * np.arange(1, count + 1), dtype=np.float64)


def nothing_said(
    n_series: int, as_of: float, parameters: CapacityParameters, status: SeriesStatus, reason: str
) -> CapacityResult:
    """The result of a batch of which nothing can be said: probabilities are zero, everything else is NaN."""
    nan = np.full(n_series, np.nan)
    times = fan_times(as_of, parameters.horizon_seconds)
    return CapacityResult(
        status=(status,) * n_series,
        reason=(reason,) * n_series,
        p10=nan.copy(),
        p50=nan.copy(),
        p90=nan.copy(),
        within=np.zeros((n_series, len(parameters.within_days))),
        within_days=parameters.within_days,
        within_lead=np.zeros(n_series),
        exhausted=np.zeros(n_series, dtype=np.bool_),
        current=nan.copy(),
        limit=nan.copy(),
        growth_per_day=nan.copy(),
        growth_since=nan.copy(),
        method=("",) * n_series,
        backtest_score=nan.copy(),
        oversized_by=nan.copy(),
        fan_times=times,
        fan=np.full((n_series, len(parameters.quantiles), times.size), np.nan),
        notes=((),) * n_series,
    )
