"""Whatever numbers a server may write, decoding by columns gives the same bits as Python's own float()."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sources.prometheus import decode
from sources.prometheus.decode import decode_block
from sources.prometheus.digits import PADDING, decimals, words_of

plain = st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,14})?", fullmatch=True)
as_written = st.floats().map(lambda value: {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value)))
times = st.integers(1_000_000_000, 9_999_999_999)
samples = st.lists(st.tuples(times, st.one_of(plain, as_written)), min_size=1, max_size=30)


@given(st.lists(plain.map(lambda text: text.removeprefix("-")), min_size=1, max_size=50))
def test_numbers_of_up_to_fifteen_digits_are_exact(numbers: list[str]) -> None:
    text = bytes(PADDING) + ",".join(numbers).encode()
    ends = PADDING + np.cumsum([len(number) + 1 for number in numbers]) - 1
    begins = ends - [len(number) for number in numbers]

    values, exact = decimals(words_of(text + bytes(8)), begins, ends)

    digits = np.array([sum(char.isdigit() for char in number) for number in numbers])
    lengths = ends - begins
    np.testing.assert_array_equal(exact, (digits <= 15) & (lengths <= 16))
    np.testing.assert_array_equal(values[exact], np.array([float(number) for number in numbers])[exact])


@given(st.lists(samples, min_size=1, max_size=5))
def test_blocks_give_what_float_gives(series: list[list[tuple[int, str]]]) -> None:
    texts = [("[" + ",".join(f'[{t},"{v}"]' for t, v in one) + "]").encode() for one in series]

    with patch.object(decode, "SMALL_BYTES", 0), patch.object(decode, "MOST_UNUSUAL", 1.0):
        block = decode_block(texts)

    flat = [sample for one in series for sample in one]
    np.testing.assert_array_equal(block.values, [float(value) for _, value in flat])
    np.testing.assert_array_equal(block.times, [moment for moment, _ in flat])
    assert block.counts.tolist() == [len(one) for one in series]
