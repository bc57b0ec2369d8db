"""A lease is renewed while the work goes on, and its loss is told at the next step."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import LeaseLost
from jobs.lease import Lease
from storage.errors import DatabaseUnavailable

PATIENCE_SECONDS = 10.0


class Renewals:
    """Counts renewals, and fails from one on."""

    def __init__(self, fails_at: int = 0, error: Exception | None = None) -> None:
        self.count = 0
        self.reached = threading.Event()
        self._fails_at = fails_at
        self._error = error

    def __call__(self) -> None:
        self.count += 1
        if self.count >= max(2, self._fails_at):
            self.reached.set()
        if self._error is not None and self.count >= self._fails_at:
            self.reached.set()
            raise self._error


def test_a_lease_is_renewed_again_and_again_while_the_work_goes_on() -> None:
    renew = Renewals()

    with Lease(renew, 0.03) as lease:
        assert renew.reached.wait(PATIENCE_SECONDS)
        lease.check()

    assert renew.count >= 2


def test_nothing_is_renewed_after_the_work() -> None:
    renew = Renewals()
    with Lease(renew, 0.03):
        assert renew.reached.wait(PATIENCE_SECONDS)
    after = renew.count

    assert not threading.Event().wait(0.1)
    assert renew.count == after


def test_work_that_is_shorter_than_a_third_of_the_lease_renews_nothing() -> None:
    renew = Renewals()

    with Lease(renew, 600) as lease:
        lease.check()

    assert renew.count == 0


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(LeaseLost("somebody else has it"), 1), (DatabaseUnavailable("it is gone"), 2), (SQLAlchemyError("broken"), 1)],
    ids=["taken over", "database gone", "driver's error"],
)
def test_a_renewal_that_fails_is_told_at_the_next_step(error: Exception, attempts: int) -> None:
    renew = Renewals(1, error)

    with Lease(renew, 0.03) as lease:
        assert renew.reached.wait(PATIENCE_SECONDS)
        lease_thread_ended(lease)
        with pytest.raises(type(error)):
            lease.check()

    assert renew.count == attempts


def test_a_renewal_whose_connection_died_says_on_a_new_one_that_the_run_is_lost() -> None:
    said: list[Exception] = [DatabaseUnavailable("the connection was closed"), LeaseLost("somebody else has it")]
    reached = threading.Event()

    def renew() -> None:
        error = said.pop(0)
        if not said:
            reached.set()
        raise error

    with Lease(renew, 0.03) as lease:
        assert reached.wait(PATIENCE_SECONDS)
        lease_thread_ended(lease)
        with pytest.raises(LeaseLost):
            lease.check()


def lease_thread_ended(lease: Lease) -> None:
    lease._thread.join(PATIENCE_SECONDS)
    assert not lease._thread.is_alive()
