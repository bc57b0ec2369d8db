"""Every expert that is no model answers what is asked of all of them, for each of its names."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.experts import DRAWN, NAMES, SILENT, Experts
from analyzers.exhaustion.structure import structure
from tests.fixtures.exhaustion import days_back, noise, parameters

T = days_back(70)[1:]
DAYS = np.arange(1, 241) / 4
HISTORIES = {
    "growth": 30 + 0.8 * (T + 70) + noise(1, T.size, 0.5),
    "rest": 40 + noise(2, T.size, 0.5),
    "teeth": 20 + 40 * (T / 4 % 1) + noise(3, T.size, 0.3),
    "curve": 20 + 60 / (1 + np.exp(-(T + 8) / 4)) + noise(4, T.size, 0.2),
    "month": 30 + 20 * (np.floor(T) % 30 < 3) + noise(5, T.size, 0.2),
    "week": 10 + 30 * (np.floor(T) % 7 < 5) * 1.25 ** np.floor(T / 7 + 10) / 10 + noise(6, T.size, 0.1),
    "young": np.where(T > -6, 50 + noise(7, T.size, 0.5), np.nan),
}
N = len(HISTORIES)


@pytest.fixture(scope="module")
def found() -> Experts:
    values = np.stack(list(HISTORIES.values()))
    return structure(3600.0, values, np.full(values.shape, 95.0), parameters()).experts


def test_names_stand_in_the_order_of_the_experts(found: Experts) -> None:
    assert [name for expert in found.every for name in expert.NAMES] == list(NAMES)
    assert [name for expert in found.drawn for name in expert.NAMES] == list(DRAWN)
    assert set(SILENT) <= set(NAMES)


@pytest.mark.parametrize("at", range(len(Experts._fields)), ids=Experts._fields)
def test_each_answers_for_each_of_its_names(found: Experts, at: int) -> None:
    expert = found.every[at]
    nothing = np.zeros(N, dtype=np.bool_)
    usable = expert.usable(nothing, nothing)
    ahead, off = expert.ahead(DAYS)

    assert usable.shape == expert.pace().shape == (N, len(expert.NAMES))
    assert ahead.shape == off.shape == (N, len(expert.NAMES), DAYS.size)
    assert usable.any()
    assert np.isfinite(ahead[usable]).all()
    assert (off[usable] > 0).all()
    assert np.isfinite(expert.pace()).all()


@pytest.mark.parametrize("at", range(len(Experts._fields)), ids=Experts._fields)
def test_who_is_silent_has_no_pace(found: Experts, at: int) -> None:
    expert = found.every[at]

    for name, pace in zip(expert.NAMES, expert.pace().T, strict=True):
        assert pace.any() == (name not in SILENT)


@pytest.mark.parametrize("at", range(len(Experts._fields) - 2), ids=Experts._fields[1:-1])
def test_what_is_drawn_crosses_ever_more_and_only_where_that_is_worth_it(found: Experts, at: int) -> None:
    expert = found.drawn[at]
    asked = Asked(DAYS, np.full((N, DAYS.size), 95.0), np.full(N, 95.0))
    every = np.ones((N, len(expert.NAMES)), dtype=np.bool_)
    some = every.copy()
    some[::2] = False

    all_told, told = expert.crossed(asked, every), expert.crossed(asked, some)

    assert all_told.shape == (N, len(expert.NAMES), DAYS.size)
    assert (all_told >= 0).all()
    assert (all_told <= 1).all()
    assert (np.diff(all_told, axis=2) >= -1e-12).all()
    np.testing.assert_array_equal(told[some], all_told[some])
    assert not told[~some].any()
