"""`forewarn doctor`, as far as it needs no server: what it says of settings, folders, workers and watches."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.times import from_epoch
from domain.watch import Limit, Measure, Watch
from forewarn.checks.configuration import check_settings
from forewarn.checks.everything import Item
from forewarn.checks.reports import check_report_folder
from forewarn.checks.watches import check_watch, check_watches
from forewarn.checks.words import size, some
from forewarn.checks.workers import check_workers
from forewarn.cli.doctor import as_document, in_all
from forewarn.settings import Settings, WorkersConfig
from jobs.packs import load_pack
from sources.base import Check
from sources.files import FileSource
from tests.fixtures.systems import END, history

NOW = from_epoch(END)
YOUNG = timedelta(hours=1)  # the small systems have three hours of history


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> FileSource:
    path = tmp_path_factory.mktemp("systems") / "history.om"
    path.write_text(history("node", "redis", "snmp"), encoding="utf-8")
    return FileSource("files", path)


def watch_of(key: str, **changes: Any) -> Watch:
    pack, _, name = key.partition("/")
    watch = next(watch for watch in load_pack(pack).pack.watches if watch.name == name)
    return replace(watch, minimum_history=YOUNG, **changes)


def test_a_watch_tells_how_many_it_sees(source: FileSource) -> None:
    check = check_watch(watch_of("node/filesystem-space"), source, NOW)

    assert check == Check("node/filesystem-space", True, "2 now", "", required=False)


def test_a_watch_that_sees_nothing_has_nothing_to_say(source: FileSource) -> None:
    assert check_watch(watch_of("kafka/consumer-lag"), source, NOW) is None


def test_a_watch_that_looks_too_briefly_to_see_anything_is_told(source: FileSource) -> None:
    """A Prometheus gives no rate over less than two scrapes: that is not the same as having no such thing."""
    query = "rate(seen_by_no_rate_total{}[1m])"
    check = check_watch(watch_of("node/network-in", query=query, limit=Limit(value=1e9)), source, NOW)

    assert check is not None
    assert not check.ok
    assert not check.required
    assert check.what == "sees nothing; looks at 1m out of every 15m"


def test_what_has_no_limit_is_named(source: FileSource) -> None:
    limit = Limit(query='node_filesystem_size_bytes{mountpoint="/"}')
    check = check_watch(watch_of("node/filesystem-space", limit=limit), source, NOW)

    assert check is not None
    assert check.ok
    assert check.what == '2 now; 1 without a limit ({instance="db-1", mountpoint="/data"})'


def test_a_limit_that_fits_nobody_is_a_fault_of_the_watch(source: FileSource) -> None:
    limit = Limit(query="node_memory_MemTotl_bytes{}")
    check = check_watch(watch_of("node/memory", limit=limit), source, NOW)

    assert check is not None
    assert not check.ok
    assert check.advice == "No series of the limit fits: node_memory_MemTotl_bytes{}"


def test_what_is_at_its_limit_already_is_named(source: FileSource) -> None:
    check = check_watch(watch_of("node/memory", limit=Limit(value=48e9)), source, NOW)

    assert check is not None
    assert check.what == '1 now; 1 at the limit ({instance="db-1"})'


def test_many_that_are_all_at_their_limit_are_a_fault_of_the_watch(source: FileSource) -> None:
    everything = watch_of("node/filesystem-space", query="node_filesystem_size_bytes{}", limit=Limit(value=1.0))
    check = check_watch(replace(everything, entity=("instance", "mountpoint")), source, NOW)

    assert check is not None
    assert not check.ok
    assert not check.required
    assert "at the limit" in check.what
    assert check.advice == "Is `direction: up` right, and is the limit in the unit of the query?"


def test_a_counter_that_is_watched_as_a_level_is_told(source: FileSource) -> None:
    query = "node_network_receive_bytes_total{}"
    check = check_watch(watch_of("node/network-in", query=query, limit=Limit(value=1e18)), source, NOW)

    assert check is not None
    assert not check.ok
    assert not check.required
    assert "node_network_receive_bytes_total only rises, by its name, and begins anew at restarts" in check.what
    assert check.advice == "Watch its rate(), or say `measure: counter` where the limit is on its increase"


def test_a_rate_that_is_watched_as_a_counter_is_told(source: FileSource) -> None:
    watch = watch_of("node/network-in", measure=Measure.COUNTER, limit=Limit(value=1e18))
    check = check_watch(watch, source, NOW)

    assert check is not None
    assert not check.ok
    assert "its query gives a rate, and `measure: counter` adds up what rises" in check.what
    assert check.advice == "Leave `measure` out"


def test_a_counter_whose_increase_has_a_limit_is_as_it_should_be(source: FileSource) -> None:
    query = "node_network_receive_bytes_total{}"
    watch = watch_of("node/network-in", query=query, measure=Measure.COUNTER, limit=Limit(value=1e18))

    check = check_watch(watch, source, NOW)

    assert check is not None
    assert check.ok


def test_a_query_that_is_refused_fails_and_says_why(source: FileSource) -> None:
    check = check_watch(watch_of("node/memory", query="rate(node_memory_MemTotal_bytes{}"), source, NOW)

    assert check is not None
    assert not check.ok
    assert check.required
    assert "PromQL" in check.what


def test_a_label_that_names_the_entity_and_is_nowhere_is_told(source: FileSource) -> None:
    check = check_watch(watch_of("node/memory", entity=("instance", "rack", "cluster")), source, NOW)

    assert check is not None
    assert not check.ok
    assert check.what == "none of its 1 series has the label rack, which names its entities"


def test_entities_that_lack_a_label_are_named(source: FileSource) -> None:
    query = 'node_filesystem_size_bytes{mountpoint=~"/|/data"} or node_memory_MemTotal_bytes{}'
    check = check_watch(watch_of("node/filesystem-space", query=query, limit=Limit(value=1e15)), source, NOW)

    assert check is not None
    assert check.ok
    assert check.what == '3 now; 1 without the label mountpoint ({instance="db-1"})'


@pytest.mark.parametrize("matcher", ["", "instance=~`.+\\w`"])
def test_a_range_that_is_shorter_than_the_step_is_told(source: FileSource, matcher: str) -> None:
    query = watch_of("node/conntrack").query.replace("{}", f"{{{matcher}}}")
    watch = watch_of("node/conntrack", step=timedelta(minutes=15), query=query)

    check = check_watch(watch, source, NOW)

    assert check is not None
    assert not check.ok
    assert not check.required
    assert check.what == "1 now; looks at 5m out of every 15m"


def test_series_younger_than_the_watch_needs_are_counted(source: FileSource) -> None:
    watch = replace(watch_of("node/memory"), minimum_history=timedelta(days=3))

    check = check_watch(watch, source, NOW)

    assert check is not None
    assert check.what == "1 now; 1 younger than 3d, not judged yet"


def test_a_pack_that_sees_nothing_is_one_line_that_says_what_feeds_it(source: FileSource) -> None:
    checks = list(
        check_watches(
            (*load_pack("kubernetes").pack.watches, watch_of("node/memory")),
            source,
            NOW,
            {"kubernetes": "the kubelet"},
        )
    )

    (line,) = [check for check in checks if check.name.startswith("kubernetes")]
    assert line.ok
    assert line.advice.startswith("Fed by: the kubelet.")
    assert all(check.ok for check in checks)


def test_watches_of_a_pack_that_see_nothing_are_listed_beside_those_that_do(source: FileSource) -> None:
    watches = [replace(watch, minimum_history=YOUNG) for watch in load_pack("redis").pack.watches]
    odd = replace(watches[0], name="odd", query="redis_nothing{}")

    checks = {check.name: check for check in check_watches([*watches, odd], source, NOW, {})}

    assert checks["redis/memory"].what == "2 now"
    assert checks["redis/*"].what == "sees nothing for odd"


def test_a_job_that_sees_nothing_at_all_is_a_fault(source: FileSource) -> None:
    checks = list(check_watches(load_pack("kafka").pack.watches, source, NOW, {}))

    assert [check.name for check in checks if not check.ok] == ["watches"]
    assert "Check that files is the right source" in checks[-1].advice


def test_faults_of_the_settings_are_told_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "forewarn.yaml"
    path.write_text("timezone: Asia/Taipai\nlog: {level: loud}\n")

    settings, checks = check_settings(path)

    assert settings is None
    assert [check.ok for check in checks] == [False, False]
    assert checks[0].what.startswith(f"{path}:1:1: timezone: there is no time zone")


def test_watches_that_wait_for_a_limit_are_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "forewarn.yaml"
    path.write_text("jobs: {nightly: {packs: postgres}}\n")

    _, checks = check_settings(path)

    (waiting,) = [check for check in checks if check.name == "limits to give"]
    assert waiting.what == "nightly: off until they get a limit: postgres/database-size"
    assert "postgres/database-size: {limit: 500GiB}" in waiting.advice


def test_a_job_that_only_reports_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "forewarn.yaml"
    path.write_text("jobs: {nightly: {packs: node, policy: {incidents_per_run: 0}}, hourly: {packs: snmp}}\n")

    _, checks = check_settings(path)

    (silent,) = [check for check in checks if check.name == "only reports"]
    assert silent.what == "nightly: findings are reported, and nobody is told of anything new"
    assert silent.ok


def test_a_report_folder_is_writable_or_will_be_made(tmp_path: Path) -> None:
    def answer(folder: Path) -> Check:
        (check,) = check_report_folder(Settings.model_validate({"reports": {"folder": str(folder)}}))
        return check

    (tmp_path / "file").write_text("")
    assert answer(tmp_path).what == f"{tmp_path} can be written to"
    assert answer(tmp_path / "a" / "b").what == f"{tmp_path / 'a' / 'b'} will be made by the first report"
    assert not answer(tmp_path / "file" / "b").ok


def test_a_backend_that_is_not_installed_is_a_fault() -> None:
    (check,) = check_workers(WorkersConfig(backend="ray"))

    assert not check.ok
    assert check.advice == "Install ray, or set workers.backend to auto"


def test_more_workers_than_cores_are_pointed_out() -> None:
    checks = list(check_workers(WorkersConfig(backend="loky", count=500)))

    assert [check.name for check in checks if not check.ok] == ["cores"]


def test_programs_read_verdicts() -> None:
    items = [
        Item("a", Check("fine", True, "well")),
        Item("a", Check("odd", False, "look at it", "so", required=False)),
        Item("b", Check("broken", False, "it fails", "mend it")),
    ]

    document = json.loads(as_document(items))

    assert document["well"] is False
    assert [check["verdict"] for check in document["checks"]] == ["ok", "notice", "failed"]
    assert json.loads(as_document(items[:2]))["well"] is True


def test_all_is_well_only_where_nothing_has_to_be_looked_at() -> None:
    fine = Item("a", Check("fine", True, "well"))
    late = Item("a", Check("nightly", False, "was due and did not run", required=False))
    broken = Item("b", Check("broken", False, "it fails"))

    assert in_all([fine]) == "All is well."
    assert in_all([fine, late]) == "Nothing failed, 1 to look at."
    assert in_all([fine, broken]) == "1 of 2 checks failed."
    assert in_all([fine, late, broken]) == "1 of 3 checks failed, 1 to look at."


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 * 2**30, "3.0 GiB"), (2**41, "2.0 TiB")]
)
def test_sizes_are_written_for_people(count: float, text: str) -> None:
    assert size(count) == text


def test_long_lists_are_cut() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
