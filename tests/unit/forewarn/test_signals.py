"""Signals ask, and wake whoever waits."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from forewarn.signals import Signals

ALL = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {name: signal.getsignal(name) for name in ALL}
    heeding = Signals()
    heeding.heed()
    yield heeding
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_two_of_them_ask_to_end(name: signal.Signals, signals: Signals) -> None:
    signal.raise_signal(name)

    signals.wait()
    assert signals.end
    assert not signals.reload()


def test_a_hangup_asks_to_reload_once_however_often_it_comes(signals: Signals) -> None:
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGHUP)

    signals.wait()
    assert signals.reload()
    assert not signals.reload()
    assert not signals.end


def test_who_is_woken_for_something_else_finds_nothing_asked(signals: Signals) -> None:
    signals.wake()

    signals.wait()
    assert not signals.reload()
    assert not signals.end
