"""A day with the command line: incidents are told, people answer, mutes, scripts, and the end, as a user sees them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from domain.times import Grid, from_epoch
from tests.acceptance.conftest import Product
from tests.fixtures.sandbox import Sandbox

pytestmark = [pytest.mark.server, pytest.mark.slow]

GIB = 2.0**30
SIZE = 100 * GIB
STEP = timedelta(minutes=15)
STEPS = 20 * 96
# A run looks at the Control Plane only where it is for a time of the last 24 hours, and there is none for one to come.
NOW = Grid.ending(datetime.now(UTC), int(STEP.total_seconds()), 1).end
FIRST, SECOND, CLEAN = (from_epoch(NOW - 3600 * hours) for hours in (23, 22.5, 0.25))
MENDED = SECOND + STEP  # when somebody cleans up db-1 and db-2
WRITTEN = from_epoch(NOW + 7200)  # until then the file has samples, as of a source that goes on being fed
HOSTS = ("db-1", "db-2", "db-3", "rests")


def used(host: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bytes in use: db-1 to db-3 grow to full within days, the first two until they are mended."""
    noise = np.random.default_rng(HOSTS.index(host)).normal(0, 0.05 * GIB, times.size)
    days = (times - FIRST.timestamp()) / 86_400
    if host == "rests":
        return 40 * GIB + noise
    grown = (82 + 2.5 * days) * GIB + noise
    return grown if host == "db-3" else np.where(times > MENDED.timestamp(), 20 * GIB + noise, grown)


def write_month(path: Path) -> None:
    """The history of the four hosts as a file source reads it."""
    times = np.array([(WRITTEN - STEP * back).timestamp() for back in range(STEPS, -1, -1)])
    frames = []
    for host in HOSTS:
        labels = json.dumps({"instance": host, "mountpoint": "/data", "device": "sda", "fstype": "ext4", "job": "node"})
        values = {
            "node_filesystem_size_bytes": np.full(times.size, SIZE),
            "node_filesystem_avail_bytes": SIZE - used(host, times),
            "node_filesystem_readonly": np.zeros(times.size),
        }
        for name, column in values.items():
            frame = pl.DataFrame({"ts": (times * 1000).astype(np.int64), "value": column})
            frames.append(frame.with_columns(name=pl.lit(name), labels=pl.lit(labels)))
    pl.concat(frames).write_parquet(path)


class Day:
    """The product, its Control Plane, and the people there."""

    def __init__(self, product: Product, sandbox: Sandbox, database_url: str) -> None:
        self.product, self.sandbox = product, sandbox
        product.environment["COLUMNS"] = "200"
        write_month(product.folder / "month.parquet")
        product.configure(
            sources={"files": {"path": str(product.folder / "month.parquet")}},
            database={"url": database_url},
            control_plane={"url": sandbox.url, "dispatcher": {"settle_time": "1s"}},
            jobs={"disks": {"packs": ["node"], "schedule": "0 2 * * *"}},
            workers={"backend": "sequential"},
            timezone="Asia/Taipei",
            reports={"folder": str(product.folder / "reports")},
            automation={
                "enabled": True,
                "dry_run": False,
                "scripts": ["clean-temp"],
                "hours": [{"starts": "0 0 * * *", "lasts": "24h"}],
                "rules": {
                    "clean": {
                        "script": "clean-temp",
                        "watches": ["node/filesystem-space"],
                        "severity": "info",
                        "dry_run": False,
                        "entities": 'instance="db-2"',
                        "parameters": {"instance": {"label": "instance", "pattern": "[a-z0-9-]+"}},
                    }
                },
            },
        )

    def run(self, as_of: datetime) -> str:
        return self("run", "disks", "--as-of", as_of.isoformat())

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = self.product.run(*arguments, code=code)
        return done.stdout if code == 0 else done.stderr

    def incidents(self) -> dict[str, dict[str, Any]]:
        """The Control Plane's incidents by host."""
        items = httpx.get(f"{self.sandbox.url}/incidents", params={"pageSize": 200}).json()["items"]
        return {item["labels"]["instance"]: item for item in items}

    def person(self, host: str, deed: str, **words: str) -> None:
        """A person does something with a host's incident."""
        url = f"{self.sandbox.url}/incidents/{self.incidents()[host]['id']}/{deed}"
        httpx.post(url, json=words).raise_for_status()

    def comments(self, host: str) -> list[str]:
        url = f"{self.sandbox.url}/incidents/{self.incidents()[host]['id']}/comments"
        return [one["content"] for one in httpx.get(url).json()["items"]]


@pytest.fixture
def day(product: Product, sandbox: Sandbox, database_url: str) -> Day:
    return Day(product, sandbox, database_url)


def row(table: str, word: str) -> str:
    """The line of a table that holds a word."""
    return next(line for line in table.splitlines() if word in line)


def test_from_the_first_warning_to_the_end(day: Day) -> None:
    muted = day("mute", "add", 'instance="db-3"', "--reason", "it is being replaced", "--for", "2h")
    first = day.run(FIRST)

    assert "Findings: 3 opened." in first
    assert set(day.incidents()) == {"db-1", "db-2"}
    listed = day("incidents")
    assert "not told yet" in row(listed, "db-3")
    assert day.incidents()["db-1"]["id"] in row(listed, "db-1")
    waiting = day("outbox", "list", "--state", "pending")
    assert "muted by" in waiting
    assert "it is being replaced" in waiting
    assert "db-3" in waiting

    day.person("db-1", "acknowledge")
    (approval,) = re.findall(r"automation approve (\S+)`", "\n".join(day.comments("db-2")))
    assert approval in row(day("automation", "list"), "approval")
    assert day("automation", "approve", approval, "--reason", "go on").startswith("Approved and started: a run of")
    assert [entry["objectId"] for entry in day.sandbox.ledger() if entry["effect"] == "execution.start"]

    assert "Findings: 3 unchanged." in day.run(SECOND)
    assert "acknowledged" in row(day("incidents"), "db-1")

    day("mute", "end", muted.split("mute end ")[1][:8])
    again = day.run(SECOND + STEP)
    assert "still wait" not in again
    assert set(day.incidents()) == {"db-1", "db-2", "db-3"}

    day.run(CLEAN)
    assert "2 cleared" in day.run(datetime.now(UTC))  # later than the script's end, so what it gained is seen
    status = {host: (one["status"], one.get("outcome")) for host, one in day.incidents().items()}
    assert status == {"db-1": ("resolved", "cleared"), "db-2": ("resolved", "cleared"), "db-3": ("new", None)}
    assert any("moved away by at least" in text for text in day.comments("db-2"))
    past = json.loads(day("findings", "--state", "cleared", "--label", "instance=db-1", "--json"))
    said = day("explain", past[0]["fingerprint"])
    assert re.search(r"State: cleared, .*, told on 20\S+Z by \S+, resolved on 20\S+Z \(cleared\)", said)


def test_what_a_person_calls_false_is_quiet_and_counted_and_said(day: Day) -> None:
    day.run(FIRST)
    day.person("db-1", "resolve", resolution="nonsense", outcome="false_positive")

    assert "2 unchanged, 1 quiet as a person wished" in day.run(SECOND)
    assert "resolved (false_positive)" in row(day("incidents"), "db-1")
    finding = row(day("findings"), "db-1").split()[0]
    assert "People called a finding of this watch false once, last on 20" in day("explain", finding)
    entries = json.loads(day("audit", "--action", "watch.false_positive", "--json"))
    assert [entry["subject"] for entry in entries] == ["node/filesystem-space"]


def test_a_finding_is_explained_by_the_id_that_the_list_shows(day: Day) -> None:
    day.run(FIRST)
    finding = row(day("findings"), "db-1").split()[0]

    said = day("explain", finding)

    assert "Query: (node_filesystem_size_bytes" in said
    assert re.search(r"would not have opened below [0-9.]+ GiB \([0-9]+% of its limit\)", said)
    assert re.search(r"It is clean below 30% within 30 days, and it has (> )?\d+%", said)
    assert re.search(r"open +info +(> )?\d+% within 30 days; .*says", said)


def test_what_is_refused_as_wrong_is_listed_and_retried_or_let_go(day: Day) -> None:
    day.sandbox.faults({"kind": "status", "operations": ["createIncident"], "status": 422})
    said = day.run(FIRST)
    assert "1 message still waits for the Control Plane" in said  # a comment on one of them
    assert "3 messages were given up, and a person has to look: `forewarn outbox list --state dead`" in said
    listed = day("outbox", "list", "--state", "dead")
    numbers = re.findall(r"^(\d+) +dead +incident.create", listed, re.MULTILINE)
    assert len(numbers) == 3
    assert "the Control Plane refuses it as wrong" in listed

    day.sandbox.faults()
    day("outbox", "retry", numbers[0])
    day("outbox", "discard", numbers[1], "--reason", "not worth it")
    day.run(SECOND)

    for number, state in zip(numbers, ("delivered", "discarded", "dead"), strict=True):
        assert int(number) in {one["id"] for one in json.loads(day("outbox", "list", "--state", state, "--json"))}
    assert "is delivered: only what is pending or dead can be retried" in day("outbox", "retry", numbers[0], code=1)


@pytest.mark.parametrize(
    "command",
    [
        ("mute", "add", 'a="b"', "--for", "2h", "--reason", " "),
        ("outbox", "discard", "1", "--reason", ""),
        ("automation", "stop", "--reason", ""),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_reason_has_to_say_something(day: Day, command: tuple[str, ...]) -> None:
    assert "say why in a few words" in day(*command, code=2)
