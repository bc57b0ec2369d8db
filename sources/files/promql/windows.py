"""Windows over flat samples: for each series and step, the samples between two positions.

Work is done in blocks of series, so memory follows the block and not the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sources.files.promql.context import Context
from sources.files.promql.select import RangeVector
from sources.files.promql.values import Bools, Vector, refuse_too_large
from sources.files.store import Floats, Ints, Samples

BLOCK_WINDOWS = 500_000  # windows in one block: some 40 MB of working arrays
BLOCK_CELLS = 2_000_000  # samples in one block of windows that are looked at sample by sample
Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of one block: samples `low[n]` up to, not including, `high[n]`, and what their selector asked for.

    All arrays are flat: `n` is series times steps. Samples are never NaN, but those of a subquery may be (0 / 0).
    """

    samples: Samples
    low: Ints
    high: Ints
    start: Ints  # [n] milliseconds: where the window begins ...
    end: Ints  # [n] ... and ends
    at: Ints  # [n] milliseconds: the step itself, which is not where the window ends with `offset` or `@`

    @property
    def count(self) -> Ints:
        """How many samples each window has, `[n]`."""
        return self.high - self.low

    def where(self, chosen: Bools) -> Windows:
        """Some of the windows."""
        flat = (self.low, self.high, self.start, self.end, self.at)
        return Windows(self.samples, *(one[chosen] for one in flat))

    def reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        """A ufunc over `values[n_samples]` within each window, `[n]`; no window may be empty."""
        if not self.low.size:
            return np.empty(0)
        bounds = np.empty(2 * self.low.size, dtype=np.int64)
        bounds[0::2], bounds[1::2] = self.low, self.high
        reduced: Floats = ufunc.reduceat(np.append(values, 0.0), bounds)[::2]
        return reduced

    def spread(self) -> Iterator[Spread]:
        """The windows' samples one after the other, in blocks; no window may be empty."""
        total = np.cumsum(self.count)
        begin = 0
        while begin < self.low.size:
            before = int(total[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(total, before + BLOCK_CELLS, side="right")))
            part = slice(begin, end)
            count = self.count[part]
            starts = total[part] - count - before
            index = np.arange(int(count.sum())) + np.repeat(self.low[part] - starts, count)
            yield Spread(part, count, starts, index)
            begin = end


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A block of windows whose samples lie one after the other.

    `count[k]` and `starts[k]` are per window, `index[m]` (into the samples) per cell. A sum here depends on the window
    alone and not on the block that it is in, to the last bit.
    """

    part: slice  # which of the windows
    count: Ints
    starts: Ints
    index: Ints

    def sum(self, cells: Floats) -> Floats:
        """The sum of `cells[m]` within each window, `[k]`."""
        total: Floats = np.add.reduceat(cells, self.starts)
        return total

    def repeat(self, values: NDArray[Number]) -> NDArray[Number]:
        """`values[k]` of each window for each of its cells, `[m]`."""
        return np.repeat(values, self.count)


Kernel = Callable[[Windows], Floats]


def over_windows(context: Context, ranges: RangeVector, kernel: Kernel, *, least: int = 1) -> Vector:
    """A kernel over every window with at least so many samples; the others are not present."""
    steps = len(ranges.ends)
    refuse_too_large(len(ranges.rows), steps)
    values = np.full((len(ranges.rows), steps), np.nan)
    present = np.zeros(values.shape, dtype=bool)
    height = max(1, BLOCK_WINDOWS // max(steps, 1))
    for begin in range(0, len(ranges.rows), height):
        part = slice(begin, begin + height)
        windows = _windows(context, ranges, part)
        enough = windows.count >= least
        flat = np.full(enough.size, np.nan)
        with np.errstate(all="ignore"):
            flat[enough] = kernel(windows.where(enough))
        values[part] = flat.reshape(-1, steps)
        present[part] = enough.reshape(-1, steps)
    return Vector(ranges.metrics, values, present)


def _windows(context: Context, ranges: RangeVector, part: slice) -> Windows:
    rows = ranges.rows[part]
    low = ranges.samples.position(rows, ranges.starts, including=context.left_open)
    high = ranges.samples.position(rows, ranges.ends, including=True)
    low = np.maximum(low, ranges.samples.first(rows)[:, None])
    high = np.maximum(high, low)
    shape = low.shape
    start = np.broadcast_to(ranges.starts, shape).ravel()
    end = np.broadcast_to(ranges.ends, shape).ravel()
    at = np.broadcast_to(context.times, shape).ravel()
    return Windows(ranges.samples, low.ravel(), high.ravel(), start, end, at)
