"""When a series reaches its limit if what comes is made of pieces of its past: steps, bursts and pauses as they were.

Source: the moving block bootstrap (Kuensch, 1989) of the changes. It needs no form: where growth comes in steps of any
size at any time, its distribution is that of the steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import fill_forward, first_bin
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.crossing import reached_on_paths

PIECE_DAYS = 5.0  # long enough to keep what belongs together, no divisor of a week or a month
PATHS = 48
SLAB = 16  # series whose paths fit into the processor's cache together
LEAST_PIECES = 2.0  # that a history has to hold


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
    values, begin = fill_forward(top), first_bin(top)
    first = np.empty((top.shape[0], PATHS))
    for low in range(0, top.shape[0], SLAB):
        rows = slice(low, low + SLAB)
        over = _paths(values[rows], begin[rows], drawn, length, at) >= limit[rows, None, :]
        first[rows] = np.where(over.any(axis=2), days[np.argmax(over, axis=2)], np.inf)
    return reached_on_paths(first, days)


def _paths(values: Floats, begin: NDArray[np.intp], drawn: Floats, length: int, at: NDArray[np.intp]) -> Floats:
    """Where each path is `at` so many bins from now, `[n_series, n_paths, n_at]`.

    Pieces of `length` bins are taken from `begin[n_series]` on, at the shares `drawn[n_paths, n_pieces]` of the way.
    """
    n_series, n_bins = values.shape
    room = np.maximum(n_bins - length - begin, 1)[:, None, None]
    start = begin[:, None, None] + np.floor(drawn * room).astype(np.intp)
    start = np.minimum(start, max(n_bins - 1 - length, 0))
    offset = (np.arange(n_series) * n_bins)[:, None, None]
    last = offset + n_bins - 1
    start += offset
    flat = values.reshape(-1)
    base = flat.take(start)
    gain = flat.take(np.minimum(start + length, last)) - base
    before = np.cumsum(gain, axis=2) - gain + values[:, -1][:, None, None] - base
    piece = np.minimum((at - 1) // length, drawn.shape[1] - 1)
    path: Floats = flat.take(np.minimum(start[:, :, piece] + (at - piece * length), last))
    path += before[:, :, piece]
    return path


def pieces_ahead(top: Floats, per_day: float, days: Floats) -> tuple[Floats, Floats]:
    """Where pieces of the past lead on the mean, and how far off that may be, `[n_series, n_days]` each; finite."""
    length = min(_bins(per_day), top.shape[1] - 1)
    values = fill_forward(top)
    change = values[:, length:] - values[:, :-length] if values.shape[1] > length else np.zeros((top.shape[0], 1))
    mean = change.mean(axis=1, keepdims=True)
    usual = np.abs(change - mean).mean(axis=1, keepdims=True)
    level = values[:, -1:]
    piece = days * per_day / length
    spread = usual * np.sqrt(np.maximum(piece, 1 / length)) + 1e-9 * np.abs(level) + 1e-300
    return level + mean * piece, spread


def _bins(per_day: float) -> int:
    return max(2, round(PIECE_DAYS * per_day))
