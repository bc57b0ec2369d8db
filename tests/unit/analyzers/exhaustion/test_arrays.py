"""Array work that knows of gaps says what plain numpy says, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.exhaustion.arrays import (
    LONG_ROW,
    centred_mean,
    fill_forward,
    last_true,
    nan_median,
    nan_quarter,
    trailing_mean,
    white_noise,
)


@pytest.mark.parametrize("size", [1, 2, 7, 24, LONG_ROW - 1, LONG_ROW, LONG_ROW + 501])
@pytest.mark.parametrize("lost", [0.0, 0.02, 0.7])
def test_a_median_is_that_of_what_was_seen(size: int, lost: float) -> None:
    rng = np.random.default_rng(size)
    values = rng.normal(size=(9, 2, size))
    values[rng.uniform(size=values.shape) < lost] = np.nan
    values[3, 0] = np.nan

    found = nan_median(values)

    seen = ~np.isnan(values).all(axis=-1)
    np.testing.assert_allclose(found[seen], np.nanmedian(values[seen], axis=-1), rtol=1e-12)
    assert np.isnan(found[~seen]).all()


def test_of_nothing_there_is_no_median() -> None:
    assert nan_median(np.empty((0, 5))).shape == (0,)
    assert np.isnan(nan_median(np.empty((3, 0)))).all()


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=5), st.integers(0, 8))
def test_the_last_flags_come_newest_first(rows: list[list[bool]], count: int) -> None:
    found = last_true(np.array(rows), count)

    for row, at in zip(rows, found.tolist(), strict=True):
        bins = [i for i in reversed(range(6)) if row[i]][:count]
        assert at == bins + [-1] * (count - len(bins))


@pytest.mark.parametrize("lost", [0.0, 0.3])
def test_a_quarter_of_what_was_seen_is_below_the_lower_quarter(lost: float) -> None:
    rng = np.random.default_rng(3)
    values = rng.permuted(np.tile(np.arange(401.0), (5, 1)), axis=1)
    values[rng.uniform(size=values.shape) < lost] = np.nan
    values[4] = np.nan

    found = nan_quarter(values)

    for row, quarter in zip(values[:4], found[:4], strict=True):
        seen = row[~np.isnan(row)]
        assert np.count_nonzero(seen < quarter) == (seen.size - 1) // 4
    assert np.isnan(found[4])


def test_noise_is_told_whatever_it_lies_on() -> None:
    rng = np.random.default_rng(4)
    bins = np.arange(2000.0)
    below = np.stack([0 * bins, 0.5 * bins, 30 * np.sin(bins / 40), bins % 4 * 10])  # the last: teeth of four bins

    found = white_noise(below + rng.normal(0, 0.3, below.shape))

    np.testing.assert_allclose(found[:3], 0.3, rtol=0.15)
    assert found[3] < 0.8  # by the tips alone, more than ten


def test_where_too_little_was_seen_there_is_no_noise() -> None:
    assert white_noise(np.array([[1.0, 2.0]])).tolist() == [0.0]
    assert white_noise(np.array([[1.0, np.nan, 2.0, np.nan]])).tolist() == [0.0]


@pytest.mark.parametrize("lost", [0.0, 0.4])
@pytest.mark.parametrize("width", [1, 2, 5, 24, 90])
def test_a_running_mean_is_that_of_what_was_seen_in_its_window(width: int, lost: float) -> None:
    rng = np.random.default_rng(width)
    values = rng.normal(size=(4, 40))
    values[rng.uniform(size=values.shape) < lost] = np.nan

    trailing, centred = trailing_mean(values, width), centred_mean(values, width)

    for i in range(40):
        for found, begin in ((trailing, i + 1 - width), (centred, i - width // 2)):
            window = values[:, max(begin, 0) : begin + width]
            seen = ~np.isnan(window).all(axis=1)
            np.testing.assert_allclose(found[seen, i], np.nanmean(window[seen], axis=1), rtol=1e-9, atol=1e-12)
            assert np.isnan(found[~seen, i]).all()


def test_a_gap_is_filled_with_the_value_before_it() -> None:
    nan = np.nan
    values = np.array([[nan, 1, nan, nan, 2], [3, 4, 5, 6, 7], [nan, nan, nan, nan, nan]])

    filled = fill_forward(values)

    np.testing.assert_array_equal(filled, [[1, 1, 1, 1, 2], [3, 4, 5, 6, 7], [nan, nan, nan, nan, nan]])
    assert np.isnan(values[0, 0])
