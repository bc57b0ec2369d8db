"""Matchers on a label that the query itself writes choose by its result; the limit stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.times import Grid
from domain.watch import Watch
from jobs.matchers import add_matchers, add_matchers_to_limit, parse_matchers
from jobs.packs import load_pack
from sources.files import FileSource
from sources.promql import narrow

BEGIN = 1_795_000_000
PODS = (("a", "web"), ("a", "db"), ("b", "web"))
CERTIFICATES = (("x", "team-a"), ("y", "team-b"), ("z", ""))


def watch_of(name: str) -> Watch:
    return next(watch for watch in load_pack("kubernetes").pack.watches if watch.name == name)


def asked(tmp_path: Path, query: str, label: str) -> list[str]:
    """The values of a label among the series of a query, over pods of workloads and certificates."""
    lines = []
    for namespace, workload in PODS:
        pod = f'namespace="{namespace}",pod="{workload}-1"'
        owner = f'owner_kind="ReplicaSet",owner_name="{workload}-7d9c5b6f4d",owner_is_controller="true"'
        lines += [
            f"kube_pod_owner{{{pod},{owner}}} 1 {BEGIN}",
            f'container_memory_rss{{{pod},container="app"}} 50 {BEGIN}',
            f'kube_pod_container_resource_limits{{{pod},container="app",resource="memory"}} 100 {BEGIN}',
        ]
    for name, namespace in CERTIFICATES:
        labels = f'name="{name}",namespace="cert-manager",exported_namespace="{namespace}"'
        lines.append(f"certmanager_certificate_expiration_timestamp_seconds{{{labels}}} {BEGIN + 9e5} {BEGIN}")
    path = tmp_path / "history.om"
    path.write_text("".join(f"{line}\n" for line in lines))
    batch = FileSource("files", path).fetch(query, Grid(BEGIN, 60, 2))
    return sorted(labels.get(label, "") for labels in batch.labels)


@pytest.mark.parametrize(
    ("matcher", "found"),
    [
        ('workload="web"', ["web", "web"]),
        ('workload!="web"', ["db"]),
        ('workload=~"d.*|x"', ["db"]),
        ('workload!~".+"', []),
        ('workload="web",namespace="a"', ["web"]),
        ('workload=~"w.b",workload!~"x|y"', ["web", "web"]),
    ],
)
def test_a_workload_is_chosen_by_what_the_query_makes_of_its_owner(
    tmp_path: Path, matcher: str, found: list[str]
) -> None:
    watch, given = watch_of("container-memory"), parse_matchers(matcher)

    query = add_matchers(watch.query, given)
    limit = add_matchers_to_limit(watch.limit.query or "", watch.query, given)

    assert asked(tmp_path, query, "workload") == found
    assert set(found) <= set(asked(tmp_path, limit, "workload"))
    assert narrow(query, "namespace", ["a"])


@pytest.mark.parametrize(
    ("matcher", "found"),
    [
        ('namespace="team-a"', ["x"]),
        ('namespace!="team-a"', ["y", "z"]),
        ('namespace="cert-manager"', ["z"]),
        ('namespace=""', []),
        ('exported_namespace="team-b"', ["y"]),
    ],
)
def test_a_namespace_is_chosen_by_where_the_certificate_is(tmp_path: Path, matcher: str, found: list[str]) -> None:
    query = add_matchers(watch_of("certificate").query, parse_matchers(matcher))

    assert asked(tmp_path, query, "name") == found


def test_a_number_beside_what_drops_the_label_is_left_as_it_is() -> None:
    query = add_matchers("clamp_max(sum by (job) (x), scalar(y))", parse_matchers('team="db"'))

    assert query == 'clamp_max(sum by (job) (x{team="db"}), scalar(y))'
