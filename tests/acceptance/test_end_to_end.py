"""The nightly job on a real Prometheus and a real VictoriaMetrics with the same month of history behind them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from forewarn.demo.bundle import bundled
from forewarn.demo.history import DemoHistory, generate
from forewarn.demo.timeline import DemoSeries
from forewarn.demo.writers import write_openmetrics, write_victoria_jsonl
from tests.acceptance.conftest import Product
from tests.fixtures.prometheus import ServerFactory
from tests.fixtures.sandbox import Sandbox

pytestmark = [pytest.mark.server, pytest.mark.slow]

TRUTH = bundled()
AS_OF = TRUTH.as_of.isoformat()
# The history has a sample every ten minutes, and a server counts a sample for five unless it is told otherwise.
PROMETHEUS_FLAGS = ("--query.lookback-delta=25m",)
VICTORIA_FLAGS = ("-search.maxStalenessInterval=25m",)
SCRAPED_BEFORE = 25  # seconds
Found = dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, Any]]


@pytest.fixture(scope="session")
def estate() -> DemoHistory:
    """Thirty days of an estate: more than 300 series, ten of which run out afterwards."""
    whole = generate(TRUTH.as_of)
    return replace(whole, series=tuple(scraped(one) for one in whole.series))


@pytest.fixture(scope="session")
def month(estate: DemoHistory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The estate as OpenMetrics text."""
    path = tmp_path_factory.mktemp("history") / "month.om"
    write_openmetrics(estate, path)
    return path


@pytest.fixture(scope="session")
def same_month(estate: DemoHistory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same samples in VictoriaMetrics' own lines."""
    path = tmp_path_factory.mktemp("history") / "month.jsonl"
    write_victoria_jsonl(estate, path)
    return path


def scraped(series: DemoSeries) -> DemoSeries:
    """The series as a server would have scraped it.

    Scrapes fall between whole minutes: a sample on the very edge of a window counts on one server and not on the other.
    Traffic is scraped twice a minute, as the servers' rates differ by what they make of the ends of a window.
    """
    times, values = series.times - SCRAPED_BEFORE, series.values
    if series.labels["__name__"] not in ("ifHCInOctets", "ifHCOutOctets"):
        return replace(series, times=times)
    goes_on = (np.diff(times) <= 600) & (np.diff(values) >= 0)
    parts = [(times, values)]
    for share in range(1, 20):
        between = values[:-1] + np.diff(values) * share / 20
        parts.append((times[:-1][goes_on] + 30 * share, between[goes_on]))
    order = np.argsort(np.concatenate([part for part, _ in parts]), kind="stable")
    return replace(
        series,
        times=np.concatenate([part for part, _ in parts])[order],
        values=np.concatenate([part for _, part in parts])[order],
    )


def night(product: Product, source: dict[str, Any], database_url: str, sandbox: Sandbox) -> Any:
    """Configure the product, run the nightly job, and return what it printed."""
    assert sandbox.oidc is not None
    product.configure(
        sources={"main": source},
        database={"url": database_url},
        control_plane={
            "url": sandbox.url,
            "token": {
                "url": sandbox.oidc.token_url,
                "client_id": sandbox.oidc.client_id,
                "client_secret": sandbox.oidc.client_secret,
            },
        },
        timezone="Asia/Taipei",
        reports={"folder": str(product.folder / "reports")},
    )
    return product.json("run", "nightly-capacity", "--as-of", AS_OF)


def by_entity(printed: Any) -> Found:
    """Every finding, whatever its kind and state."""
    found = {(one["watch"], tuple(sorted(one["entity"].items()))): one for one in printed["findings"]}
    assert len(found) == len(printed["findings"])
    return found


def planted() -> dict[tuple[str, tuple[tuple[str, str], ...]], datetime]:
    return {(one.watch, one.entity.pairs): one.exhausts_at for one in TRUTH.planted}


def test_what_was_planted_is_found_on_prometheus_and_nothing_else(
    product: Product, month: Path, prometheus_server: ServerFactory, database_url: str, guarded_sandbox: Sandbox
) -> None:
    source = {"kind": "prometheus", "url": prometheus_server(month, *PROMETHEUS_FLAGS)}

    printed = night(product, source, database_url, guarded_sandbox)

    assert printed["run"]["status"] == "succeeded"
    assert set(by_entity(printed)) == set(planted())
    assert series_at(source["url"]) >= 300
    for entity, finding in by_entity(printed).items():
        assert finding["kind"] == "exhaustion"
        p10, p90 = finding["exhaustion"]["p10"], finding["exhaustion"]["p90"]
        slack = timedelta(days=1)
        assert p10 is not None
        assert datetime.fromisoformat(p10) - slack <= planted()[entity], entity
        assert p90 is None or planted()[entity] <= datetime.fromisoformat(p90) + slack, entity
    assert guarded_sandbox.effects() == ["incident.create"] * len(planted())
    assert len(list((product.folder / "reports").glob("*.html"))) == 2
    assert 0 < printed["seconds"]["report"] < printed["seconds"]["total"]


def test_both_servers_give_the_same_findings(
    tmp_path: Path,
    month: Path,
    same_month: Path,
    prometheus_server: ServerFactory,
    victoria_server: ServerFactory,
    fresh_database: Any,
    guarded_sandbox: Sandbox,
) -> None:
    found = []
    for kind, url in (
        ("prometheus", prometheus_server(month, *PROMETHEUS_FLAGS)),
        ("victoriametrics", victoria_server(same_month, *VICTORIA_FLAGS)),
    ):
        folder = tmp_path / kind
        folder.mkdir()
        assert series_at(url) >= 300
        printed = night(Product(folder), {"kind": kind, "url": url}, fresh_database(), guarded_sandbox)
        found.append(by_entity(printed))

    ours, theirs = found
    assert set(ours) == set(theirs) == set(planted())
    for entity, finding in ours.items():
        other = theirs[entity]
        for said in ("fingerprint", "kind", "severity", "state"):
            assert finding[said] == other[said], (entity, said)
        ends = [finding["exhaustion"][quantile] for quantile in ("p10", "p90")]
        for quantile in ("p10", "p50", "p90"):
            # Their rates differ by a thousandth, and an end of the interval is where probabilities rise slowly.
            slack = timedelta(hours=1) if quantile == "p50" else max(timedelta(hours=1), apart(*ends) / 30)
            assert apart(finding["exhaustion"][quantile], other["exhaustion"][quantile]) <= slack, (entity, quantile)
        for within, probability in finding["exhaustion"]["within"].items():
            assert probability == pytest.approx(other["exhaustion"]["within"][within], abs=0.002), (entity, within)


def series_at(url: str) -> int:
    """How many series a server holds at the end of the month."""
    asked = {"query": 'count({__name__=~".+"})', "time": str((TRUTH.as_of - timedelta(minutes=2)).timestamp())}
    answer = httpx.get(f"{url}/api/v1/query", params=asked, timeout=60.0).json()
    return int(answer["data"]["result"][0]["value"][1])


def apart(one: str | None, other: str | None) -> timedelta:
    if one is None or other is None:
        return timedelta(0) if one == other else timedelta.max
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))


def test_the_same_run_twice_tells_once_and_shows_the_same(
    product: Product, month: Path, prometheus_server: ServerFactory, database_url: str, guarded_sandbox: Sandbox
) -> None:
    source = {"kind": "prometheus", "url": prometheus_server(month, *PROMETHEUS_FLAGS)}

    first = night(product, source, database_url, guarded_sandbox)
    again = night(product, source, database_url, guarded_sandbox)

    assert again["repeated"]
    assert [drop_act(finding) for finding in again["findings"]] == [drop_act(finding) for finding in first["findings"]]
    assert guarded_sandbox.effects() == ["incident.create"] * len(planted())


def drop_act(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in finding.items() if name != "act"}


def until_scraped(url: str) -> None:
    deadline = time.monotonic() + 60
    while not httpx.get(f"{url}/api/v1/query", params={"query": "node_memory_MemTotal_bytes"}).json()["data"]["result"]:
        assert time.monotonic() < deadline, "nothing was scraped"
        time.sleep(0.2)


def test_live_metrics_of_this_machine_go_through(
    product: Product, prometheus_server: ServerFactory, node_exporter: str, database_url: str
) -> None:
    url = prometheus_server("", scrape=(node_exporter,))
    product.configure(
        sources={"main": {"kind": "prometheus", "url": url}},
        database={"url": database_url},
        jobs={"live": {"packs": ["node"], "schedule": "0 2 * * *"}},
        reports={"folder": str(product.folder / "reports")},
    )

    until_scraped(url)
    # The grid of a run ends at a whole five minutes, and this server is only seconds old.
    soon = datetime.fromtimestamp(-(-time.time() // 300) * 300, UTC)
    printed = product.json("run", "live", "--as-of", soon.isoformat())

    assert printed["run"]["status"] == "succeeded"
    assert sum(printed["entities"].values()) > 0
    assert set(printed["entities"]) <= {"too_short", "no_limit", "empty"}  # it was seen for seconds only
    assert printed["findings"] == []
