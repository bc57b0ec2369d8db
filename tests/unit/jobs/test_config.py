"""Jobs as the configuration says them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.finding import Severity
from domain.job import Job, Policy
from jobs.config import NIGHTLY, JobDefaults, JobModel, PolicyModel, build_job, default_jobs, waiting_watches
from jobs.problems import ConfigError
from jobs.yamlfile import Document, check, parse_yaml


def job_from(text: str, **defaults: Any) -> Job:
    document = parse_yaml(text, "jobs.yaml")
    return build_job("ours", check(document, JobModel), JobDefaults(**defaults), document)


def problems_in(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        job_from(text)
    return str(caught.value)


def test_without_any_configuration_there_is_a_nightly_job_over_all_packs() -> None:
    (name,) = default_jobs()
    job = build_job(name, default_jobs()[name], JobDefaults(timezone="Asia/Taipei"), Document("none", {}, {}))

    assert name == NIGHTLY == job.name
    assert (job.schedule.cron, job.schedule.timezone) == ("0 2 * * *", "Asia/Taipei")
    assert {watch.pack for watch in job.watches} >= {"node", "kubernetes", "postgres", "snmp"}
    assert job.policy == Policy()


def test_the_policy_has_every_field_of_the_domain_with_the_same_default() -> None:
    assert PolicyModel().to_domain() == Policy()
    assert set(PolicyModel.model_fields) == {field.name for field in fields(Policy)}


def test_a_policy_is_read() -> None:
    policy = job_from("policy: {tell_within: 14d, ceiling: critical, open_after_runs: 1}").policy

    assert (policy.tell_within, policy.ceiling, policy.open_after_runs) == (timedelta(days=14), Severity.CRITICAL, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("policy: {open_probability: 1.5}", "policy.open_probability: should be less than or equal to 1"),
        ("policy: {clear_probability: 0.9}", "clear_probability is above open_probability"),
        ("policy: {warning_lead: 0.9}", "warning_lead is above critical_lead"),
        ("policy: {ceiling: fatal}", "is not one of info, warning or critical"),
        ("policy: {open_probabilty: 0.5}", "did you mean open_probability"),
        ("policy: {open_after_runs: 0}", "should be greater than or equal to 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    assert message in problems_in(text)


def test_packs_are_chosen_by_name() -> None:
    job = job_from("packs: [node, postgres]")

    assert {watch.pack for watch in job.watches} == {"node", "postgres"}


def test_a_watch_is_changed_without_copying_its_pack() -> None:
    job = job_from(
        """
        packs: node
        watches:
          node/filesystem-space:
            lead_time: 7d
            horizon: 90d
            matchers: mountpoint!~"/scratch.*"
          node/disk-io: {limit: 80%}
          node/swap: {enabled: false}
        """
    )
    watches = {watch.name: watch for watch in job.watches}

    space = watches["filesystem-space"]
    assert (space.lead_time, space.horizon) == (timedelta(days=7), timedelta(days=90))
    assert 'mountpoint!~"/scratch.*"' in space.query
    assert 'mountpoint!~"/scratch.*"' in (space.limit.query or "")
    assert watches["disk-io"].limit.value == 80
    assert "swap" not in watches
    assert watches["memory"] == {watch.name: watch for watch in job_from("packs: node").watches}["memory"]


def test_a_namespace_is_held_against_what_the_whole_cluster_offers() -> None:
    job = job_from("packs: kubernetes\nwatches: {kubernetes/requested-cpu: {matchers: 'namespace=~\"prod-.*\"'}}")

    (watch,) = (watch for watch in job.watches if watch.name == "requested-cpu")

    assert watch.query.count("prod-.*") == 2
    assert "prod-.*" not in (watch.limit.query or "")


def test_what_is_said_of_a_pack_holds_for_all_its_watches_and_the_watch_has_the_last_word() -> None:
    job = job_from(
        """
        packs: node
        watches:
          node/*: {matchers: 'job="linux"', lead_time: 10d}
          node/memory: {lead_time: 2d, give_back: false}
        """
    )
    watches = {watch.name: watch for watch in job.watches}

    assert all('job="linux"' in watch.query for watch in job.watches)
    assert watches["memory"].lead_time == timedelta(days=2)
    assert watches["cpu"].lead_time == timedelta(days=10)
    assert (watches["memory"].give_back, watches["filesystem-space"].give_back) == (False, True)


def test_a_watch_without_a_limit_of_its_own_is_off_until_it_gets_one() -> None:
    off = check(parse_yaml("packs: postgres", "jobs.yaml"), JobModel)
    on = job_from("packs: postgres\nwatches: {postgres/database-size: {limit: 500GiB}}")

    assert [waiting.key for waiting in waiting_watches(off, Path())] == ["postgres/database-size"]
    assert "postgres/database-size" not in {watch.key for watch in job_from("packs: postgres").watches}
    assert {watch.key: watch for watch in on.watches}["postgres/database-size"].limit.value == 500 * 2**30


def test_a_limit_that_is_given_may_hold_comments() -> None:
    job = job_from(
        'packs: postgres\nwatches: {postgres/database-size: {limit: {query: "# plan\\nplan{} # all\\n* 2"}}}'
    )

    assert [watch.limit.query for watch in job.watches if watch.name == "database-size"] == ["plan{} * 2"]


def test_a_limit_may_be_a_query() -> None:
    job = job_from("packs: postgres\nwatches: {postgres/database-size: {limit: {query: 'plan_bytes{}'}}}")

    assert {watch.key: watch for watch in job.watches}["postgres/database-size"].limit.query == "plan_bytes{}"


def test_a_pack_of_ones_own_stands_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        """
name: ours
title: {en: Ours, zh-TW: 我們的}
requires: our exporter
watches:
  licences:
    title: {en: Licences, zh-TW: 授權數}
    query: licences_used{}
    limit: {query: "licences_total{}"}
    unit: count
    entity: [product]
    advice: {en: Buy more., zh-TW: 請加購。}
""",
        encoding="utf-8",
    )
    job = job_from("packs: [node, ours.yaml]", folder=tmp_path)

    assert "ours/licences" in {watch.key for watch in job.watches}


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    pack = "name: node\ntitle: {en: a, zh-TW: b}\nrequires: x\nwatches:\n  a:\n    title: {en: a, zh-TW: b}\n"
    pack += "    query: up\n    limit: 1\n    unit: count\n    entity: [instance]\n    advice: {en: a, zh-TW: b}\n"
    (tmp_path / "node.yaml").write_text(pack)

    with pytest.raises(ConfigError, match="two packs are called 'node'; rename your own"):
        job_from("packs: [node, node.yaml]", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packs: [nod]", "packs: there is no pack 'nod'; did you mean node?"),
        ("packs: []", "packs: "),
        ("watches: {node/filesytem-space: {}}", "no watch 'filesytem-space'; did you mean node/filesystem-space?"),
        ("packs: redis\nwatches: {node/cpu: {}}", "this job has no pack 'node'; known here: redis"),
        ("watches: {cpu: {}}", "watches.cpu: 'cpu' is not a watch: PACK/WATCH, or PACK/* for all of a pack"),
        ("watches: {node/cpu: {horizn: 3d}}", "watches.node/cpu.horizn: unknown key; did you mean horizon?"),
        ("watches: {node/cpu: {limit: {value: 1, query: up}}}", "is neither a value nor a query, or both"),
        ("watches: {node/cpu: {limit: {query: '1 +'}}}", "watches.node/cpu.limit: not valid PromQL"),
        ("watches: {node/cpu: {matchers: 'job'}}", "watches.node/cpu.matchers: 'job' is no list of label matchers"),
        ("watches: {node/cpu: {step: 1d, history: 3d}}", "watches.node/cpu: history holds fewer than ten steps"),
        (
            "watches: {node/cpu: {history: 2d}}",
            "watches.node/cpu: no series could ever be judged: minimum_history is 3d, and history holds 2d only",
        ),
        ("watches: {node/cpu: {minimum_history: 90d}}", "minimum_history is 90d, and history holds 30d only"),
        ("packs: redis\nwatches: {redis/*: {enabled: false}}", "has no watch left"),
        ("schedule: 61 * * * *", "schedule.cron: '61 * * * *' is no cron line"),
        ("schedule: {timezone: Asia/Taipai}", "schedule.timezone: there is no time zone 'Asia/Taipai'; did you mean"),
        ("schedule: 3", "schedule: is not a mapping"),
        ("languages: [fr]", "languages: there is no language 'fr'; known here: en, zh-TW"),
        ("packs: missing.yaml", "can't be read: No such file or directory"),
    ],
)
def test_a_fault_in_a_job_is_told(text: str, message: str) -> None:
    assert message in problems_in(text)


def test_a_history_may_be_as_short_as_what_is_needed_of_it() -> None:
    watches = {watch.key: watch for watch in job_from("packs: node\nwatches: {node/cpu: {history: 3d}}").watches}

    assert watches["node/cpu"].history == watches["node/cpu"].minimum_history


def test_several_unknown_watches_are_told_at_once() -> None:
    told = problems_in("watches: {node/cpuu: {}, node/memmory: {}}")

    assert "node/cpuu" in told
    assert "node/memmory" in told


def test_a_job_takes_from_the_settings_what_it_does_not_say() -> None:
    job = job_from("packs: node", timezone="Asia/Tokyo", source="thanos", languages=("zh-TW",))

    assert (job.schedule.timezone, job.source, job.languages) == ("Asia/Tokyo", "thanos", ("zh-TW",))
