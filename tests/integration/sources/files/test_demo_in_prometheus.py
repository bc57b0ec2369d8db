"""The demo's history goes into a real Prometheus and out again, and every watch gets the same answers from both."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid
from domain.watch import Watch
from forewarn.demo.history import BUNDLED_AS_OF, DemoHistory, DemoSeries, generate
from forewarn.demo.writers import write_openmetrics, write_parquet
from jobs.packs import load_packs
from sources.files import Dialect, FileSource
from sources.files.folder import load
from tests.fixtures.prometheus import ServerFactory, backfill_prometheus
from tests.fixtures.servers import find_server

pytestmark = pytest.mark.server

LOOKBACK = timedelta(minutes=25)
WATCHES = [watch for pack in load_packs() for watch in pack.watches]


@pytest.fixture(scope="module")
def history() -> DemoHistory:
    """The last two days of the demo."""
    whole = generate(BUNDLED_AS_OF)
    since = BUNDLED_AS_OF.timestamp() - 2 * 86_400
    recent = (
        DemoSeries(one.labels, one.times[one.times > since], one.values[one.times > since]) for one in whole.series
    )
    return DemoHistory(whole.as_of, tuple(one for one in recent if one.times.size), whole.planted)


@pytest.fixture(scope="module")
def both(
    history: DemoHistory, prometheus_server: ServerFactory, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, FileSource]:
    folder = tmp_path_factory.mktemp("demo")
    write_openmetrics(history, folder / "history.om")
    write_parquet(history, folder / "history.parquet")
    url = prometheus_server(folder / "history.om", f"--query.lookback-delta={LOOKBACK.seconds}s")
    files = FileSource("demo", folder / "history.parquet", lookback=LOOKBACK, dialect=Dialect.PROMETHEUS_2, widen=False)
    return url, files


def ask_prometheus(url: str, query: str, grid: Grid) -> dict[Labels, NDArray[np.float64]]:
    window = {"start": grid.start, "end": grid.end, "step": grid.step}
    answer = httpx.get(f"{url}/api/v1/query_range", params={"query": query, **window}, timeout=60).json()
    found = {}
    for one in answer["data"]["result"]:
        times, values = zip(*one["values"], strict=True)
        row = np.full(grid.steps, np.nan)
        row[(np.array(times, dtype=int) - grid.start) // grid.step] = np.array(values, dtype=float)
        if not np.isnan(row).all():
            found[Labels.of(one["metric"])] = row
    return found


@pytest.mark.parametrize("watch", WATCHES, ids=[watch.key for watch in WATCHES])
def test_a_watch_gets_from_the_file_what_it_gets_from_prometheus(both: tuple[str, FileSource], watch: Watch) -> None:
    url, files = both
    grid = Grid.ending(BUNDLED_AS_OF, 900, 96)

    for query in filter(None, (watch.query, watch.limit.query)):
        expected = ask_prometheus(url, query, grid)
        batch = files.fetch(query, grid)

        assert list(batch.labels) == sorted(expected)
        for labels, row in zip(batch.labels, batch.values, strict=True):
            np.testing.assert_allclose(row, expected[labels], rtol=1e-9, equal_nan=True)


def test_what_promtool_dumps_is_read_as_what_was_written(history: DemoHistory, tmp_path: Path) -> None:
    some = DemoHistory(history.as_of, history.series[::20], history.planted)
    write_openmetrics(some, tmp_path / "history.om")
    promtool = find_server("promtool")
    backfill_prometheus(promtool, tmp_path / "history.om", tmp_path)
    (tmp_path / "data" / "wal").mkdir()  # a data folder without one is refused
    with (tmp_path / "dump.txt").open("wb") as dump:
        subprocess.run([promtool, "tsdb", "dump", tmp_path / "data"], stdout=dump, check=True)

    store = load(tmp_path / "dump.txt")

    found = {Labels.of(metric): row for row, metric in enumerate(store.metrics)}
    assert found.keys() == {one.labels for one in some.series}
    codes = store.every.keys // store.every.span
    for one in some.series:
        mine = codes == found[one.labels]
        np.testing.assert_array_equal(store.every.times[mine], one.times * 1_000)
        np.testing.assert_array_equal(store.every.values[mine], one.values)
