"""Samples as Prometheus writes them, to numbers.

Two ways give the same bits. `decode_samples` takes one series through a JSON decoder, flattened to one list, which is
several times as fast as a list of pairs. `decode_block` takes many series at once through arrays, which takes half of
that again and lets other threads work meanwhile; whatever is unusual in a block sends it the first way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from sources.prometheus.digits import PADDING, Positions, Words, decimals, ten_digits, words_of

BLOCK_BYTES = 1 << 18  # text decoded at once: its arrays fit the cache, and are small enough to be used again
SMALL_BYTES = 1 << 15  # below this the first way is the faster one
LONGEST_VALUE = 18  # characters of a sign, 15 digits, a point and a quote: what is longer is unusual
MOST_UNUSUAL = 0.25  # share of values beyond which the first way is the faster one

_NUMBERS = msgspec.json.Decoder(list[float], strict=False)
# Brackets go, so that pairs become one flat list. "+" goes, as "+Inf" is no number to the decoder; "1e+21" needs none.
_FLATTENED = b"[]+"
_QUOTE, _OPEN, _CLOSE, _MINUS = b'"[]-'


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The samples of some series, one series after the other."""

    counts: NDArray[np.int64]  # [n_series]
    times: NDArray[np.float64] | None  # [n_samples], seconds since 1970; None: each series has all that was expected
    values: NDArray[np.float64]  # [n_samples]


def decode_samples(raw: bytes | memoryview) -> NDArray[np.float64]:
    """`[[t, "v"], ...]` as `samples[n, 2]`: seconds since 1970, value. Raises `ValueError` for anything else.

    Numbers come as text: `"NaN"`, `"+Inf"`, `"-Inf"`, `"5e-324"`; times as whole or broken numbers.
    """
    flat = _NUMBERS.decode(b"[" + bytes(raw).translate(None, _FLATTENED) + b"]")
    if len(flat) % 2:
        raise ValueError("a sample without its value")
    return np.array(flat, dtype=np.float64).reshape(-1, 2)


def decode_block(texts: Sequence[bytes | memoryview], expected: NDArray[np.float64] | None = None) -> Samples:
    """Many series, each as `decode_samples` takes it. Raises `ValueError` for what is no list of samples.

    `expected[n_steps]` are the times that were asked for. A source answers with samples at some of them, so a series
    with as many samples, from the first of these times to the last, has them all: the times between are not read,
    which is a quarter of the work (benchmarks/fetch).
    """
    text = bytes(PADDING) + b"".join(texts)
    if len(text) >= SMALL_BYTES:
        samples = _by_columns(text, np.cumsum([len(one) for one in texts]) + PADDING, expected)
        if samples is not None:
            return samples
    decoded = [decode_samples(one) for one in texts]
    together = np.concatenate(decoded) if decoded else np.empty((0, 2))
    return Samples(np.array([len(one) for one in decoded], dtype=np.int64), together[:, 0], together[:, 1])


def blocks(lengths: Sequence[int]) -> Iterator[slice]:
    """Which texts to decode at once: neighbours of about `BLOCK_BYTES` together."""
    begin, size = 0, 0
    for index, length in enumerate(lengths):
        size += length
        if size >= BLOCK_BYTES:
            yield slice(begin, index + 1)
            begin, size = index + 1, 0
    if begin < len(lengths):
        yield slice(begin, len(lengths))


def _by_columns(text: bytes, ends: Positions, expected: NDArray[np.float64] | None) -> Samples | None:
    """All samples of a block through arrays; None when it has anything but `[seconds, "number"]`.

    The JSON decoder has seen that brackets and quotes match; a time that is read must be ten digits and a comma.
    """
    characters = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(characters == _QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    pairs = np.count_nonzero(characters == _OPEN) - len(ends)
    if not len(opening) == len(closing) == pairs or not (characters[closing + 1] == _CLOSE).all():
        return None
    if np.count_nonzero(closing - opening > LONGEST_VALUE) > MOST_UNUSUAL * len(opening):
        return None
    words = words_of(text)
    counts = np.diff(np.searchsorted(opening, ends), prepend=0)
    times = None
    if expected is None or not _complete(words, opening, counts, expected):
        whole, regular = ten_digits(words, opening - 1)
        if not regular:
            return None
        times = whole.astype(np.float64)
    signs = characters[opening + 1] == _MINUS
    values, exact = decimals(words, opening + 1 + signs, closing)
    unusual = np.flatnonzero(~exact)
    if len(unusual) > MOST_UNUSUAL * len(values):
        return None
    np.negative(values, out=values, where=signs)
    _correct(text, opening, closing, unusual, values)
    return Samples(counts, times, values)


def _complete(words: Words, opening: Positions, counts: Positions, expected: NDArray[np.float64]) -> bool:
    """Whether each series has as many samples as were expected, the first and the last of them at their times."""
    if not expected.size or not (counts == expected.size).all():
        return False
    edges = opening.reshape(-1, expected.size)[:, [0, -1]]
    times, regular = ten_digits(words, edges.ravel() - 1)
    return regular and bool((times.reshape(-1, 2) == expected[[0, -1]]).all())


def _correct(
    text: bytes, opening: Positions, closing: Positions, which: Positions, values: NDArray[np.float64]
) -> None:
    """Fill in the values that arrays can't tell exactly: `NaN`, `+Inf`, exponents, 16 and more digits."""
    if len(which):
        edges = zip(opening[which].tolist(), closing[which].tolist(), strict=True)
        joined = b",".join(text[low : high + 1] for low, high in edges)
        values[which] = _NUMBERS.decode(b"[" + joined.replace(b"+", b"") + b"]")
