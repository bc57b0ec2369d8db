"""`forewarn demo` as a newcomer types it: what it finds, what it leaves behind, and whether what it prints works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from forewarn.demo.bundle import bundled
from tests.fixtures.servers import free_port

pytestmark = [pytest.mark.slow]

FOREWARN = Path(sys.executable).with_name("forewarn")
PLANTED = {(one.watch, one.entity.pairs) for one in bundled().planted}
PATIENCE_SECONDS = 120
ADDRESS = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has ended: its folder, what it said, and the database that it left."""

    folder: Path
    said: subprocess.CompletedProcess[str]
    database: str  # what `forewarn db status` said right after it

    @property
    def commands(self) -> list[str]:
        """The commands that it printed."""
        return [line.strip() for line in self.said.stdout.splitlines() if line.startswith(f"  {FOREWARN}")]

    @property
    def reports(self) -> list[Path]:
        """The report files that it named."""
        return [self.folder / name for name in re.findall(r"^Report: (.+)$", self.said.stdout, re.MULTILINE)]


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(**variables),
        text=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def environment(**more: str) -> dict[str, str]:
    """That of a person who has set nothing for Forewarn or Python, and more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOREWARN_", "PYTHON"))}
    return kept | more


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, run twice in one folder whose name has to be quoted: the second forgets what the first left."""
    folder = tmp_path_factory.mktemp("a new comer")
    shell(f"{FOREWARN} demo --folder 'my demo' --language zh-TW", folder)
    said = shell(f"{FOREWARN} demo --folder 'my demo'", folder, PYTHONWARNINGS="default")
    database = shell(f"{FOREWARN} db status -c 'my demo/forewarn.yaml'", folder)
    yield Demo(folder, said, database.stdout)
    shell(f"{FOREWARN} db stop -c 'my demo/forewarn.yaml'", folder)


def test_it_comes_to_its_end_without_a_word_of_trouble(demo: Demo) -> None:
    assert (demo.said.returncode, demo.said.stderr) == (0, "")
    assert "succeeded" in demo.said.stdout
    assert f"The sandbox Control Plane has {len(PLANTED)} incidents." in demo.said.stdout


def test_it_writes_a_page_and_a_text_in_both_languages(demo: Demo) -> None:
    assert sorted(path.name.split(".", 1)[1] for path in demo.reports) == ["en.html", "en.md", "zh-TW.html", "zh-TW.md"]
    assert all(path.stat().st_size > 10_000 for path in demo.reports)


def test_it_leaves_nothing_running(demo: Demo) -> None:
    assert "is not running" in demo.database


def test_the_first_command_that_it_prints_shows_what_was_planted_and_nothing_else(demo: Demo) -> None:
    table = shell(demo.commands[0], demo.folder)
    listed = shell(f"{demo.commands[0]} --json", demo.folder)

    assert (table.returncode, table.stderr) == (0, "")
    found = {(one["watch"], tuple(sorted(one["entity"].items()))) for one in json.loads(listed.stdout)}
    assert found == PLANTED


def test_the_second_command_that_it_prints_serves_them(demo: Demo) -> None:
    port = free_port()
    command = demo.commands[1].partition("#")
    address = command[2].strip().replace(ADDRESS, f"http://127.0.0.1:{port}")

    with subprocess.Popen(
        f"exec {command[0]}",
        shell=True,
        cwd=demo.folder,
        env=environment(FOREWARN_API__PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as service:
        try:
            answer = answered(address, service)
        finally:
            service.terminate()

    assert {(one["watch"], tuple(sorted(one["entity"].items()))) for one in answer.json()["items"]} == PLANTED
    assert service.returncode == 0


def test_the_last_command_that_it_prints_stops_what_they_started(demo: Demo) -> None:
    shell(demo.commands[0], demo.folder)

    stopped = shell(demo.commands[-1], demo.folder)

    assert "is stopped" in stopped.stdout
    assert "is not running" in shell(f"{FOREWARN} db status -c 'my demo/forewarn.yaml'", demo.folder).stdout


def answered(address: str, service: subprocess.Popen[bytes]) -> httpx.Response:
    """The first answer of a service that is starting."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert service.poll() is None, "the service ended"
        try:
            return httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service does not answer")


def test_no_step_is_told_of_what_only_has_its_day_and_its_week(demo: Demo) -> None:
    (english,) = [path for path in demo.reports if path.name.endswith(".en.md")]

    assert "Stepped" not in english.read_text(encoding="utf-8")
