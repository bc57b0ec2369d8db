"""What a person sees when a command fails or is stopped."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from forewarn.cli.failures import told_plainly
from storage.errors import StorageError


@pytest.fixture(autouse=True)
def _keyboard() -> Iterator[None]:
    """Ctrl-C means what it does in a terminal, also where the tests themselves run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def command(*, stopped: bool, code: object, error: Exception | None) -> None:
    """A command that is stopped, or not, and then ends with that code or error; without either, by Ctrl-C itself."""
    try:
        signal.raise_signal(signal.SIGINT if stopped else signal.SIGCHLD)
    except KeyboardInterrupt:
        if error is None and code is None:
            raise
    if error is not None:
        raise error
    raise SystemExit(code)


def ended(*, stopped: bool, code: object = None, error: Exception | None = None) -> object:
    """The exit code that a shell sees, or the text that is printed."""
    with pytest.raises(SystemExit) as end, told_plainly():
        command(stopped=stopped, code=code, error=error)
    return end.value.code


def test_a_failure_is_told_in_its_own_words() -> None:
    assert ended(stopped=False, error=StorageError("the database is away")) == "forewarn: the database is away"


@pytest.mark.parametrize("error", [None, StorageError("canceling statement due to user request"), ValueError("odd")])
def test_what_is_stopped_says_so_whatever_it_was_at(
    error: Exception | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(stopped=True, error=error) == 130
    assert capsys.readouterr().err == "forewarn: stopped\n"


def test_what_came_to_its_end_all_the_same_was_not_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(stopped=True, code=0) == 0
    assert capsys.readouterr().err == ""


def test_afterwards_ctrl_c_means_what_it_did() -> None:
    ended(stopped=True)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
