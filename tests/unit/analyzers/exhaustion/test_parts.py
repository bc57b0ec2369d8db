"""Jumps, smoothing and what else the analysis is put together from: right up to the edges of a series."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.jumps import jumps
from tests.fixtures.exhaustion import noise

LINE = np.arange(60.0)


@pytest.mark.parametrize("slope", [1.0, -1.0, 0.001, 0.0])
def test_a_line_without_noise_has_no_jump_at_either_end(slope: float) -> None:
    late = np.r_[np.full(20, np.nan), LINE[20:]]

    assert not jumps(slope * np.stack([LINE, late])).any()


@pytest.mark.parametrize("at", [3, 30, 57])
def test_a_jump_on_a_line_is_told_by_its_size_and_place(at: int) -> None:
    values = LINE + 40.0 * (LINE >= at)

    size = jumps(values[None, :])[0]

    assert np.flatnonzero(size).tolist() == [at]
    assert size[at] == pytest.approx(40, abs=1.5)


def test_a_jump_in_noise_is_told_where_it_is() -> None:
    values = noise(1, 60, 0.5) + 10.0 * (LINE >= 40)

    size = jumps(values[None, :])[0]

    assert np.flatnonzero(size).tolist() == [40]


@pytest.mark.parametrize("slope", [1.0, -1.0])
def test_the_upper_edge_of_a_line_is_a_line_to_its_end(slope: float) -> None:
    hours = np.arange(24.0 * 14)

    top = envelope(1000 + slope * hours[None, :], 3600.0).top[0]

    np.testing.assert_allclose(np.diff(top[8:]), 6 * slope, atol=1e-6)
