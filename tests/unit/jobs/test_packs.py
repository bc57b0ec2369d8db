"""The packs that come with the product, and how pack files are read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import promql_parser
import pytest

from domain.times import Grid
from domain.watch import Unit, Watch
from jobs.entities import align_limits, by_entity
from jobs.packs import LimitModel, load_pack, load_packs, one_line, pack_names, read_pack
from jobs.problems import ConfigError
from jobs.yamlfile import parse_yaml
from sources.files import FileSource
from sources.promql import narrow
from tests.fixtures.systems import END, history, system_names
from tests.fixtures.systems.expected import EXPECTED


def all_watches() -> list[Watch]:
    """Every watch of every pack; those that wait for a limit get 1000."""
    loaded = [load_pack(name) for name in pack_names()]
    watches = [watch for found in loaded for watch in found.pack.watches]
    return watches + [waiting.with_limit(LimitModel(value=1000)) for found in loaded for waiting in found.waiting]


MAINLAND = (
    "內存 進程 數據 網絡 服務器 文件系統 硬盤 緩存 默認 信息 日誌 集群 線程 軟件 硬件 程序員 接口 磁盤 帶寬 賬號 端口 "
    "隊列 配置文件"
)
WATCHES = {watch.key: watch for watch in all_watches()}


def queries(watch: Watch) -> list[str]:
    return [query for query in (watch.query, watch.limit.query) if query is not None]


def nodes(query: str, kind: type) -> list[Any]:
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), lambda node: found.append(node) if isinstance(node, kind) else None)
    return found


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> FileSource:
    """All small systems side by side, as one source holds them."""
    path = tmp_path_factory.mktemp("systems") / "history.om"
    path.write_text(history(*system_names()), encoding="utf-8")
    return FileSource("systems", path)


def test_only_what_has_a_size_of_its_own_is_told_to_be_too_large() -> None:
    told = {watch.key for watch in WATCHES.values() if watch.give_back}

    assert {"node/filesystem-space", "kubernetes/container-memory", "jvm/connection-pool"} <= told
    assert "jvm/heap" not in told  # its value is the floor of an hour: the tops are needed as well
    assert "node/cpu" not in told  # its value is the average of an hour: so are the busiest minutes
    thresholds = {key for key in told if WATCHES[key].limit.value is not None}
    assert thresholds == {"postgres/database-size", "prometheus/storage"}  # their limit is the user's own
    assert {WATCHES[key].unit for key in told} <= {Unit.BYTES, Unit.CORES, Unit.COUNT}


def test_the_kinds_of_systems_that_are_promised_have_a_pack() -> None:
    promised = {
        "node",
        "blackbox",
        "kubernetes",
        "snmp",
        "postgres",
        "prometheus",
        "redis",
        "rabbitmq",
        "kafka",
        "jvm",
        "etcd",
    }

    assert promised <= set(pack_names())


def test_a_system_is_described_for_each_pack_and_an_expectation_for_each_watch() -> None:
    assert set(system_names()) == set(pack_names())
    assert set(EXPECTED) == set(WATCHES)


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_a_watch_sees_the_right_entities_with_their_values_and_limits(key: str, systems: FileSource) -> None:
    watch = WATCHES[key]
    grid = Grid(END - 300, 300, 2)

    rows = by_entity(systems.fetch(watch.query, grid), watch)
    limits = align_limits(rows, systems.fetch(watch.limit.query, grid) if watch.limit.query else None, watch)

    seen = [(dict(entity), rows.values[row, -1], limits[row, -1]) for row, entity in enumerate(rows.entities)]
    assert [entity for entity, _, _ in seen] == [expected.entity for expected in EXPECTED[key]]
    assert np.allclose([value for _, value, _ in seen], [expected.value for expected in EXPECTED[key]])
    assert np.allclose([limit for _, _, limit in seen], [expected.limit for expected in EXPECTED[key]])


def seen_in(tmp_path: Path, key: str, *lines: str) -> list[tuple[dict[str, str], float, float]]:
    """Entities with their values and limits in a history of twenty minutes whose series all stand still."""
    times = range(END - 1200, END + 1, 60)
    path = tmp_path / "history.om"
    samples = (f"{name} {moment}" for name in lines for moment in times)
    path.write_text("\n".join([*samples, "# EOF", ""]), encoding="utf-8")
    source, watch, grid = FileSource("files", path), WATCHES[key], Grid(END - 300, 300, 2)
    rows = by_entity(source.fetch(watch.query, grid), watch)
    limits = align_limits(rows, source.fetch(watch.limit.query, grid) if watch.limit.query else None, watch)
    return [(dict(entity), rows.values[row, -1], limits[row, -1]) for row, entity in enumerate(rows.entities)]


def process(metric: str, instance: str, value: str, more: str = "") -> str:
    return f'{metric}{{instance="{instance}",job="shop"{more}}} {value}'


POD = 'namespace="shop",pod="web-7c5ddbdf54-9qk2l"'
WEB = f'{POD},container="web"'
OWNER = f'owner_kind="ReplicaSet",owner_is_controller="true",owner_name="web-7c5ddbdf54",{POD}'


@pytest.mark.parametrize(
    ("key", "series", "usual", "peak", "others"),
    [
        (
            "kubernetes/container-memory",
            f"container_memory_rss{{{WEB}}}",
            1e8,
            9e8,
            [
                f'kube_pod_container_resource_limits{{resource="memory",{WEB}}} 1e9',
                f"kube_pod_owner{{{OWNER}}} 1",
            ],
        ),
        (
            "node/memory",
            'node_memory_MemAvailable_bytes{instance="db-1"}',
            9e8,
            1e8,
            ['node_memory_MemTotal_bytes{instance="db-1"} 1e9'],
        ),
        (
            "redis/memory",
            'redis_memory_used_bytes{instance="r"}',
            1e8,
            9e8,
            ['redis_memory_max_bytes{instance="r"} 1e9'],
        ),
    ],
)
def test_memory_that_is_used_between_two_steps_is_seen(
    tmp_path: Path, key: str, series: str, usual: float, peak: float, others: list[str]
) -> None:
    """A minute over its limit ends a container; what was read every five minutes was given back below its peaks."""
    times = range(END - 1200, END + 1, 30)
    lines = [f"{series} {peak if END - 180 <= moment < END - 120 else usual} {moment}" for moment in times]
    lines += [f"{other} {moment}" for other in others for moment in times]
    path = tmp_path / "history.om"
    path.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")

    found = FileSource("files", path).fetch(WATCHES[key].query, Grid(END - 300, 300, 2))

    assert found.values[0].tolist() == pytest.approx([1e8, 9e8])


HEAP = ',area="heap",id="G1 Old Gen"'
POOL = ',pool="main"'


@pytest.mark.parametrize(
    ("key", "series", "share"),
    [
        (
            "process/file-descriptors",
            [
                process("process_open_fds", "a", "3000"),
                process("process_max_fds", "a", "1048576"),
                process("process_open_fds", "b", "256"),
                process("process_max_fds", "b", "1024"),
            ],
            0.25,
        ),
        (
            "process/go-memory",
            [
                process("go_memstats_sys_bytes", "a", "3e9"),
                process("go_memstats_heap_released_bytes", "a", "0"),
                process("go_gc_gomemlimit_bytes", "a", "8e9"),
                process("go_memstats_sys_bytes", "b", "2e8"),
                process("go_memstats_heap_released_bytes", "b", "0"),
                process("go_gc_gomemlimit_bytes", "b", "4e8"),
            ],
            0.5,
        ),
        (
            "jvm/heap",
            [
                process("jvm_memory_used_bytes", "a", "3e9", HEAP),
                process("jvm_memory_max_bytes", "a", "8e9", HEAP),
                process("jvm_memory_used_bytes", "b", "2e8", HEAP),
                process("jvm_memory_max_bytes", "b", "5e8", HEAP),
            ],
            0.4,
        ),
        (
            "jvm/connection-pool",
            [
                process("hikaricp_connections_active", "a", "60", POOL),
                process("hikaricp_connections_max", "a", "100", POOL),
                process("hikaricp_connections_active", "b", "1", POOL),
                process("hikaricp_connections_max", "b", "10", POOL),
            ],
            0.6,
        ),
    ],
)
def test_a_process_is_held_against_its_own_limit(key: str, series: list[str], share: float, tmp_path: Path) -> None:
    """The largest of the processes of a job is not full because another has a smaller limit."""
    ((_, value, limit),) = seen_in(tmp_path, key, *sorted(series))

    assert value / limit == pytest.approx(share)


def test_a_pod_is_held_against_its_own_limit(tmp_path: Path) -> None:
    """One that requests much more than its siblings, as a job with another size does."""
    pods = [("run-28312345-abcde", "6e9", "8e9"), ("run-28312346-abcde", "1e8", "5e8")]
    owner = 'owner_kind="Job",owner_is_controller="true"'
    names = [f'namespace="batch",pod="{pod}"' for pod, _, _ in pods]
    resident = [(n, used) for n, (_, used, _) in zip(names, pods, strict=True)]
    bounds = [(n, limit) for n, (_, _, limit) in zip(names, pods, strict=True)]

    ((entity, value, limit),) = seen_in(
        tmp_path,
        "kubernetes/container-memory",
        *(f'container_memory_rss{{{n},container="base"}} {used}' for n, used in resident),
        *(f'kube_pod_container_resource_limits{{{n},container="base",resource="memory"}} {most}' for n, most in bounds),
        *(
            f'kube_pod_owner{{{n},{owner},owner_name="{pod[:-6]}"}} 1'
            for n, (pod, _, _) in zip(names, pods, strict=True)
        ),
    )

    assert entity == {"namespace": "batch", "workload": "run", "container": "base"}
    assert value / limit == pytest.approx(0.75)
    assert limit == 5e8


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_every_selector_is_written_with_braces(key: str) -> None:
    """So that a reader sees at once which words are metrics."""
    watch = WATCHES[key]
    for query in queries(watch):
        assert all(f"{node.name}{{" in query for node in nodes(query, promql_parser.VectorSelector))


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_a_watch_leaves_people_the_time_that_they_need(key: str) -> None:
    watch = WATCHES[key]

    assert watch.lead_time < watch.horizon
    assert watch.minimum_history <= watch.history
    assert watch.step <= timedelta(hours=1)


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_a_rate_or_average_spans_its_step_so_that_nothing_falls_between(key: str) -> None:
    watch = WATCHES[key]
    windows = [node.range for query in queries(watch) for node in nodes(query, promql_parser.MatrixSelector)]

    assert all(window >= watch.step for window in windows)


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_texts_are_whole_sentences_in_both_languages(key: str) -> None:
    watch = WATCHES[key]

    assert watch.advice.en[0].isupper()
    assert watch.advice.en.endswith(".")
    assert watch.advice.zh_tw.endswith("。")
    assert not watch.title.en.endswith(".")
    assert watch.advice.en != watch.advice.zh_tw


@pytest.mark.parametrize("key", sorted(WATCHES))
def test_chinese_texts_use_the_words_of_taiwan(key: str) -> None:
    watch = WATCHES[key]

    assert [word for word in MAINLAND.split() if word in watch.title.zh_tw + watch.advice.zh_tw] == []


def test_the_first_entity_label_can_cut_a_watch_into_shards() -> None:
    """`cluster` is often not there at all, so it never comes first."""
    assert [key for key, watch in WATCHES.items() if watch.entity[0] == "cluster"] == []


def test_definitions_are_put_into_queries_and_lines_joined() -> None:
    assert "${" not in "".join(watch.query + (watch.limit.query or "") for watch in WATCHES.values())
    assert "\n" not in "".join(watch.query + (watch.limit.query or "") for watch in WATCHES.values())


def test_packs_hold_no_watch_without_a_limit() -> None:
    keys = {watch.key for pack in load_packs() for watch in pack.watches}
    waiting = {waiting.key for name in pack_names() for waiting in load_pack(name).waiting}

    assert waiting == {"postgres/database-size", "prometheus/storage", "rabbitmq/queue-backlog"}
    assert not keys & waiting


def test_a_pack_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"there is no pack 'nodes'.*node"):
        load_pack("nodes")


PACK = """
name: ours
title: {en: Ours, zh-TW: 我們的}
requires: nothing
definitions: {shop: 'team="shop"'}
watches:
  queue:
    title: {en: Queue, zh-TW: 佇列}
    query: QUERY
    limit: LIMIT
    unit: count
    entity: [queue]
    advice: {en: Do it., zh-TW: 請處理。}
"""


def pack_with(query: str = "queue_length{}", limit: str = "1000") -> str:
    return PACK.replace("QUERY", query).replace("LIMIT", limit)


def test_a_pack_of_ones_own_is_read() -> None:
    loaded = read_pack(parse_yaml(pack_with("queue_length{${shop}}", "10000"), "ours.yaml"))

    (watch,) = loaded.pack.watches
    assert watch.query == 'queue_length{team="shop"}'
    assert watch.limit.value == 10_000
    assert watch.key == "ours/queue"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pack_with(query="'rate(x{}'"), r"ours\.yaml:9:5: watches\.queue\.query: not valid PromQL"),
        (pack_with(query="'x{}[5m]'"), r"watches\.queue\.query: a range vector has no single value"),
        (pack_with(limit="{query: '1 +'}"), r"watches\.queue\.limit\.query: not valid PromQL"),
        (pack_with(query="x{${shopp}}"), r"watches\.queue: uses \$\{shopp\}, which is not defined"),
        (pack_with(limit="{value: 1, query: up}"), r"watches\.queue\.limit: is neither a value nor a query, or both"),
        (pack_with(limit="lots"), r"watches\.queue\.limit\.value: 'lots' is no amount"),
        (pack_with() + "    needs_limit: {en: a, zh-TW: b}\n", r"neither a limit nor needs_limit, or both"),
        (pack_with() + "    history: 20m\n", r"history holds fewer than ten steps"),
        (
            pack_with() + "    history: 2d\n",  # minimum_history is 3 days: all would be too young, night after night
            r"no series could ever be judged: minimum_history is 3d, and history holds 2d only: make history longer",
        ),
        (
            pack_with() + "    lead_tme: 3d\n",
            r"ours\.yaml:14:5: watches\.queue\.lead_tme: unknown key; did you mean lead_time",
        ),
        (pack_with().replace("unit: count", "unit: bananas"), r"unit: is not one of .*bytes.* \(found 'bananas'\)"),
    ],
)
def test_a_fault_in_a_pack_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_pack(parse_yaml(text, "ours.yaml"))


def test_definitions_that_need_one_another_are_refused() -> None:
    text = pack_with(query="'x{${shop}}'").replace("""'team="shop"'""", "'${shop}'")

    with pytest.raises(ConfigError, match="defined by itself"):
        read_pack(parse_yaml(text, "ours.yaml"))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("sum(a)  # in use\n  / on (x)\n  sum(b)", "sum(a) / on (x) sum(b)"),
        ("# seats in use\n\n# of all\nsum(a)", "sum(a)"),
        ("sum(a) # the end", "sum(a)"),
        ("a{b=\"#1\"}\n+ c{d='#2'} # 'odd", "a{b=\"#1\"} + c{d='#2'}"),
        ('a{b="\\"#"} # x\n+ 1', 'a{b="\\"#"} + 1'),
        ("a{b=~`#\n\\`}\r\n", "a{b=~`#\n\\`}"),
    ],
)
def test_a_query_is_sent_on_one_line_without_its_comments(written: str, sent: str) -> None:
    """On one line, a comment would swallow all that follows."""
    assert one_line(written) == sent


def test_comments_in_queries_limits_and_definitions_end_with_their_lines() -> None:
    text = pack_with("|\n      q{} # used\n      / on (queue) ${shop}", '{query: "1 # one\\n+ q{}"}')
    text = text.replace("""{shop: 'team="shop"'}""", "\n  shop: |\n    (q{}) # all\n    + 1 # spare")

    (watch,) = read_pack(parse_yaml(text, "ours.yaml")).pack.watches

    assert watch.query == "q{} / on (queue) (q{}) + 1"
    assert watch.limit.query == "1 + q{}"


def test_what_is_validated_is_what_is_sent() -> None:
    """Valid as it is written, and nothing at all without its comment."""
    with pytest.raises(ConfigError, match=r"watches\.queue\.query: not valid PromQL"):
        read_pack(parse_yaml(pack_with("'# queue_length{}'"), "ours.yaml"))


@pytest.mark.parametrize("key", sorted(set(WATCHES) - {"kubernetes/pods"}))
def test_a_watch_with_many_entities_can_be_asked_for_a_part_of_them(key: str) -> None:
    """So that a large estate is read in shards. The pods of a cluster are one series, which needs no parts."""
    watch = WATCHES[key]

    assert narrow(watch.query, watch.entity[0], ["x"]) is not None
