"""What people use today, in numpy: lines through the raw samples, and robust lines through the daily 95th percentile.

All get the usage as it is: a counter as its increase, a free amount turned upward.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyzers.exhaustion.pressure import increase
from benchmarks.exhaustion.generator import DAY, History
from benchmarks.exhaustion.parts import HORIZON, Floats
from benchmarks.exhaustion.scoring import COLUMNS, Answers, Figures
from domain.watch import Direction, Measure

Line = Callable[[Floats, Floats], tuple[float, float]]


def upward(history: History) -> tuple[Floats, Floats, float]:
    """Days from now, values and limit of a history, turned so that it runs out upward; only what was seen."""
    values = increase(history.values[None, :])[0][0] if history.measure is Measure.COUNTER else history.values
    sign = 1.0 if history.direction is Direction.UP else -1.0
    days = (np.arange(values.size) - values.size + 1) * history.step / DAY
    seen = ~np.isnan(values)
    return days[seen], sign * values[seen], sign * float(history.limits[-1])


def predict_linear(window_days: float) -> Callable[[History], float]:
    """Least squares over the window's raw samples, as Prometheus' `predict_linear` does: one sample tells nothing."""

    def date(history: History) -> float:
        days, values, limit = upward(history)
        chosen = days >= -window_days
        if np.count_nonzero(chosen) < 2:
            return np.nan
        slope, level = np.polyfit(days[chosen], values[chosen], 1)
        return crossing(float(level), float(slope), limit)

    return date


def daily_theil_sen(window_days: int, share: float = 95.0) -> Callable[[History], float]:
    """The median of all slopes between the daily percentiles of the window (Theil 1950, Sen 1968)."""

    def date(history: History) -> float:
        days, values, limit = upward(history)
        back = np.floor(-days).astype(int)
        points = [(-k - 0.5, np.percentile(values[back == k], share)) for k in range(window_days) if (back == k).any()]
        t, y = np.array(points).T
        first, second = np.triu_indices(t.size, 1)
        slope = float(np.median((y[first] - y[second]) / (t[first] - t[second]))) if t.size > 1 else 0.0
        return crossing(float(np.median(y - slope * t)), slope, limit)

    return date


def crossing(level: float, slope: float, limit: float) -> float:
    """The day on which a line meets the limit; NaN where it does not within the horizon."""
    if level >= limit:
        return 0.0
    if slope <= 0:
        return float("nan")
    days = (limit - level) / slope
    return days if days <= HORIZON else float("nan")


BASELINES: dict[str, Callable[[History], float]] = {
    "predict_linear_7d": predict_linear(7),
    "predict_linear_14d": predict_linear(14),
    "daily_p95_theil_sen_14d": daily_theil_sen(14),
}


def _quoted(*figures: float) -> Figures:
    """Figures as they stand in BASELINES.md; the last one is series per second."""
    return dict(zip((*COLUMNS, "series_per_s"), figures, strict=True))


NO = float("nan")
QUOTED = {  # on the open sample
    "mstl_autoets (quoted)": _quoted(
        0.816, 0.815, 0.000, 0.000, 1.021, 0.594, 0.273, 0.682, 0.773, 11.73, 0.071, 0.119, 1.7
    ),
    "autoets_dailymax (quoted)": _quoted(
        0.731, 0.814, 4.412, 4.412, 1.773, 1.135, 0.318, 0.591, 0.636, 6.000, 0.111, 0.127, 8.7
    ),
    "median of five (quoted)": _quoted(
        0.826, 0.843, 0.000, 0.000, 1.740, 0.720, 0.295, 0.682, NO, NO, 0.064, 0.103, 1.4
    ),
    "best for each kind (quoted)": _quoted(
        0.894, 0.874, 0.000, 0.000, 1.966, 1.356, 0.273, 0.682, NO, NO, 0.040, 0.087, NO
    ),
}


def baseline_answers(histories: list[History], method: Callable[[History], float]) -> Answers:
    """A baseline's dates; it knows no interval and no probability but yes and no."""
    date = np.array([method(history) for history in histories])
    nothing = np.full(date.size, np.nan)
    return Answers(date, nothing, nothing, (date <= 14).astype(np.float64), (date <= 30).astype(np.float64))
