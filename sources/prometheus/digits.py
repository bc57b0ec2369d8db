"""Decimal numbers in text, many at once: eight digits in one machine word, a few operations for all words of a block.

The method is the digit parser "SIMD within a register" of Lemire and Mula, written on arrays: neighbouring digits are
joined to numbers below 100, these to numbers below 10,000, these to numbers below 100,000,000. A word holds its first
character in its lowest byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

PADDING = 16  # bytes that must lie before the end of the first number: words are read up to its last digit
EXACT_DIGITS = 15  # whole numbers of so many digits, and the powers of ten up to there, are exact in a float64

_POWERS = 10.0 ** np.arange(EXACT_DIGITS + 1)
_EACH = 0x0101010101010101
_ZEROS = np.uint64(0x30 * _EACH)
_POINTS = np.uint64((ord(".") ^ 0x30) * _EACH)
_ONES = np.uint64(_EACH)
_BRACKET, _COMMA = np.uint64(ord("[") ^ 0x30), np.uint64(ord(",") ^ 0x30)
_LOWEST_BYTE = np.uint64(0xFF)
_ABOVE_NINE = np.uint64(0x76 * _EACH)  # carries into a byte's highest bit when it is more than nine
_HIGH_BITS = np.uint64(0x80 * _EACH)
_COUNT_AFTER = np.uint64(0x0706050403020100)  # times 256**k: how many bytes are above byte k, in the highest byte


def words_of(text: bytes) -> Words:
    """`words[i]` is the eight bytes from `text[i]` on. A view: nothing is copied."""
    return np.ndarray((len(text) - 7,), dtype="<u8", buffer=text, strides=(1,))


def ten_digits(words: Words, end: Positions) -> tuple[Words, bool]:
    """The whole numbers of ten digits at `text[end - 10:end]`, and whether all are a bracket, ten digits, a comma."""
    head, tail = words[end - 11] ^ _ZEROS, words[end - 7] ^ _ZEROS
    low = tail << np.uint64(8)  # seven digits; the comma falls out at the end
    high = (head << np.uint64(32)) & np.uint64(0xFFFFFF0000000000)  # three digits
    framed = ((head & _LOWEST_BYTE) == _BRACKET) & ((tail >> np.uint64(56)) == _COMMA)
    return _joined(high) * np.uint64(10_000_000) + _joined(low), bool(
        (framed & _only_digits(low) & _only_digits(high)).all()
    )


def decimals(words: Words, begin: Positions, end: Positions) -> tuple[NDArray[np.float64], Flags]:
    """The numbers without sign at `text[begin:end]`, and whether each is right to the last bit.

    Where it is not (more than 15 digits, none at all, exponents, `NaN`), the value means nothing.
    """
    length = end - begin
    low, low_point = _without_point(_kept(words, end, length))
    after = _bytes_above(low_point)
    if length.size and int(length.max()) > 8:
        return _of_two_words(words, end, length, low, low_point)
    digits = length - (low_point != 0)
    good = (digits >= 1) & _only_digits(low)
    return _joined(low).astype(np.float64) / _POWERS[after], good


def _of_two_words(
    words: Words, end: Positions, length: Positions, low: Words, low_point: Words
) -> tuple[NDArray[np.float64], Flags]:
    """As `decimals`, for numbers of up to 16 characters; `low` are the last eight of each, without the point."""
    whole_high = _kept(words, end - 8, np.maximum(length - 8, 0))
    high, high_point = _without_point(whole_high)
    moved = low_point != 0  # the point was among the last eight: all before it moves up by one
    low = np.where(moved, low | (whole_high >> np.uint64(56)), low)
    high = np.where(moved, whole_high << np.uint64(8), high)
    high_has_point = high_point != 0
    after = np.where(high_has_point, _bytes_above(high_point) + 8, _bytes_above(low_point))
    digits = length - moved - high_has_point
    good = (digits >= 1) & (digits <= EXACT_DIGITS) & (length <= 16) & _only_digits(low) & _only_digits(high)
    mantissa = (_joined(high) * np.uint64(100_000_000) + _joined(low)).astype(np.float64)
    return mantissa / _POWERS[np.minimum(after, EXACT_DIGITS)], good


def _kept(words: Words, end: Positions, length: Positions) -> Words:
    """The last `length` (at most eight) characters before `end`, less the character 0; what is before them is 0."""
    unused = (64 - 8 * np.minimum(length, 8)).astype(np.uint64)  # a shift by 64 gives zero in numpy
    return ((words[end - 8] ^ _ZEROS) >> unused) << unused


def _without_point(characters: Words) -> tuple[Words, Words]:
    """The words with their point taken out, what was before it moved up by one; and 128 in the point's byte, or 0."""
    other = characters ^ _POINTS
    point = (other - _ONES) & ~other & _HIGH_BITS
    before = (point >> np.uint64(7)) - np.uint64(1)
    closed = ((characters & before) << np.uint64(8)) | (characters & ~((before << np.uint64(8)) | _LOWEST_BYTE))
    return np.where(point != 0, closed, characters), point


def _bytes_above(point: Words) -> Positions:
    """How many bytes are above the marked one; 0 where none is marked."""
    return (((point >> np.uint64(7)) * _COUNT_AFTER) >> np.uint64(56)).astype(np.int64)


def _only_digits(digits: Words) -> Flags:
    flags: Flags = ((digits | (digits + _ABOVE_NINE)) & _HIGH_BITS) == 0
    return flags


def _joined(digits: Words) -> Words:
    digits = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    digits = (digits * np.uint64(100) + (digits >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (digits * np.uint64(10_000) + (digits >> np.uint64(32))) & np.uint64(0x00000000FFFFFFFF)
