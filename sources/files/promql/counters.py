"""Functions of how samples change within a window: `rate`, `increase`, `delta`, `irate`, `deriv` and their kin.

The rules are Prometheus' own (promql/functions.go: extrapolatedRate, instantValue, linearRegression): what a counter
lost in a reset is added back, and the change is extrapolated to the edges of the window unless they lie too far off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sources.files.promql.context import Context, Dialect
from sources.files.promql.windows import Kernel, Windows
from sources.files.store import Floats

TOO_FAR = 1.1  # average distances between samples: an edge farther off than this is not extrapolated to


def change_kernel(*, counter: bool, per_second: bool) -> Callable[[Context], Kernel]:
    """`rate` (a counter, per second), `increase` (a counter) or `delta` (a gauge)."""

    def for_context(context: Context) -> Kernel:
        def kernel(windows: Windows) -> Floats:
            change = _change(windows, counter=counter)
            factor = _stretch(context, windows, change, counter=counter)
            if per_second:
                factor /= (windows.end - windows.start) / 1_000
            return change * factor

        return kernel

    return for_context


def instant_kernel(*, counter: bool) -> Kernel:
    """`irate` (a counter, per second) or `idelta` (a gauge): the last two samples alone."""

    def kernel(windows: Windows) -> Floats:
        values, times = windows.samples.values, windows.samples.times
        last, before = windows.high - 1, windows.high - 2
        change = values[last] - values[before]
        if not counter:
            return change
        reset = values[last] < values[before]
        return np.where(reset, values[last], change) / ((times[last] - times[before]) / 1_000)

    return kernel


def slope_kernel() -> Kernel:
    """`deriv`: the slope per second of the least-squares line."""

    def kernel(windows: Windows) -> Floats:
        return _line(windows)[0]

    return kernel


def ahead_kernel(seconds: Kernel) -> Kernel:
    """`predict_linear`: where the least-squares line is so many `seconds`, of each window, after its step."""

    def kernel(windows: Windows) -> Floats:
        slope, last = _line(windows)
        return slope * (seconds(windows) + (windows.at - windows.end) / 1_000) + last

    return kernel


def _change(windows: Windows, *, counter: bool) -> Floats:
    """Last less first sample of each window, and what was lost in resets."""
    values = windows.samples.values
    change: Floats = values[windows.high - 1] - values[windows.low]
    if counter:
        lost = np.zeros(len(values))  # between a sample and the one before it
        lost[1:] = np.where(values[1:] < values[:-1], values[:-1], 0.0)
        change = change + replace(windows, low=windows.low + 1).reduce(np.add, lost)
    return change


def _stretch(context: Context, windows: Windows, change: Floats, *, counter: bool) -> Floats:
    """By how much each change is to be extrapolated."""
    samples = windows.samples
    first, last = samples.times[windows.low], samples.times[windows.high - 1]
    to_start = (first - windows.start) / 1_000
    to_end = (windows.end - last) / 1_000
    sampled = (last - first) / 1_000
    average = sampled / (windows.count - 1)
    far = average * TOO_FAR
    to_zero = np.full(len(change), np.inf)
    if counter:
        value = samples.values[windows.low]
        falls_to_zero = (change > 0) & (value >= 0)
        to_zero = np.where(falls_to_zero, sampled * (value / change), np.inf)
    if context.dialect is Dialect.PROMETHEUS_2:
        to_start = np.minimum(to_start, to_zero)
        to_start = np.where(to_start < far, to_start, average / 2)
    else:
        to_start = np.minimum(np.where(to_start < far, to_start, average / 2), to_zero)
    to_end = np.where(to_end < far, to_end, average / 2)
    stretch: Floats = (sampled + to_start + to_end) / sampled
    return stretch


def _line(windows: Windows) -> tuple[Floats, Floats]:
    """Slope per second and value at the end of each window's least-squares line, `[n]` both."""
    slope, last = np.empty(windows.low.size), np.empty(windows.low.size)
    samples = windows.samples
    for block in windows.spread():
        part = block.part
        values = samples.values[block.index]
        seconds = (samples.times[block.index] - block.repeat(windows.end[part])) / 1_000
        mean_time, mean_value = block.sum(seconds) / block.count, block.sum(values) / block.count
        centred = seconds - block.repeat(mean_time)
        slope[part] = block.sum(centred * (values - block.repeat(mean_value))) / block.sum(centred**2)
        last[part] = mean_value - slope[part] * mean_time
    return slope, last


CHANGES: Mapping[str, Callable[[Context], Kernel]] = {
    "rate": change_kernel(counter=True, per_second=True),
    "increase": change_kernel(counter=True, per_second=False),
    "delta": change_kernel(counter=False, per_second=False),
    "irate": lambda _: instant_kernel(counter=True),
    "idelta": lambda _: instant_kernel(counter=False),
    "deriv": lambda _: slope_kernel(),
}
