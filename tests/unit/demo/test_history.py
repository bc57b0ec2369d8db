"""The demo's history: reproducible, like a real fleet, with ends that are known and shapes that only look dangerous."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid
from domain.watch import Direction, Unit, Watch
from forewarn.demo.bundle import bundled
from forewarn.demo.history import BUNDLED_AS_OF, DemoHistory, DemoSeries, generate
from forewarn.demo.truth import SATURATED
from forewarn.demo.writers import write_parquet
from jobs.packs import load_packs
from sources.files import FileSource

KNOWN = timedelta(days=90)  # healthy means: nothing happens within this


@pytest.fixture(scope="module")
def history() -> DemoHistory:
    return generate(BUNDLED_AS_OF)


def series_of(history: DemoHistory, name: str, **labels: str) -> DemoSeries:
    (found,) = [
        one for one in history.series if one.labels["__name__"] == name and labels.items() <= dict(one.labels).items()
    ]
    return found


def share_used(history: DemoHistory, host: str, mount: str) -> NDArray[np.float64]:
    labels = {"instance": f"{host}:9100", "mountpoint": mount}
    size = series_of(history, "node_filesystem_size_bytes", **labels)
    return 1 - series_of(history, "node_filesystem_avail_bytes", **labels).values / size.values


def test_the_bundled_file_is_what_the_generator_makes(history: DemoHistory) -> None:
    bundle = bundled()
    store = FileSource("demo", bundle.history)._store()

    assert bundle.as_of == history.as_of
    assert bundle.planted == history.planted
    assert [Labels.of(metric) for metric in store.metrics] == [one.labels for one in history.series]
    np.testing.assert_array_equal(store.every.times, np.concatenate([one.times for one in history.series]) * 1_000)
    made = np.concatenate([one.values for one in history.series])
    # Another processor may round a sine or an exponential the other way, and a sample with it by one grain.
    assert np.mean(store.every.values != made) < 1e-4
    np.testing.assert_allclose(store.every.values, made, rtol=0.02, atol=1.0)


def test_the_bundled_file_is_small_enough_to_ship() -> None:
    assert bundled().history.stat().st_size < 5_000_000


def test_it_is_thirty_days_of_several_hundred_series_up_to_as_of(history: DemoHistory) -> None:
    first = min(int(one.times[0]) for one in history.series)
    last = max(int(one.times[-1]) for one in history.series)

    assert len(history.series) >= 300
    assert last == BUNDLED_AS_OF.timestamp()
    assert timedelta(seconds=last - first) == timedelta(days=30) - timedelta(minutes=10)
    assert all((np.diff(one.times) > 0).all() and np.isfinite(one.values).all() for one in history.series)


def test_the_same_seed_gives_the_same_and_another_seed_does_not(history: DemoHistory) -> None:
    again, other = generate(BUNDLED_AS_OF), generate(BUNDLED_AS_OF, seed=1)

    assert all(np.array_equal(one.values, two.values) for one, two in zip(history.series, again.series, strict=True))
    assert not all(
        np.array_equal(one.values, two.values) for one, two in zip(history.series, other.series, strict=True)
    )


def test_what_comes_after_as_of_changes_nothing_before_it(history: DemoHistory) -> None:
    longer = {one.labels: one for one in generate(BUNDLED_AS_OF, days_after=3.0).series}

    assert all(np.array_equal(one.values, longer[one.labels].values[: len(one.values)]) for one in history.series)


def test_it_can_end_at_any_moment() -> None:
    as_of = datetime(2027, 3, 28, 1, 17, 5, tzinfo=UTC)

    history = generate(as_of)

    assert max(int(one.times[-1]) for one in history.series) == as_of.timestamp()
    assert all(one.exhausts_at > as_of for one in history.planted)


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        generate(BUNDLED_AS_OF.replace(tzinfo=None))


def test_ten_things_of_seven_kinds_of_system_run_out_within_a_month(history: DemoHistory) -> None:
    left = [one.exhausts_at - history.as_of for one in history.planted]

    assert len({one.watch for one in history.planted}) == len(history.planted) == 10
    assert len({one.watch.partition("/")[0] for one in history.planted}) == 7
    assert all(timedelta(days=2) < days < timedelta(days=30) for days in left)


def crossings(watch: Watch, source: FileSource, as_of: datetime) -> dict[Labels, datetime]:
    """When each entity of a watch reaches its limit, judged by the watch's own queries over past and future."""
    grid = Grid.ending(as_of + KNOWN, 1_800, 48 * 119)
    batch = source.fetch(watch.query, grid)
    limits: list[tuple[Labels, NDArray[np.float64]]] = [(Labels(), np.full(grid.steps, watch.limit.value or 0.0))]
    if watch.limit.query is not None:
        found = source.fetch(watch.limit.query, grid)
        limits = [(labels.only(watch.entity), row) for labels, row in zip(found.labels, found.values, strict=True)]
    reached: dict[Labels, datetime] = {}
    for labels, row in zip(batch.labels, batch.values, strict=True):
        entity = labels.only(watch.entity)
        (limit,) = [one for names, one in limits if set(names.pairs) <= set(entity.pairs)]
        full = SATURATED if watch.unit is Unit.BITS_PER_SECOND else 1.0
        crossed = row >= full * limit if watch.direction is Direction.UP else row <= limit
        if crossed.any():
            reached[entity] = datetime.fromtimestamp(grid.times[np.argmax(crossed)], UTC)
    return reached


@pytest.mark.slow
def test_exactly_the_planted_things_run_out_and_all_others_stay_healthy(history: DemoHistory, tmp_path: Path) -> None:
    write_parquet(generate(BUNDLED_AS_OF, days_after=KNOWN / timedelta(days=1)), tmp_path / "all.parquet")
    source = FileSource("demo", tmp_path / "all.parquet")

    reached = {
        (watch.key, entity): moment
        for pack in load_packs()
        for watch in pack.watches
        for entity, moment in crossings(watch, source, BUNDLED_AS_OF).items()
    }

    truth = {(one.watch, one.entity): one.exhausts_at for one in history.planted}
    assert reached.keys() == truth.keys()
    # A daily peak that misses the mark by a hair reaches it a day later.
    assert {key: reached[key] for key in truth if abs(reached[key] - truth[key]) > timedelta(days=1.1)} == {}


def test_every_watch_finds_something_in_it(history: DemoHistory) -> None:
    source = FileSource("demo", bundled().history)
    grid = Grid.ending(history.as_of, 3_600, 24)

    seen = {watch.key: len(source.fetch(watch.query, grid)) for pack in load_packs() for watch in pack.watches}

    assert [key for key, series in seen.items() if series == 0] == []


def test_a_log_disk_goes_up_to_four_fifths_every_day_and_is_cleaned(history: DemoHistory) -> None:
    used = share_used(history, "txg-log-01", "/var/log")

    assert 0.78 < used.max() < 0.82
    assert np.count_nonzero(np.diff(used) < -0.4) == 30


def test_an_archive_is_nearly_full_and_stays_so(history: DemoHistory) -> None:
    used = share_used(history, "tpe-file-01", "/srv/archive")

    assert abs(used.mean() - 0.93) < 0.001
    assert np.ptp(used) < 0.002


def test_a_database_moved_to_a_new_level_once(history: DemoHistory) -> None:
    used = share_used(history, "khh-db-01", "/var/lib/mysql")

    assert np.count_nonzero(np.abs(np.diff(used)) > 0.1) == 1


def test_scrapes_are_missing_where_the_site_was_down(history: DemoHistory) -> None:
    seen = series_of(history, "node_memory_MemTotal_bytes", instance="khh-web-02:9100")

    assert np.diff(seen.times).max() == timedelta(hours=6, minutes=10).total_seconds()


def test_counters_fall_when_a_machine_restarts(history: DemoHistory) -> None:
    octets = series_of(history, "ifHCInOctets", instance="khh-sw-02", ifIndex="12")
    seconds = series_of(history, "node_cpu_seconds_total", instance="khh-web-01:9100", cpu="0", mode="user")

    assert [np.count_nonzero(np.diff(one.values) < 0) for one in (octets, seconds)] == [1, 1]


def test_a_young_volume_and_a_machine_that_is_gone_are_there(history: DemoHistory) -> None:
    young = series_of(history, "kubelet_volume_stats_capacity_bytes", persistentvolumeclaim="data-search-3")
    gone = series_of(history, "node_memory_MemTotal_bytes", instance="txg-old-01:9100")

    assert BUNDLED_AS_OF.timestamp() - young.times[0] < 2 * 86_400
    assert BUNDLED_AS_OF.timestamp() - gone.times[-1] > 8 * 86_400
