"""Histories through the product's analysis, and what it answered in days from now."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from analyzers.capacity import CapacityParameters, CapacityResult, analyse_capacity
from benchmarks.exhaustion.generator import DAY, History
from benchmarks.exhaustion.parts import HORIZON, Floats
from benchmarks.exhaustion.scoring import Answers

Grouped = dict[tuple[int, str, str], list[int]]


def group(histories: Sequence[History]) -> Grouped:
    """The indices of histories that can be one batch: the same step, direction and measure."""
    groups: Grouped = defaultdict(list)
    for i, history in enumerate(histories):
        groups[history.step, history.direction.value, history.measure.value].append(i)
    return dict(groups)


def parted(histories: Sequence[History], at_once: int = 128) -> Iterator[list[int]]:
    """The indices of all histories, in parts that can each be one batch and are not too large for the memory."""
    for members in group(histories).values():
        for start in range(0, len(members), at_once):
            yield members[start : start + at_once]


def batch(histories: Sequence[History]) -> tuple[Floats, Floats, Floats]:
    """Histories of one group on one grid that ends at their common end: times, values, limits."""
    steps = max(history.values.size for history in histories)
    values = np.full((len(histories), steps), np.nan)
    limits = values.copy()
    for row, history in enumerate(histories):
        values[row, steps - history.values.size :] = history.values
        limits[row, steps - history.limits.size :] = history.limits
    return np.asarray(1_700_000_000.0 + histories[0].step * np.arange(steps), dtype=np.float64), values, limits


def parameters(history: History) -> CapacityParameters:
    """What is asked of histories like this one: sixty days ahead, three days of lead time."""
    return CapacityParameters(
        direction=history.direction,
        measure=history.measure,
        horizon_seconds=HORIZON * DAY,
        lead_seconds=3 * DAY,
        minimum_history_seconds=3 * DAY,
        lower=0.0,
        upper=None,
        capped=False,
    )


def answers(
    histories: Sequence[History], analyse: Callable[..., CapacityResult] = analyse_capacity
) -> tuple[Answers, float]:
    """The answers for every history, in their order, and the seconds that the analysis took."""
    columns = np.full((5, len(histories)), np.nan)
    seconds = 0.0
    for rows in group(histories).values():
        chosen = [histories[i] for i in rows]
        times, values, limits = batch(chosen)
        begin = time.perf_counter()
        result = analyse(times, values, limits, parameters(chosen[0]))
        seconds += time.perf_counter() - begin
        for column, instants in enumerate((result.p50, result.p10, result.p90)):
            columns[column, rows] = np.maximum(instants - times[-1], 0.0) / DAY
        columns[3:, rows] = result.within[:, 1:3].T
    return Answers(*columns), seconds


def truths(histories: Sequence[History]) -> Floats:
    """The true days of every history, NaN where it is not exhausted within the horizon."""
    return np.array([np.nan if history.days is None else history.days for history in histories])
