"""The file source answers as a real Prometheus does: the same series and values, for every function of the subset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid, from_epoch, rfc3339
from sources.errors import SourceRejected
from sources.files import Dialect, FileSource
from sources.files.promql.functions import FUNCTIONS
from tests.fixtures.prometheus import ServerFactory

pytestmark = pytest.mark.server

BEGIN = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
HOURS = 6
EXACT = np.arange(0, HOURS * 3_600, 30.0)  # samples that lie exactly on steps and on edges of windows


ODD = ("a.b", "a{b", "a-b&&c", "a~", "[x]", "<a>", "a_b 1", "名前", "Ünï 1", "٣", "K", "ſ", r"a\tb")  # for expressions


@dataclass(frozen=True)
class Samples:
    """One series of the history."""

    name: str
    labels: dict[str, str]
    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def lines(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        pairs = zip((BEGIN + self.times).tolist(), self.values.tolist(), strict=True)
        return "".join(f"{self.name}{{{inside}}} {value!r} {time:.3f}\n" for time, value in pairs)


def history() -> list[Samples]:
    """Gauges and counters of several hosts: jitter, gaps, resets, a late start, an early end, buckets, one level."""
    rng = np.random.default_rng(7)
    jittered = EXACT + np.round(rng.uniform(-4, 4, len(EXACT)), 3) + 5
    gap = (EXACT < 7_200) | (EXACT > 9_000)
    series: list[Samples] = []
    for number, host in enumerate(("a", "b", "c")):
        labels = {"host": host, "zone": "north" if number < 2 else "south"}
        times = jittered[gap] if host == "b" else EXACT
        level = 100 * (number + 1) + np.cumsum(rng.normal(0, 3, len(times)))
        series.append(Samples("level", labels, times, level))
        series.append(Samples("capacity", {**labels, "kind": "disk"}, EXACT, np.full(len(EXACT), 350.0 + number)))
        for core in ("0", "1"):
            counted = np.cumsum(rng.exponential(2.5, len(times)))
            for reset in (400, 401, 560):
                counted[reset:] -= counted[reset] * 0.9
            series.append(Samples("work_total", {**labels, "core": core}, times, counted))
    late = EXACT[EXACT > 10_000]
    series.append(Samples("level", {"host": "late", "zone": "south"}, late, rng.normal(5, 50, len(late))))
    early = EXACT[EXACT < 12_000]
    series.append(Samples("level", {"host": "early"}, early, np.round(rng.normal(0, 2, len(early)))))
    series.append(Samples("flag", {"host": "a", "on": "yes"}, EXACT, (EXACT // 1_800 % 2)))
    series.append(Samples("moment", {"host": "a"}, EXACT, BEGIN + EXACT * 41_000))
    for number, host in enumerate(ODD):
        series.append(Samples("odd", {"host": host}, EXACT[::10], np.full(len(EXACT[::10]), float(number))))
    total = np.cumsum(rng.poisson(4, len(EXACT))).astype(float)
    for bound, share in (("0.1", 0.3), ("0.5", 0.62), ("2", 0.95), ("+Inf", 1.0)):
        series.append(Samples("wait_seconds_bucket", {"host": "a", "le": bound}, EXACT, np.floor(total * share)))
    for bound, share in (("0.1", 0.3), ("0.5", 0.2), ("0.50", 0.4), ("2", 0.95), ("+Inf", 1.0)):
        # A bucket that came later, one that was counted twice, and one that seems to shrink.
        times = EXACT[EXACT > 9_000] if bound == "2" else EXACT
        counted = np.floor(total[: len(times)] * share)
        series.append(Samples("wait_seconds_bucket", {"host": "b", "le": bound}, times, counted))
    return series


QUERIES = [
    # selectors
    "level",
    'level{host="a"}',
    'level{host!="a"}',
    'level{zone=~"n.*|s.*h"}',
    'level{zone!~"north|"}',
    'level{zone=""}',
    '{__name__=~"level|flag", host=~"a|b"}',
    "level offset 10m",
    "level offset -3m",
    "level @ 1793584800",
    "level @ end() - level @ start()",
    "level @ -5",
    "max_over_time(level[10m:1m] @ -5.5)",
    "{__name__='flag'}",
    # numbers and arithmetic
    "1 + 2 * 3 ^ 2 % 5",
    "-level",
    "level % 7 - 3 / 4",
    "2 ^ flag",
    "1 / flag",
    "level / 0",
    "work_total * on(host) group_left(kind) capacity",
    "capacity * on(host) group_right(kind) work_total",
    "level * on(host) group_left(zone) flag",  # which has no zone: the result has none
    "level / ignoring(kind) capacity",
    "level / on(host, zone) capacity",
    "sum(level) / count(level)",
    "sum by (host) (level atan2 3)",  # 2.x keeps the name of the metric here, 3.x drops it
    # comparisons
    "level > 120",
    "level > bool 120",
    "120 < level",
    "level >= on(host) capacity * 0.3",
    "level == bool on(host) capacity",
    "level != level offset 1m",
    "1 < bool 2",
    # sets
    "level and on(host) capacity > 351",
    "level unless on(zone) capacity",
    "level or on(host) flag",
    "level > 150 or level < 10",
    "rate(work_total[5m]) or capacity",
    # aggregations
    "sum by (zone) (level)",
    "avg without (core) (work_total)",
    "min(level)",
    "max by (host) (work_total)",
    "count by (zone, nothing) (level)",
    "group by (zone) (level)",
    "stddev by (zone) (level)",
    "stdvar(level)",
    'stddev(capacity{host="a"} * 0 + 0.1 or capacity{host!="a"} * 0 + 0.1) > 0',
    "quantile by (zone) (0.9, level)",
    "quantile(1.5, level)",
    # functions of windows
    "rate(work_total[5m])",
    "rate(work_total[37s])",
    "rate(work_total[1m30s] offset 2m)",
    "increase(work_total[1h])",
    "irate(work_total[5m])",
    "delta(level[10m])",
    "idelta(level[2m])",
    "deriv(level[10m])",
    "predict_linear(level[10m], 3600)",
    "resets(work_total[2h])",
    "changes(flag[2h])",
    "avg_over_time(level[7m])",
    "min_over_time(level[7m])",
    "max_over_time(level[7m])",
    "sum_over_time(level[30s])",
    "count_over_time(level[5m])",
    "last_over_time(level[20m])",
    "present_over_time(level[5m])",
    "stddev_over_time(level[5m])",
    "stdvar_over_time(level[5m])",
    "stddev_over_time((capacity * 0 + 0.1)[5m:1m]) > 0",
    "quantile_over_time(0.25, level[5m])",
    "quantile_over_time(-1, level[5m])",
    # functions of values
    "abs(level - 100)",
    "ceil(level)",
    "floor(level)",
    "round(level)",
    "round(level, 0.25)",
    "sqrt(abs(level))",
    "exp(level / 100)",
    "ln(level)",
    "log2(abs(level))",
    "log10(abs(level))",
    "sgn(level - 100)",
    "deg(level)",
    "rad(level)",
    "count(clamp(level, 0 / 0, 110))",
    "hour(vector(-0.5))",
    "clamp(level, 90, 110)",
    "clamp(level, 110, 90)",
    "clamp_min(level, 90)",
    "clamp_max(level, scalar(flag) * 100)",
    "time()",
    "time() - moment",
    "timestamp(level)",
    "timestamp(level offset 1m)",
    "timestamp(-level)",
    "scalar(flag)",
    "scalar(level)",
    "vector(1)",
    "vector(time())",
    "minute()",
    "hour(moment)",
    "day_of_week(moment)",
    "day_of_month(moment)",
    "day_of_year(moment)",
    "days_in_month(moment)",
    "month(moment)",
    "year(moment)",
    "sort(level)",
    "sort_desc(level)",
    'label_replace(level, "place", "$1-x", "zone", "(.)or(.*)")',
    'label_replace(level, "zone", "", "zone", "south")',
    'label_replace(level, "host", "${1}$1", "host", "(.)")',
    'label_join(level, "both", "/", "host", "zone", "none")',
    "histogram_quantile(0.9, rate(wait_seconds_bucket[10m]))",
    "histogram_quantile(0.2, wait_seconds_bucket)",
    "histogram_quantile(0.99, wait_seconds_bucket)",
    "histogram_quantile(scalar(flag) * 0.5, wait_seconds_bucket)",
    "histogram_quantile(-1, wait_seconds_bucket)",
    "histogram_quantile(2, wait_seconds_bucket)",
    'histogram_quantile(0.5, wait_seconds_bucket{le!="+Inf"} or flag)',
    "histogram_quantile(0.7, -wait_seconds_bucket)",
    "histogram_quantile(0.5, wait_seconds_bucket * (0 / 0))",
    # regular expressions, which are RE2's, and strings, which are Go's
    r"odd{host=~`a\.b`}",
    r'odd{host=~"\\Qa.b\\E"}',
    'odd{host=~"a{b"}',
    r"odd{host=~`\w.*`}",
    r"odd{host!~`\w+`}",
    r"odd{host=~`.*\d`}",
    r"odd{host=~`\D+`}",
    r"odd{host=~`.*\s\S`}",
    r"odd{host=~`.+\b.+`}",
    r"odd{host=~`.*\B.*`}",
    r"odd{host=~`\<.*\>`}",
    "odd{host=~`[a&&b].*`}",
    "odd{host=~`[&--a-z]+`}",
    "odd{host=~`[a~~]+`}",
    "odd{host=~`[[].*`}",
    "odd{host=~`[]x[]+`}",
    r"odd{host=~`[^\W_]+`}",
    "odd{host=~`[[:alpha:]].*`}",
    "odd{host=~`(?i)[k-s]`}",
    r"label_replace(odd, `first`, `<$1>`, `host`, `(\w)[^\S-]?.*`)",
    # subqueries
    "max_over_time(rate(work_total[5m])[30m:1m])",
    "avg_over_time((level > 100)[10m:])",
    "sum_over_time(flag[10m:45s] offset 1m)",
    # lines that end elsewhere than at the step
    "predict_linear(level[10m] offset 5m, 3600)",
    "predict_linear(level[10m:1m] offset 5m, 3600)",
    # numbers that change from step to step, and values that are none
    "quantile(scalar(flag), level)",
    "quantile by (zone) (time() % 2, level)",
    "quantile(time() % 3 - 1, level)",
    "quantile(0.5, (0 / flag) or level)",
    "quantile(0.5, (0 / flag) or -1 / (level - level))",
    "count_over_time((0 / flag)[10m:1m])",
    "avg_over_time((0 / flag)[10m:1m])",
    "sum_over_time((0 / flag)[10m:1m])",
    "min_over_time((0 / flag)[10m:1m])",
    "max_over_time((0 / flag)[10m:1m])",
    "last_over_time((0 / flag)[10m:1m] offset 1m)",
    "present_over_time((0 / flag)[10m:1m])",
    "stddev_over_time((0 / flag)[10m:1m])",
    "changes((0 / flag)[10m:1m])",
    "resets((0 / flag)[10m:1m])",
    "rate((0 / flag)[10m:1m])",
    "delta((0 / flag)[10m:1m])",
    "idelta((0 / flag)[10m:1m])",
    "deriv((0 / flag)[10m:1m])",
    "quantile_over_time(0.1, (level / (level > bool 100))[10m:1m])",
    "quantile_over_time(0.3, (0 / flag)[30m:1m])",
    "quantile_over_time(scalar(flag), level[5m])",
    "quantile_over_time(time() % 3 - 1, level[5m])",
    "quantile_over_time(scalar(flag) / 0, level[5m])",
    "predict_linear(level[10m], time() % 100)",
    "max_over_time(predict_linear(level[10m], time() % 100)[10m:3m])",
    # many on a side, and nothing on the other
    "nothing / on(zone) level",
    "level * on(zone) group_right() nothing",
    'level{host="late"} * on(zone) (level{zone="north"} unless on() level{host="late"})',
    # what a capacity watch asks
    "sum by (zone) (max_over_time(level[5m])) / on(zone) group_left() sum by (zone) (capacity)",
    "count without (core) (work_total) - sum without (core) (rate(work_total[15m]))",
]

EMPTY = {
    'histogram_quantile(0.5, wait_seconds_bucket{le!="+Inf"} or flag)',
    "clamp(level, 110, 90)",
    "scalar(level)",
    "level @ -5",
    "max_over_time(level[10m:1m] @ -5.5)",
    'stddev(capacity{host="a"} * 0 + 0.1 or capacity{host!="a"} * 0 + 0.1) > 0',
    "stddev_over_time((capacity * 0 + 0.1)[5m:1m]) > 0",
    "nothing / on(zone) level",
    "level * on(zone) group_right() nothing",
    'level{host="late"} * on(zone) (level{zone="north"} unless on() level{host="late"})',
}  # queries that rightly give nothing
REFUSED = [
    "level * on(zone) capacity",
    "capacity * on(zone) group_left() level",
    "level * on(zone) group_left() capacity",
    'rate({__name__=~"level|capacity"}[5m]) + work_total * ignoring(core) level',
    'label_replace(level, "host", "same", "", "")',
    'label_replace(level, "a-b", "x", "", "")',
    'level{host=~"("}',
]


@pytest.fixture(scope="module")
def both(prometheus_server: ServerFactory, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, FileSource]:
    """A Prometheus and a file with the same history."""
    text = "".join(series.lines() for series in sorted(history(), key=lambda one: one.name)) + "# EOF\n"
    path = tmp_path_factory.mktemp("files") / "history.om"
    path.write_text(text, encoding="utf-8")
    files = FileSource("files", path, lookback=timedelta(minutes=5), dialect=Dialect.PROMETHEUS_2, widen=False)
    return prometheus_server(text), files


def ask_prometheus(url: str, query: str, grid: Grid) -> dict[Labels, NDArray[np.float64]]:
    """The answer of the server on the grid; what is absent and what is NaN is NaN."""
    window = {"start": grid.start, "end": grid.end, "step": grid.step}
    answer = httpx.get(f"{url}/api/v1/query_range", params={"query": query, **window}).json()
    assert answer["status"] == "success", answer
    found = {}
    for one in answer["data"]["result"]:
        row = np.full(grid.steps, np.nan)
        times = np.array([time for time, _ in one["values"]])
        row[np.rint((times - grid.start) / grid.step).astype(int)] = [float(value) for _, value in one["values"]]
        if not np.isnan(row).all():
            found[Labels.of(one["metric"])] = row
    return found


@pytest.mark.parametrize("step", [60, 47], ids=["on the samples", "between the samples"])
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_what_prometheus_gives(both: tuple[str, FileSource], query: str, step: int) -> None:
    url, files = both
    grid = Grid(int(BEGIN) + 3_600, step, 4 * 3_600 // step)

    expected = ask_prometheus(url, query, grid)
    batch = files.fetch(query, grid)

    assert list(batch.labels) == sorted(expected)
    assert bool(expected) == (query not in EMPTY)
    for labels, row in zip(batch.labels, batch.values, strict=True):
        np.testing.assert_allclose(row, expected[labels], rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=str(labels))


@pytest.mark.parametrize("query", ["predict_linear(level[10m] @ 1793590000, 3600)"])
def test_a_line_of_a_fixed_window_is_what_prometheus_gives_step_by_step(
    both: tuple[str, FileSource], query: str
) -> None:
    """Over many steps Prometheus 2 moves the window along, which later versions don't: each step is asked for alone."""
    url, files = both
    grid = Grid(int(BEGIN) + 3_600, 900, 12)

    batch = files.fetch(query, grid)

    for column, time in enumerate(grid.times.astype(int).tolist()):
        alone = ask_prometheus(url, query, Grid(time, 900, 1))
        assert list(batch.labels) == sorted(alone)
        np.testing.assert_allclose(batch.values[:, column], [alone[one][0] for one in batch.labels], rtol=1e-9)


@pytest.mark.parametrize("query", REFUSED)
def test_what_prometheus_refuses_is_refused(both: tuple[str, FileSource], query: str) -> None:
    url, files = both
    grid = Grid(int(BEGIN) + 3_600, 60, 10)

    answer = httpx.get(
        f"{url}/api/v1/query_range", params={"query": query, "start": grid.start, "end": grid.end, "step": grid.step}
    )

    assert answer.status_code in (400, 422)
    with pytest.raises(SourceRejected):
        files.fetch(query, grid)


def test_every_function_of_the_subset_is_compared() -> None:
    asked = " ".join(QUERIES)

    assert [name for name in FUNCTIONS if f"{name}(" not in asked] == []


def test_a_count_is_the_number_of_series_that_prometheus_has(both: tuple[str, FileSource]) -> None:
    url, files = both
    at = from_epoch(BEGIN + 11_000)

    answer = httpx.get(f"{url}/api/v1/query", params={"query": "count(level)", "time": rfc3339(at)}).json()

    assert files.count("level", at) == int(answer["data"]["result"][0]["value"][1])
