"""Growth by a share of itself, and growth that speeds up above a base that nobody knows: both are told from lines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.exhaustion.compound import Compound, compound
from analyzers.exhaustion.envelope import envelope
from analyzers.exhaustion.expert import Asked
from analyzers.exhaustion.speeding import Speeding, speeding
from tests.fixtures.exhaustion import days_back, noise

T = days_back(60)
DAYS = np.arange(1, 241) / 4.0
YES = np.array([True])
PER_DAY = 4.0
QUARTERS = np.arange(-60 * 4 + 1, 1) / PER_DAY


def scattered(share: float, seed: int) -> NDArray[np.float64]:
    """A factor that is drawn anew for every day."""
    day = np.floor(T - T[0] + 1e-9).astype(int)
    return np.asarray(np.exp(np.random.default_rng(seed).normal(0, share, day[-1] + 1))[day])


def traffic(percent_a_day: float, base: float = 0.0, share: float = 0.03) -> NDArray[np.float64]:
    """Peaks of 50 now above a base, that grow by so many percent a day, and differ from day to day."""
    load = np.clip(np.sin(2 * np.pi * T), 0, None)
    return np.asarray(base + 50 * np.exp(percent_a_day / 100 * T) * load * scattered(share, 1) + 5)


def by(found: Compound | Speeding, limit: float, day: float) -> float:
    """The probability that the limit is crossed by a day."""
    asked = Asked(DAYS, np.full((1, DAYS.size), limit), np.array([limit]))
    return float(found.crossed(asked, np.array([[True]]))[0, 0, int(np.searchsorted(DAYS, day))])


@pytest.mark.parametrize("base", [0.0, 40.0], ids=["from nothing", "above what is there by night"])
def test_peaks_that_grow_by_a_share_of_themselves_are_known_by_it(base: float) -> None:
    found = compound(envelope(traffic(1.5, base)[None, :], 3600.0), YES)

    assert found.found[0]
    assert found.gain[0] > 1
    assert found.base[0] == pytest.approx(base + 5, abs=5.1)
    assert found.line.slope[0] == pytest.approx(0.015, abs=0.004)
    assert by(found, base + 5 + 50 * np.exp(0.3), 25) > 0.6  # on the twentieth day; a line gets there on the 26th
    assert by(found, base + 5 + 50 * np.exp(0.6), 25) < 0.2


def test_peaks_on_a_line_are_no_better_told_by_a_share() -> None:
    load = np.clip(np.sin(2 * np.pi * T), 0, None)
    line = 5 + (50 + 0.6 * T) * load * scattered(0.03, 2)

    assert compound(envelope(line[None, :], 3600.0), YES).gain[0] < 0.5


def test_where_zero_is_not_nothing_and_no_night_is_quiet_nothing_grows_by_a_share() -> None:
    rising = 50 * np.exp(0.015 * T) + noise(3, T.size, 0.3)
    seen = envelope(np.stack([rising, rising]), 3600.0)

    assert compound(seen, np.array([True, False])).found.tolist() == [True, False]


def test_growth_that_changed_lately_is_that_since_then() -> None:
    rising = 50 * np.exp(0.02 * np.maximum(T, -25) - 0.004 * np.minimum(T + 25, 0)) + noise(4, T.size, 0.2)

    found = compound(envelope(rising[None, :], 3600.0), YES)

    assert found.line.broken[0] == 1
    assert found.line.days[0] == pytest.approx(25, abs=3)
    assert found.line.slope[0] == pytest.approx(0.02, abs=0.003)


def test_a_curve_that_speeds_up_is_dated_whatever_its_base() -> None:
    rising = np.exp(0.03 * QUARTERS)  # 1 now, 2 in 23 days
    ups = np.stack([base + 20 * rising + noise(5, QUARTERS.size, 0.1) for base in (0.0, 500.0, -500.0)])

    found = speeding(ups, PER_DAY)

    assert (found.gain > 3).all()
    assert found.bend() == pytest.approx(0.03, abs=0.006)
    for row, base in enumerate((0.0, 500.0, -500.0)):
        one = speeding(ups[row : row + 1], PER_DAY)
        assert by(one, base + 40, 20) < 0.2
        assert by(one, base + 40, 28) > 0.8


@pytest.mark.parametrize(
    "values",
    [50 + 0.0 * QUARTERS, 60 - 0.4 * QUARTERS, np.full(QUARTERS.size, np.nan)],
    ids=["rest", "a decline", "nothing"],
)
def test_what_does_not_grow_does_not_speed_up(values: NDArray[np.float64]) -> None:
    assert not speeding((values + noise(6, QUARTERS.size, 0.5))[None, :], PER_DAY).found[0]


def test_a_line_speeds_up_by_nothing() -> None:
    found = speeding((50 + 0.5 * QUARTERS + noise(7, QUARTERS.size, 0.5))[None, :], PER_DAY)

    assert found.gain[0] < 0.5
    assert found.pace()[0, 0] == pytest.approx(0.5, abs=0.15)


def test_what_the_last_day_is_off_fades_as_it_did_before() -> None:
    rising = 50 + 20 * np.exp(0.03 * QUARTERS)
    wanders = np.convolve(noise(8, QUARTERS.size + 40, 1.0), np.ones(41) / 6.4, "valid")  # for ten days
    restless = rising + np.repeat(noise(9, QUARTERS.size // 4, 2.0), 4)  # anew every day
    slow, fast = speeding((rising + wanders)[None, :], PER_DAY), speeding(restless[None, :], PER_DAY)

    assert slow.keeps[0] > 0.6 > fast.keeps[0] + 0.2
    assert (fast.lift(np.array([20.0])) > 0).all()
