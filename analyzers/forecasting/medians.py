"""Order statistics along short axes, where NaN means unseen.

A sorting network (Batcher, 1968) compares whole slices at once; for up to `NETWORK` items it is several times as fast
as sorting every row, and `np.nanmedian` is slower still.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)

CONSISTENCY = 1.4826  # the standard deviation of a normal variable over its median absolute deviation
NETWORK = 32  # items; longer axes are sorted


@cache
def comparators(size: int) -> tuple[tuple[int, int], ...]:
    """The pairs to compare and exchange, in order, that sort `size` items (Batcher's odd-even merge sort)."""
    pairs: list[tuple[int, int]] = []
    power = 1
    while power < size:
        distance = power
        while distance >= 1:
            for start in range(distance % power, size - distance, 2 * distance):
                for offset in range(min(distance, size - start - distance)):
                    low = start + offset
                    if low // (power * 2) == (low + distance) // (power * 2):
                        pairs.append((low, low + distance))
            distance //= 2
        power *= 2
    return tuple(pairs)


@cache
def needed(size: int, wanted: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """The comparators of `size` items without which the places `wanted` would not be right."""
    live = set(wanted)
    kept: list[tuple[int, int]] = []
    for low, high in reversed(comparators(size)):
        if low in live or high in live:
            kept.append((low, high))
            live |= {low, high}
    return tuple(reversed(kept))


def nan_median(values: NDArray[Real], axis: int) -> NDArray[Real]:
    """The median along `axis` without NaN; NaN where there is nothing else.

    Each NaN gives way to plus and minus infinity in turn, so that the middle stays where it is; only where their
    number is odd does it lie half a place lower.
    """
    moved = np.moveaxis(values, axis, 0)
    size = moved.shape[0]
    if size == 1:
        return np.array(moved[0])
    low, high = size // 2 - 1, size // 2
    unseen = np.isnan(moved)
    if not unseen.any():
        one, other = _at(moved, low, high)
        return np.asarray((one + other) / 2, dtype=values.dtype) if size % 2 == 0 else other
    odd = unseen.copy()  # the first, third, ... unseen one up to here
    for index in range(1, size):  # many times as fast as np.logical_xor.accumulate
        odd[index] ^= odd[index - 1]
    infinity = values.dtype.type(np.inf)
    one, other = _at(np.where(unseen, np.where(odd, infinity, -infinity), moved), low, high)
    single = one if size % 2 == 0 else other
    with np.errstate(invalid="ignore"):
        both = (one + other) / 2
    middle = np.where(odd[-1] == (size % 2 == 1), both, single)
    middle[unseen.all(axis=0)] = np.nan
    return middle


def _at(values: NDArray[Real], low: int, high: int) -> tuple[NDArray[Real], NDArray[Real]]:
    """The slices at two places of `values[n_items, ...]`, were they sorted along the first axis."""
    size = values.shape[0]
    if size > NETWORK:
        ordered = np.sort(np.ascontiguousarray(np.moveaxis(values, 0, -1)), axis=-1)
        return ordered[..., low], ordered[..., high]
    slices = list(values)
    for left, right in needed(size, (low, high)):
        smaller = np.minimum(slices[left], slices[right])
        slices[right] = np.maximum(slices[left], slices[right])
        slices[left] = smaller
    return slices[low], slices[high]


def nan_spread(values: NDArray[Real], axis: int) -> NDArray[Real]:
    """The median absolute deviation along `axis`, as a standard deviation."""
    centre = np.expand_dims(nan_median(values, axis), axis)
    return values.dtype.type(CONSISTENCY) * nan_median(np.abs(values - centre), axis)
