"""Fixtures of every test. Each real server has a file of its own in tests/fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

from tests.fixtures.servers import left_out

pytest_plugins = [
    "tests.fixtures.alertmanager",
    "tests.fixtures.api",
    "tests.fixtures.exporters",
    "tests.fixtures.oidc",
    "tests.fixtures.postgres",
    "tests.fixtures.prometheus",
    "tests.fixtures.sandbox",
]

UNITS = Path(__file__).parent / "unit"

# No deadline for one example: on a busy machine it is the machine that would fail. CI tries the same examples each
# time, so that a change is judged by what it changes; everybody else tries new ones.
hypothesis.settings.register_profile("forewarn", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "forewarn")


@pytest.hookimpl(trylast=True)  # after their order was drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first, so that in the end no worker is left alone with one: slow ones, others, then the units."""
    items.sort(key=lambda item: (item.path.is_relative_to(UNITS), item.get_closest_marker("slow") is None))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell in one line which servers are missing, and how to get them."""
    line = left_out()
    if line:
        terminalreporter.write_line(line, yellow=True)
