"""When a series reaches its limit if what comes is made of pieces of its past: steps, bursts and pauses as they were.

Source: the moving block bootstrap (Kuensch, 1989) of the changes. It needs no form: where growth comes in steps of any
size at any time, its distribution is that of the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import begun, fill_forward, first_bin, nan_mean, trailing_max
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import reached_on_paths
from analyzers.exhaustion.expert import LITTLE, Asked

PIECE_DAYS = 5.0  # long enough to keep what belongs together, no divisor of a week or a month
PATHS = 48
SLAB = 16  # series whose paths are drawn together: more cost memory (benchmarks/run)
LEAST_PIECES = 2.0  # that a history has to hold


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The past of a batch that pieces are drawn of, without what happened once: `past[n_series, n_bins]`."""

    NAMES: ClassVar[tuple[str, ...]] = ("pieces of the past",)
    LIGHT: ClassVar[float] = LITTLE

    past: Floats
    per_day: float

    def usable(self, _exact: Flags, _clear: Flags, /) -> Flags:
        """Where the history is long enough, `[n_series, 1]`."""
        return enough_for_pieces(self.past, self.per_day)[:, None]

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, 1, n_days]`."""
        reached = np.zeros(asked.limit.shape)
        rows = np.flatnonzero(worth[:, 0])
        reached[rows] = crossed_in_pieces(self.past[rows], self.per_day, asked.limit[rows], asked.days)
        return reached[:, None]

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where they lead on the mean, and how far off that may be, `[n_series, 1, n_days]` each; never NaN."""
        length = _bins(self.per_day)
        values = np.where(begun(self.past), fill_forward(self.past), np.nan)
        change = values[:, length:] - values[:, :-length] if values.shape[1] > length else np.full_like(values, np.nan)
        mean = np.nan_to_num(nan_mean(change))[:, None]
        usual = np.nan_to_num(nan_mean(np.abs(change - mean)))[:, None]
        level = values[:, -1:]
        piece = days * self.per_day / length
        off = usual * np.sqrt(np.maximum(piece, 1 / length)) + 1e-9 * np.abs(level) + 1e-300
        return (level + mean * piece)[:, None], off[:, None]

    def pace(self) -> Floats:
        """How far they lead in a day, `[n_series, 1]`."""
        ahead, _ = self.ahead(np.array([0.0, 1.0]))
        return np.asarray(ahead[:, :, 1] - ahead[:, :, 0], dtype=np.float64)


def enough_for_pieces(top: Floats, per_day: float) -> Flags:
    """Which series are long enough, `[n_series]`."""
    return np.asarray(top.shape[1] - first_bin(top) >= LEAST_PIECES * _bins(per_day) + 1)


def crossed_in_pieces(top: Floats, per_day: float, limit: Floats, days: Floats) -> Floats:
    """The probability that `limit[n_series, n_days]` was crossed by each day, `[n_series, n_days]`.

    `top[n_series, n_bins]` is what pieces are drawn of. The random numbers are the same for every series, so that a
    series' answer does not depend on its batch.
    """
    length = _bins(per_day)
    count = int(np.ceil(days[-1] * per_day / length))
    share = np.tile((np.arange(PATHS) + 0.5) / PATHS, (count, 1))
    drawn = np.random.default_rng(28).permuted(share, axis=1).T  # [n_paths, n_pieces]: each path's places in the past
    at = np.maximum(np.ceil(days * per_day - 1e-9).astype(np.intp), 1)
    piece = np.minimum((at - 1) // length, count - 1)
    values = fill_forward(top)
    reached = np.zeros(limit.shape)
    for low in range(0, top.shape[0], SLAB):
        rows = np.arange(low, min(low + SLAB, top.shape[0]))
        paths = _Paths.drawn(values[rows], first_bin(top[rows]), drawn, length)
        rows = rows[paths.may_reach(limit[rows], piece)]
        if rows.size:
            over = paths.only(rows - low).at(at, piece) >= limit[rows, None, :]
            first = np.where(over.any(axis=2), days[np.argmax(over, axis=2)], np.inf)
            reached[rows] = reached_on_paths(first, days)
    return reached


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """Paths of some series: where in their past each piece begins, and where the path is then.

    `start` and `before` `[n_series, n_paths, n_pieces]`; a bin of `values[n_series, n_bins]` at `start` is `before`
    lower (or higher) than the path there.
    """

    values: Floats
    start: NDArray[np.intp]
    before: Floats
    length: int

    @classmethod
    def drawn(cls, values: Floats, begin: NDArray[np.intp], share: Floats, length: int) -> _Paths:
        """Pieces from `begin[n_series]` on, at the shares `share[n_paths, n_pieces]` of the way."""
        n_bins = values.shape[1]
        room = np.maximum(n_bins - length - begin, 1)[:, None, None]
        start = np.minimum(begin[:, None, None] + (share * room).astype(np.intp), max(n_bins - 1 - length, 0))
        rows = np.arange(values.shape[0])[:, None, None]
        base = values[rows, start]
        gain = values[rows, np.minimum(start + length, n_bins - 1)] - base
        return cls(values, start, np.cumsum(gain, axis=2) - gain + values[:, -1][:, None, None] - base, length)

    def only(self, rows: NDArray[np.intp]) -> _Paths:
        """The paths of some of the series."""
        return _Paths(self.values[rows], self.start[rows], self.before[rows], self.length)

    def may_reach(self, limit: Floats, piece: NDArray[np.intp]) -> Flags:
        """Which series have a piece that may come to the lowest limit of its days, `[n_series]`: others never do.

        So most of a healthy fleet is not drawn out day by day (benchmarks/run).
        """
        edges = np.searchsorted(piece, np.arange(self.start.shape[2]))
        lowest = np.minimum.reduceat(limit, edges, axis=1)
        highest = trailing_max(self.values, self.length + 1)[:, self.length :]
        rows = np.arange(self.values.shape[0])[:, None, None]
        top = highest[rows, np.minimum(self.start, highest.shape[1] - 1)] + self.before
        return np.asarray((top >= lowest[:, None, :]).any(axis=(1, 2)))

    def at(self, bins: NDArray[np.intp], piece: NDArray[np.intp]) -> Floats:
        """Where each path is `bins[n_days]` from now, each in its `piece[n_days]`: `[n_series, n_paths, n_days]`."""
        n_series, n_bins = self.values.shape
        offset = (np.arange(n_series) * n_bins)[:, None, None]
        place = np.minimum(self.start[:, :, piece] + (bins - piece * self.length), n_bins - 1) + offset
        path: Floats = self.values.reshape(-1).take(place)
        path += self.before[:, :, piece]
        return path


def _bins(per_day: float) -> int:
    return max(2, round(PIECE_DAYS * per_day))
