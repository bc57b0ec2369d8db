"""Signals ask, and wake whoever waits."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from forewarn.signals import Signals

ALL = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = {name: signal.getsignal(name) for name in ALL}
    with closing(Signals()) as heeding:
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


def test_a_signal_that_reaches_another_thread_wakes_the_one_that_waits(signals: Signals) -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait, args=(30,))
    other.start()
    assert other.ident is not None
    late = threading.Timer(10, signals.wake)  # so that a fault fails, and does not hang
    late.start()
    threading.Timer(0.2, signal.pthread_kill, (other.ident, signal.SIGTERM)).start()

    signals.wait()
    ended, in_time = signals.end, late.is_alive()
    late.cancel()
    done.set()
    other.join()
    late.join()
    assert (ended, in_time) == (True, True)


def test_who_is_woken_for_something_else_finds_nothing_asked(signals: Signals) -> None:
    signals.wake()

    signals.wait()
    assert not signals.reload()
    assert not signals.end


IN_A_TERMINAL = """
import fcntl, termios
from forewarn.signals import Signals
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signals = Signals()
signals.heed()
print("ready", flush=True)
while not signals.end:
    signals.wait()
    if signals.reload():
        print("reload", flush=True)
print("end", flush=True)
"""


def test_what_was_started_in_a_terminal_ends_with_it() -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL], stdin=slave, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    os.close(slave)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    process.send_signal(signal.SIGHUP)
    assert process.stdout.readline() == "reload\n"  # the terminal is there: somebody asked for it

    os.close(master)
    told, _ = process.communicate(timeout=30)
    assert (told, process.returncode) == ("end\n", 0)
