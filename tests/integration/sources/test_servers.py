"""Real servers: the same history comes back from Prometheus and from VictoriaMetrics, whatever their limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
import pytest

from domain.labels import Labels
from domain.times import Grid, from_epoch
from sources.config import PrometheusConfig
from sources.errors import SourceRejected, SourceTooLarge
from sources.prometheus import PrometheusSource
from sources.promql import narrow
from tests.fixtures.prometheus import ServerFactory, joined, openmetrics

pytestmark = pytest.mark.server

STEP = 300
DAYS = 10
GRID = Grid(1_793_000_000 // STEP * STEP, STEP, DAYS * 288)
HOSTILE = 'a "quoted"\\ 名前\n<b>{x}|y'
NAMES = [
    Labels.of(__name__="disk_used_bytes", instance=f"host-{i:02d}", mountpoint="/data" if i % 2 else "/")
    for i in range(12)
]
GAP, YOUNG, GONE = 3, 4, 5

Open = Callable[..., PrometheusSource]


def values() -> np.ndarray:
    walk = np.random.default_rng(7).normal(50.0, 9.0, (len(NAMES), GRID.steps)).cumsum(axis=1)
    walk[GAP, 500:900] = np.nan
    walk[YOUNG, :2000] = np.nan
    walk[GONE, 2500:] = np.nan
    return walk


VALUES = values()
HISTORY = joined(
    openmetrics("disk_used_bytes", [dict(one.without(["__name__"])) for one in NAMES], GRID.times, VALUES),
    openmetrics("odd", [{"text": HOSTILE}, {"text": "plain"}], GRID.times, np.ones((2, GRID.steps))),
)


@pytest.fixture
def open_source() -> Iterator[Open]:
    """Opens a source on an address; all are closed after the test."""
    opened: list[PrometheusSource] = []

    def start(url: str, **settings: object) -> PrometheusSource:
        opened.append(PrometheusSource("test", PrometheusConfig.model_validate({"url": url, **settings})))
        return opened[-1]

    yield start
    for source in opened:
        source.close()


@pytest.fixture(params=["prometheus", "victoriametrics"])
def url(request: pytest.FixtureRequest) -> str:
    """A server of either kind that holds the history."""
    start: ServerFactory = request.getfixturevalue(
        "prometheus_server" if request.param == "prometheus" else "victoria_server"
    )
    return start(HISTORY)


def assert_written(batch_values: np.ndarray, written: np.ndarray) -> None:
    """The same numbers, but that a series may be carried forward by one step where it ends."""
    seen = ~np.isnan(written)
    np.testing.assert_allclose(batch_values[seen], written[seen], rtol=1e-11)
    carried = np.zeros_like(seen)
    carried[:, 1:] = seen[:, :-1] & ~seen[:, 1:]
    assert np.isnan(batch_values[~seen & ~carried]).all()


def test_history_comes_back_as_it_was_written(url: str, open_source: Open) -> None:
    batch = open_source(url).fetch("disk_used_bytes", GRID)

    assert batch.labels == tuple(sorted(NAMES))
    assert_written(batch.values, VALUES)
    assert batch.notes.samples == np.count_nonzero(~np.isnan(batch.values))
    assert batch.notes.requests == 1 + DAYS / 2  # a short one first
    assert not batch.notes.partial


def test_slices_give_the_same_as_one_request(url: str, open_source: Open) -> None:
    whole = open_source(url, slice_hours=24 * DAYS).fetch("disk_used_bytes", GRID)
    sliced = open_source(url, slice_hours=5).fetch("disk_used_bytes", GRID)

    assert whole.notes.requests == 1
    assert sliced.notes.requests > 48
    assert whole.labels == sliced.labels
    np.testing.assert_array_equal(whole.values, sliced.values)


def test_a_grid_off_the_multiples_of_its_step_is_answered_on_its_own_instants(url: str, open_source: Open) -> None:
    shifted = Grid(GRID.start + 600 + 17, STEP, 200)

    batch = open_source(url).fetch('disk_used_bytes{instance=~"host-0[0-2]"}', shifted)

    assert batch.notes.missing == ()
    assert_written(batch.values, VALUES[:3, 2:202])  # each sample is carried 17 s to the next instant of the grid


def test_get_gives_the_same_as_post_and_gzip_the_same_as_identity(url: str, open_source: Open) -> None:
    plain = open_source(url).fetch("disk_used_bytes", GRID)
    other = open_source(url, method="get", gzip=True).fetch("disk_used_bytes", GRID)

    np.testing.assert_array_equal(plain.values, other.values)


def test_series_are_counted_at_a_time_without_asking_for_them(url: str, open_source: Open) -> None:
    source = open_source(url)

    assert source.count("disk_used_bytes # a comment", from_epoch(GRID.end)) == 11
    assert source.count("disk_used_bytes", from_epoch(GRID.start)) == 11
    assert source.count("nothing_of_that_name", from_epoch(GRID.end)) == 0
    assert source.count("time()", from_epoch(GRID.end)) == 1


def test_a_query_that_matches_nothing_gives_no_series(url: str, open_source: Open) -> None:
    batch = open_source(url).fetch("nothing_of_that_name", GRID)

    assert batch.values.shape == (0, GRID.steps)
    assert not batch.notes.partial


def test_a_query_that_is_no_promql_is_rejected_with_the_servers_own_words(url: str, open_source: Open) -> None:
    with pytest.raises(SourceRejected) as caught:
        open_source(url).fetch("sum(disk_used_bytes", GRID)

    assert caught.value.status in {400, 422}
    assert "sum(disk_used_bytes" in str(caught.value)
    assert "console" in caught.value.advice


def test_hostile_label_values_survive_the_way_there_and_back(url: str, open_source: Open) -> None:
    source = open_source(url)
    narrowed = narrow("odd", "text", [HOSTILE])
    assert narrowed is not None

    batch = source.fetch(narrowed, GRID)

    assert [labels["text"] for labels in batch.labels] == [HOSTILE]
    window = from_epoch(GRID.start), from_epoch(GRID.end)
    assert source.discover().label_values("text", ["odd"], *window) == tuple(sorted((HOSTILE, "plain")))


@pytest.mark.parametrize(
    "query",
    [
        "disk_used_bytes",
        "rate(disk_used_bytes[1h])",
        "disk_used_bytes offset 1h > 0",
        "max by (instance) (disk_used_bytes) - 1",
        "sum without (mountpoint) (disk_used_bytes)",
        "disk_used_bytes / on (instance) group_left () max by (instance) (disk_used_bytes)",
        "disk_used_bytes / ignoring (mountpoint) sum without (mountpoint) (disk_used_bytes)",
        "disk_used_bytes * on (mountpoint) group_left () count by (mountpoint) (disk_used_bytes)",
        "disk_used_bytes unless on (mountpoint) disk_used_bytes{mountpoint='/'}",
        "disk_used_bytes / scalar(max(disk_used_bytes))",
        "disk_used_bytes and disk_used_bytes > 100 or disk_used_bytes < 50",
        "max_over_time(disk_used_bytes[2h:10m])",
        "topk by (instance) (1, disk_used_bytes)",
    ],
)
def test_narrowed_queries_together_give_the_whole(query: str, url: str, open_source: Open) -> None:
    source = open_source(url)
    grid = Grid(GRID.start + 2050 * STEP, STEP, 400)
    parts = [narrow(query, "instance", [f"host-{i:02d}" for i in part]) for part in (range(5), range(5, 12))]
    assert None not in parts

    whole = source.fetch(query, grid)
    pieces = [source.fetch(part, grid) for part in parts if part is not None]

    assert len(whole) > 5
    together = {labels: row for piece in pieces for labels, row in zip(piece.labels, piece.values, strict=True)}
    assert tuple(sorted(together)) == whole.labels
    np.testing.assert_array_equal([together[labels] for labels in whole.labels], whole.values)


def test_the_end_of_the_window_is_the_same_in_every_slice(url: str, open_source: Open) -> None:
    batch = open_source(url, slice_hours=24).fetch("disk_used_bytes{instance='host-00'} @ end()", GRID)

    np.testing.assert_allclose(batch.values, VALUES[0, -1], rtol=1e-11)


def test_series_are_discovered_by_their_labels(url: str, open_source: Open) -> None:
    found = open_source(url).discover().series(["disk_used_bytes"], from_epoch(GRID.start), from_epoch(GRID.end))

    assert found == tuple(sorted(NAMES))


@pytest.mark.parametrize(
    "query", ["max_over_time({}[1h:5m] @ end())", "{0} / max_over_time({0}[1h] @ start() offset -1h)"]
)
def test_the_windows_end_is_the_same_in_every_slice(url: str, open_source: Open, query: str) -> None:
    asked = query.format("disk_used_bytes{instance='host-00'}")

    sliced = open_source(url, slice_hours=24).fetch(asked, GRID)
    at_once = open_source(url, slice_hours=24 * DAYS).fetch(asked, GRID)

    assert sliced.notes.requests > at_once.notes.requests
    assert len(sliced) == 1
    np.testing.assert_array_equal(sliced.values, at_once.values)


def test_a_healthy_server_passes_every_check(url: str, open_source: Open) -> None:
    checks = open_source(url).check()

    assert [check.name for check in checks] == ["reachable", "permission", "version", "clock", "limits"]
    assert all(check.ok for check in checks)
    (kept,) = open_source(url).check(timedelta(days=60))[len(checks) :]
    assert (kept.name, kept.ok) == ("retention", True)


@pytest.mark.parametrize(
    ("server", "flag"),
    [
        pytest.param("prometheus_server", "--query.max-samples=2000", id="prometheus-samples"),
        pytest.param("victoria_server", "-search.maxPointsPerTimeseries=300", id="victoria-points"),
    ],
)
def test_slices_are_halved_until_the_server_takes_them(
    server: str, flag: str, request: pytest.FixtureRequest, open_source: Open
) -> None:
    start: ServerFactory = request.getfixturevalue(server)

    batch = open_source(start(HISTORY, flag)).fetch("disk_used_bytes", GRID)

    assert_written(batch.values, VALUES)
    assert batch.notes.requests > DAYS / 2


def test_victoria_metrics_is_asked_for_less_where_too_many_series_lived_in_the_window(
    victoria_server: ServerFactory, open_source: Open
) -> None:
    # It counts the series of whole days: ten in each of four days, and no more than two days at once.
    midnight, day = GRID.start // 86_400 * 86_400, 86_400
    ages = [midnight + number * day + age for number in range(4) for age in range(0, day, 300)]
    lives = (f'pod_up{{pod="p{time // 8_640}"}} 1 {time}\n' for time in ages)
    url = victoria_server("".join(lives) + "# EOF\n", "-search.maxUniqueTimeseries=25")

    batch = open_source(url, slice_hours=96).fetch("pod_up", Grid(midnight, 300, len(ages)))

    assert len(batch) == 40


def test_a_query_that_victoria_metrics_finds_too_long_is_told_so(
    victoria_server: ServerFactory, open_source: Open
) -> None:
    url = victoria_server(HISTORY, "-search.maxQueryLen=1000")
    query = "disk_used_bytes{instance=~'" + "|".join(f"host-{k}" for k in range(200)) + "'}"

    with pytest.raises(SourceRejected, match=r"too long query.* Name fewer values"):
        open_source(url).fetch(query, GRID)


def test_more_than_eleven_thousand_points_are_halved(prometheus_server: ServerFactory, open_source: Open) -> None:
    minute = Grid(GRID.start, 60, DAYS * 1440)
    source = open_source(prometheus_server(HISTORY), slice_hours=24 * DAYS, max_points=100_000)

    batch = source.fetch("disk_used_bytes{instance='host-00'}", minute)

    assert batch.notes.requests == 3  # 14,400 points are refused, then two halves of 7,200 are taken
    np.testing.assert_allclose(batch.values[0, ::5], VALUES[0], rtol=1e-11)


@pytest.mark.parametrize(
    ("server", "flag"),
    [
        pytest.param("prometheus_server", "--query.max-samples=2000", id="prometheus"),
        pytest.param("victoria_server", "-search.maxSamplesPerQuery=5000", id="victoria"),
    ],
)
def test_a_query_that_is_too_large_for_one_step_is_told_so(
    server: str, flag: str, request: pytest.FixtureRequest, open_source: Open
) -> None:
    start: ServerFactory = request.getfixturevalue(server)

    with pytest.raises(SourceTooLarge, match="fewer series") as caught:
        open_source(start(HISTORY, flag)).fetch("sum_over_time(disk_used_bytes[9d])", GRID)

    assert caught.value.status == 422
    assert caught.value.window is not None


def test_a_query_that_takes_too_long_is_halved(prometheus_server: ServerFactory, open_source: Open) -> None:
    source = open_source(prometheus_server(HISTORY, "--query.timeout=1ms"), attempts=1)

    with pytest.raises(SourceTooLarge, match="timed out") as caught:
        source.fetch("quantile_over_time(0.5, rate(disk_used_bytes[30m])[3d:30s])", GRID)

    assert caught.value.status == 503


def test_live_metrics_of_this_machine_are_scraped_and_read(
    prometheus_server: ServerFactory, node_exporter: str, open_source: Open
) -> None:
    source = open_source(prometheus_server(scrape=(node_exporter,)))
    now = live_now(source)

    batch = source.fetch("node_filesystem_size_bytes", Grid(now, 5, 1))

    assert len(batch) > 0
    assert (batch.values > 0).all()
    described = source.discover().metadata("node_filesystem_size_bytes")
    assert described is not None
    assert described.type == "gauge"


def live_now(source: PrometheusSource) -> int:
    """The server's own time, once it has scraped for the first time."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        now = int(time.time())
        if source.count("node_filesystem_size_bytes", from_epoch(now)) > 0:
            return now
        time.sleep(0.2)
    pytest.fail("nothing was scraped within a minute")
