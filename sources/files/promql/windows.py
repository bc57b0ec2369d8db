"""Windows over flat samples: for each series and step, the samples between two positions.

Work is done in blocks of series, so memory follows the block and not the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sources.files.promql.context import Context
from sources.files.promql.select import RangeVector
from sources.files.promql.values import Bools, Vector, refuse_too_large
from sources.files.store import Floats, Ints, Samples

BLOCK_WINDOWS = 500_000  # windows in one block: some 40 MB of working arrays
BLOCK_CELLS = 4_000_000  # samples in one block of windows that are laid out side by side


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of one block: samples `low[n]` up to, not including, `high[n]`, and what their selector asked for.

    All arrays are flat: `n` is series times steps. Values are never NaN.
    """

    samples: Samples
    low: Ints
    high: Ints
    start: Ints  # [n] milliseconds: where the window begins ...
    end: Ints  # [n] ... and ends

    @property
    def count(self) -> Ints:
        """How many samples each window has, `[n]`."""
        return self.high - self.low

    def where(self, chosen: Bools) -> Windows:
        """Some of the windows."""
        return Windows(self.samples, self.low[chosen], self.high[chosen], self.start[chosen], self.end[chosen])

    def reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        """A ufunc over `values[n_samples]` within each window, `[n]`; no window may be empty."""
        if not self.low.size:
            return np.empty(0)
        bounds = np.empty(2 * self.low.size, dtype=np.int64)
        bounds[0::2], bounds[1::2] = self.low, self.high
        reduced: Floats = ufunc.reduceat(np.append(values, 0.0), bounds)[::2]
        return reduced

    def laid_out(self) -> Iterator[tuple[slice, Ints, Bools]]:
        """Windows side by side, in blocks: which, `index[k, widest]` of their samples, and which cells are theirs."""
        widest = int(self.count.max(initial=1))
        height = max(1, BLOCK_CELLS // widest)
        last = max(self.samples.values.size - 1, 0)
        for begin in range(0, self.low.size, height):
            part = slice(begin, begin + height)
            index = self.low[part, None] + np.arange(widest)[None, :]
            yield part, np.minimum(index, last), index < self.high[part, None]


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
    return Windows(ranges.samples, low.ravel(), high.ravel(), start, end)
