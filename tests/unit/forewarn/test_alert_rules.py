"""The alerting rules that follow from the jobs: how long each may be silent, and what is said of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from domain.job import Schedule
from forewarn.alert_rules import alert_rules, to_yaml
from forewarn.cli import config as config_commands
from tests.fixtures.builders import make_job

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DELIVERY = {"ForewarnOutboxLate", "ForewarnOutboxDead", "ForewarnDeliveryRests"}


def printed(*arguments: str) -> list[dict[str, Any]]:
    """The rules that the command prints."""
    done = CliRunner().invoke(config_commands.app, ["alerts", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (group,) = YAML(typ="safe").load(done.stdout)["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def test_the_command_prints_two_rules_for_each_enabled_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "forewarn.yaml").write_text("""
timezone: Europe/Berlin
jobs:
  nightly: {packs: [node]}
  weekly: {packs: [redis], schedule: 0 6 * * 1}
  resting: {packs: [kafka], enabled: false}
""")

    rules = printed()

    assert [(rule["alert"], rule["labels"].get("job")) for rule in rules] == [
        ("ForewarnGone", None),
        ("ForewarnJobLate", "nightly"),
        ("ForewarnJobNeverEnded", "nightly"),
        ("ForewarnJobLate", "weekly"),
        ("ForewarnJobNeverEnded", "weekly"),
    ]


def test_the_outbox_is_spoken_of_where_somebody_empties_it(tmp_path: Path) -> None:
    file = tmp_path / "forewarn.yaml"
    told = "control_plane: {url: 'http://127.0.0.1:8099/api/v1', enabled: %s}\n"

    file.write_text(told % "true")
    assert {rule["alert"] for rule in printed("--config", str(file))} >= DELIVERY

    file.write_text(told % "false")
    assert not {rule["alert"] for rule in printed("--config", str(file))} & DELIVERY


def test_it_says_so_where_no_metrics_are_served(tmp_path: Path) -> None:
    (tmp_path / "forewarn.yaml").write_text("api: {enabled: false}\n")

    done = CliRunner().invoke(config_commands.app, ["alerts", "--config", str(tmp_path / "forewarn.yaml")])

    assert "api.enabled is false" in done.stderr


@pytest.mark.parametrize(
    ("cron", "zone", "seconds", "lasting"),
    [
        ("0 2 * * *", "Asia/Taipei", 25 * 3600, "1d1h"),
        ("0 2 * * *", "Europe/Berlin", 26 * 3600, "1d2h"),  # one day of the year has 25 hours
        ("0 2 * * mon-fri", "UTC", 73 * 3600, "3d1h"),
        ("30 * * * *", "UTC", 2 * 3600, "2h"),
    ],
)
def test_a_job_may_be_silent_for_its_longest_gap_and_an_hour(cron: str, zone: str, seconds: int, lasting: str) -> None:
    job = make_job(schedule=Schedule(cron, zone))

    (group,) = YAML(typ="safe").load(to_yaml(alert_rules([job], NOW, delivers=False)))["groups"]

    _, late, never = group["rules"]
    assert late["expr"].endswith(f") > {seconds}")
    assert never["for"] == lasting
    assert cron in late["annotations"]["description"]


def test_every_rule_says_how_grave_it_is_what_is_wrong_and_what_to_run() -> None:
    text = to_yaml(alert_rules([make_job()], NOW, delivers=True))

    (group,) = YAML(typ="safe").load(text)["groups"]
    for rule in group["rules"]:
        assert rule["labels"]["severity"] == "warning"
        assert "Forewarn" in rule["annotations"]["summary"]
        commands = re.findall(r"`forewarn ([a-z]+)", rule["annotations"]["description"])
        assert {"doctor", "runs", "outbox"} & set(commands), rule["alert"]
