"""What takes a while shows how far it is, to people at a terminal and to nobody else."""

from __future__ import annotations

import sys
import time
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from forewarn.cli import patience
from forewarn.cli.forecast import forecast
from forewarn.cli.patience import counted


class Terminal(StringIO):
    """A standard error at which somebody sits."""

    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """From here to the end of the test somebody sits at standard error."""
    seat = Terminal()
    monkeypatch.setattr(sys, "stderr", seat)
    monkeypatch.setenv("TERM", "xterm")
    return seat


def test_what_takes_a_while_shows_what_is_done_and_how_much_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at_a_terminal(monkeypatch)

    with counted("Forecasting", 40, begin=time.monotonic() - 3) as advance:
        advance(30)
        advance(10)

    assert "Forecasting" in terminal.getvalue()
    assert "40/40" in terminal.getvalue()


def test_where_the_end_is_not_known_what_is_done_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at_a_terminal(monkeypatch)

    with counted("Reading rows", None, begin=time.monotonic() - 3) as advance:
        advance(500_000)

    assert "500000/?" in terminal.getvalue()


def test_what_is_done_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at_a_terminal(monkeypatch)

    with counted("Forecasting", 40, begin=time.monotonic()) as advance:
        advance(40)

    assert "Forecasting" not in terminal.getvalue()


def test_nothing_is_shown_where_nobody_sits(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)

    with counted("Forecasting", 40, begin=time.monotonic() - 3) as advance:
        advance(40)

    assert pipe.getvalue() == ""


def test_a_file_command_shows_reading_and_computing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, int | None]] = []
    honest = patience.counted

    def spied(what: str, total: int | None, begin: float) -> object:
        shown.append((what, total))
        return honest(what, total, begin)

    monkeypatch.setattr(patience, "counted", spied)
    file = tmp_path / "in.csv"
    pl.DataFrame({"unique_id": ["a"] * 60, "ds": range(60), "y": [k % 5 for k in range(60)]}).write_csv(file)
    app = typer.Typer()
    app.command()(forecast)

    done = CliRunner().invoke(app, [str(file), "--horizon", "3", "--out", str(tmp_path / "out.csv")])

    assert done.exit_code == 0, done.output
    assert shown == [("Reading rows", None), ("Forecasting", 1)]
