"""The measuring of time to exhaustion is itself right: its histories, its figures, its baselines, its pictures."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from analyzers.exhaustion.network import HORIZONS, LEVELS, rising
from benchmarks.exhaustion import learn
from benchmarks.exhaustion.baselines import BASELINES
from benchmarks.exhaustion.generator import FAMILY_KINDS, KINDS, generate
from benchmarks.exhaustion.parts import HORIZON, Floats, full_day, next_record
from benchmarks.exhaustion.pictures import pictures
from benchmarks.exhaustion.scoring import Answers, score
from domain.watch import Direction, Measure


@pytest.mark.parametrize("kind", KINDS)
def test_a_history_has_not_reached_its_limit_and_its_truth_is_when_it_does(kind: str) -> None:
    for history in generate(5, 3, (kind,)):
        limit = history.limits[-1]
        up = history.direction is Direction.UP
        reached = history.future >= limit * (1 - 1e-9) if up else history.future <= limit + 1e-6
        assert history.values.size == history.limits.size
        if history.days is None:
            assert history.measure is Measure.COUNTER or not reached.any()
        else:
            first = (int(np.argmax(reached)) + 1) * history.step / 86400
            assert history.days == pytest.approx(first, abs=history.step / 86400 + 1e-9)


def test_every_kind_is_of_one_family() -> None:
    assert sorted(kind for kinds in FAMILY_KINDS.values() for kind in kinds) == sorted(KINDS)


def test_the_day_to_fill_has_no_step_where_a_horizon_is() -> None:
    rng = np.random.default_rng(1)
    days = np.array([full_day(rng) for _ in range(40_000)])

    for horizon in (14, 30, HORIZON):
        before, after = (np.count_nonzero((days >= a) & (days < a + 2)) for a in (horizon - 2, horizon))
        assert before == pytest.approx(after, rel=0.3)
    assert np.mean(days > HORIZON) == pytest.approx(0.5, abs=0.01)


def test_a_maximum_is_looked_for_from_a_day_on() -> None:
    t = np.arange(-2.0, 6)
    highest = np.array([1.0, 2, 2, 3, 3, 4, 4, 4])  # rises on days -1, 1 and 3

    assert next_record(t, highest, 0.5) == 3
    assert next_record(t, highest, 1.5) == 5
    assert next_record(t, highest, 5.0) == 5  # the last
    assert next_record(t, highest, 0.5, above=3.5) == 5
    assert next_record(t, np.full(8, 2.0), 0.5) is None


FOOLS = {
    "sawtooth by rotation": "rotation",
    "sawtooth by cleanup": "sawtooth",
    "sawtooth by garbage collection": "garbage_collection",
    "sawtooth by compaction": "compaction",
    "leak with restarts": "leak",
    "leak of which restarts give back less": "leak_drift",
    "level shift by a deploy": "level_shift",
    "slope change days ago": "slope_change",
    "staircase": "staircase",
    "S-curve that saturates": "s_curve",
    "weekday-only load": "weekday_load",
    "weekday-only growth": "weekday_growth",
    "quota change": "quota",
    "gaps of hours and days": "gaps",
    "outliers": "outliers",
    "heavy noise": "heavy_noise",
    "near-constant": "near_constant",
    "exponential growth": "exponential",
    "counter with resets": "counter",
    "peak that grows": "peak_growth",
}


@pytest.mark.parametrize("shape", FOOLS)
def test_every_shape_that_fools_has_its_picture(shape: str) -> None:
    assert FOOLS[shape] in KINDS

    drawing = pictures(list(generate(31, 1, (FOOLS[shape],))))

    assert f"{FOOLS[shape]}: told" in drawing
    assert 'class="history"' in drawing
    assert 'class="median"' in drawing


def test_the_same_seed_gives_the_same_histories() -> None:
    one, other = (list(generate(9, 2, ("leak", "outliers"))) for _ in range(2))

    assert [h.name for h in one] == [h.name for h in other]
    assert all(np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(one, other, strict=True))


def test_figures_are_those_that_one_counts_by_hand() -> None:
    truth = np.array([5.0, 20.0, np.nan, 12.0, np.nan])
    told = np.array([6.0, 40.0, 10.0, np.nan, np.nan])
    nothing = np.full(5, np.nan)
    yes = (told <= 14).astype(float)

    figures = score(truth, Answers(told, told - 2, told + 2, yes, nothing * 0))

    assert figures["f14"] == pytest.approx(2 * 1 / (2 + 2))  # told 5 and the healthy one; true 5 and 12
    assert figures["fa14"] == pytest.approx(100 * 1 / 2)
    assert figures["mdae"] == pytest.approx(20)  # errors 1, 20 and 60 - 12
    assert figures["late"] == pytest.approx(2 / 3)
    assert figures["cover80"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_dates_nothing_where_one_sample_is_left_of_its_window(name: str) -> None:
    history = next(generate(5, 1, ("steady",)))
    history.values[:-1] = np.nan

    assert np.isnan(BASELINES[name](history))


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_dates_steady_growth(name: str) -> None:
    errors = [
        abs(BASELINES[name](history) - history.days)
        for history in generate(3, 20, ("steady",))
        if history.days is not None and history.days < 40
    ]

    assert np.median(np.nan_to_num(errors, nan=np.inf)) < 1.5


def test_pictures_are_well_formed_and_name_what_was_told() -> None:
    drawing = pictures(list(generate(4, 1, ("linear", "quota", "counter"))))

    root = ElementTree.fromstring(drawing)
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text.split(":")[0] for text in words] == ["linear", "quota", "counter"]
    assert all("told" in text and "came" in text for text in words)


def test_the_slopes_of_the_networks_fit_are_those_of_its_loss() -> None:
    rng = np.random.default_rng(1)
    raw = rng.normal(size=(4, len(HORIZONS), len(LEVELS)))
    ahead = rng.normal(size=(4, len(HORIZONS)))
    slopes = learn.pinball_slopes(raw.astype(np.float32), ahead.astype(np.float32))

    def loss(at: Floats) -> float:
        return learn.pinball_of(rising(at), ahead)

    for index in [(0, 0, 0), (1, 3, 5), (2, 10, 12), (3, 22, 1)]:
        moved = np.zeros(raw.shape)
        moved[index] = 1e-6
        assert slopes[index] == pytest.approx((loss(raw + moved) - loss(raw - moved)) / 2e-6, rel=1e-3, abs=1e-7)


def test_a_network_learns_what_becomes_of_its_lessons() -> None:
    kinds = ("linear", "plateau")
    data, check = (learn.lessons(list(generate(seed, 150, kinds))) for seed in (1, 2))

    network = learn.fit(data, epochs=40)
    untaught = learn.fit(data, epochs=1)

    assert learn.pinball(network, check) < 0.6 * learn.pinball(untaught, check)
    reached = learn.crossed(network, check, np.array([30.0]))[:, 0]
    truth = np.array([history.days or np.inf for history in generate(2, 150, kinds)])
    assert np.mean((reached > 0.5) == (truth <= 30)) > 0.9
