"""Fixtures of every test. Each real server has a file of its own in tests/fixtures."""

from __future__ import annotations

import os

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

# No deadline for one example: on a busy machine it is the machine that would fail. CI tries the same examples each
# time, so that a change is judged by what it changes; everybody else tries new ones.
hypothesis.settings.register_profile("forewarn", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "forewarn")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell in one line which servers are missing, and how to get them."""
    line = left_out()
    if line:
        terminalreporter.write_line(line, yellow=True)
