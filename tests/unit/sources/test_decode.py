"""Samples become numbers, one series at a time or many at once, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sources.prometheus import decode
from sources.prometheus.decode import blocks, decode_block, decode_samples

START = 1_795_000_000


def text_of(values: list[str], start: float = START, step: float = 60) -> bytes:
    return (
        "[" + ",".join(f'[{start + index * step:.10g},"{value}"]' for index, value in enumerate(values)) + "]"
    ).encode()


@pytest.fixture
def by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks too go through arrays."""
    monkeypatch.setattr(decode, "SMALL_BYTES", 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", math.nan),
        ("+Inf", math.inf),
        ("-Inf", -math.inf),
        ("0", 0.0),
        ("5e-324", 5e-324),
        ("1.7976931348623157e+308", 1.7976931348623157e308),
        ("1e+21", 1e21),
        ("1e-07", 1e-7),
        ("-0.25", -0.25),
        ("0.0013888888888888889", 0.0013888888888888889),
    ],
)
def test_every_form_of_number_is_read(text: str, value: float) -> None:
    samples = decode_samples(text_of([text]))

    np.testing.assert_array_equal(samples, [[START, value]])


def test_times_may_be_broken_numbers() -> None:
    assert decode_samples(b'[[1795327800.123,"1"]]').tolist() == [[1795327800.123, 1.0]]


def test_a_sample_without_its_value_is_refused() -> None:
    with pytest.raises(ValueError, match="without its value"):
        decode_samples(b'[[1795327800,"1"],[1795327860]]')


ORDINARY = ["1", "12.5", "123456.789", "0.000001", "-3", "-0.5", "99999999", "100000000", "12345678.9", "0", "1.5"]
LONG = ["123456789012345", "1234567890.12345", "0.12345678901234", "-123456789.123456", "1234567.8901234"]
UNUSUAL = ["NaN", "+Inf", "-Inf", "1e+21", "5e-324", "1234567890123456", "0.12345678901234567", "-1234567890.1234567"]


@pytest.mark.usefixtures("by_columns")
@pytest.mark.parametrize("values", [ORDINARY, [*ORDINARY, *LONG], [*ORDINARY * 4, *LONG * 4, *UNUSUAL]])
def test_many_at_once_give_the_same_bits_as_one_by_one(values: list[str]) -> None:
    texts = [text_of(values), b"[]", text_of(values[::-1]), text_of(values[:1])]

    samples = decode_block(texts)

    expected = np.concatenate([decode_samples(text) for text in texts])
    np.testing.assert_array_equal(samples.times, expected[:, 0])
    np.testing.assert_array_equal(samples.values, expected[:, 1])
    assert samples.counts.tolist() == [len(values), 0, len(values), 1]


GRID = np.linspace(START, START + 60 * (len(ORDINARY) - 1), len(ORDINARY))


@pytest.mark.usefixtures("by_columns")
def test_times_between_the_first_and_the_last_are_not_read_where_all_samples_are_there() -> None:
    texts = [text_of(ORDINARY), text_of(ORDINARY[::-1])]

    samples = decode_block(texts, GRID)

    assert samples.times is None
    np.testing.assert_array_equal(samples.values, np.concatenate([decode_samples(text)[:, 1] for text in texts]))


@pytest.mark.usefixtures("by_columns")
@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([text_of(ORDINARY), text_of(ORDINARY[1:], START + 60)], id="one begins later"),
        pytest.param([text_of(ORDINARY), text_of(ORDINARY[:-1])], id="one ends earlier"),
        pytest.param([text_of(ORDINARY, START + 60)], id="as many, a step later"),
        pytest.param([text_of(ORDINARY, step=61)], id="as many, further apart"),
        pytest.param([text_of([*ORDINARY, "1"]), text_of(ORDINARY[:-1])], id="right in sum only"),
    ],
)
def test_every_time_is_read_where_a_series_has_other_samples_than_were_asked_for(texts: list[bytes]) -> None:
    samples = decode_block(texts, GRID)

    assert samples.times is not None
    np.testing.assert_array_equal(samples.times, np.concatenate([decode_samples(text)[:, 0] for text in texts]))


@pytest.mark.usefixtures("by_columns")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'[[1795327800.123,"1"],[1795327860.123,"2"]]', id="broken times"),
        pytest.param(b'[[795327800,"1"],[795327860,"2"]]', id="before 2001"),
        pytest.param(b'[[1795327800, "1"], [1795327860, "2"]]', id="spaces"),
        pytest.param(b"[[1795327800,1],[1795327860,2.5]]", id="bare numbers"),
        pytest.param(b'[[1795327800,1],[1795327860,"2.5"]]', id="some bare numbers"),
        pytest.param(b'[["1795327800",1],["1795327860","2.5"]]', id="times as text"),
    ],
)
def test_what_is_unusual_goes_the_careful_way(text: bytes) -> None:
    samples = decode_block([text, text])

    assert samples.counts.tolist() == [2, 2]
    assert samples.times is not None
    np.testing.assert_array_equal(samples.times[:2], decode_samples(text)[:, 0])
    np.testing.assert_array_equal(samples.values[2:], decode_samples(text)[:, 1])


@pytest.mark.usefixtures("by_columns")
@pytest.mark.parametrize(
    "value", ["", ".", "-", "1.2.3", "12a", "1/2", "--1", "1-", "0x10", "1_000", "12:3", "１２", " 1", "1e", "nope"]
)
def test_what_is_no_number_is_refused_both_ways(value: str) -> None:
    text = text_of([*ORDINARY, value])

    with pytest.raises(ValueError, match=r"."):
        decode_samples(text)
    with pytest.raises(ValueError, match=r"."):
        decode_block([text])


@pytest.mark.usefixtures("by_columns")
def test_brackets_that_were_moved_about_are_not_taken_for_samples() -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_block([b'[[1795327800,"1"],"2"],[[1795327860,"3"]]'[:17] + b',{"a":[1795327860,"3"]}]'])


def test_blocks_cover_every_text_once_and_are_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "BLOCK_BYTES", 100)
    lengths = [30, 30, 30, 30, 250, 10, 10]

    cut = list(blocks(lengths))

    assert [index for part in cut for index in range(part.start, part.stop)] == list(range(len(lengths)))
    assert [(part.start, part.stop) for part in cut] == [(0, 4), (4, 5), (5, 7)]


def test_no_texts_give_no_samples() -> None:
    samples = decode_block([])

    assert samples.times is not None
    assert (len(samples.counts), len(samples.times), len(samples.values)) == (0, 0, 0)
