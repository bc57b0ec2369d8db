"""What is done after a failure, case by case."""

from __future__ import annotations

import pytest

from controlplane.config import DispatcherConfig
from controlplane.errors import ErrorKind
from controlplane.retry import Action, Dead, DeliverAgain, LookUpFirst, Pause, RetryPolicy, Tries, backoff, next_action

POLICY = RetryPolicy(base=4.0, ceiling=60.0, settle=30.0, pause=90.0, conflict_tries=3)


@pytest.mark.parametrize(
    ("tries", "jitter", "seconds"),
    [
        (1, 0.0, 2.0),  # 4 * 2**0 * 0.5
        (1, 1.0, 4.0),
        (2, 0.0, 4.0),  # 4 * 2**1 * 0.5
        (4, 0.5, 24.0),  # 4 * 2**3 * 0.75
        (5, 1.0, 60.0),  # 4 * 2**4 = 64, above the ceiling
        (10_000, 0.0, 30.0),
    ],
)
def test_waits_double_up_to_the_ceiling_and_half_of_them_is_chance(tries: int, jitter: float, seconds: float) -> None:
    assert backoff(POLICY, tries, jitter) == seconds


CASES: list[tuple[str, ErrorKind, int, float | None, Action]] = [
    ("not sent", ErrorKind.UNAVAILABLE, 1, None, DeliverAgain(2.0)),
    ("not sent, told to wait", ErrorKind.UNAVAILABLE, 1, 45.0, DeliverAgain(45.0)),
    ("no answer", ErrorKind.UNKNOWN, 1, None, LookUpFirst(30.0)),
    ("no answer, again and again", ErrorKind.UNKNOWN, 99, None, LookUpFirst(30.0)),
    ("503 with Retry-After", ErrorKind.UNKNOWN, 1, 50.0, LookUpFirst(50.0)),
    ("429 with Retry-After", ErrorKind.RATE_LIMITED, 7, 12.0, DeliverAgain(12.0)),
    ("429 without", ErrorKind.RATE_LIMITED, 2, None, DeliverAgain(4.0)),
    ("400, 422", ErrorKind.REJECTED, 1, None, Dead("the Control Plane refuses it as wrong")),
    ("404", ErrorKind.NOT_FOUND, 1, None, Dead("what it is about is not at the Control Plane")),
    ("409", ErrorKind.CONFLICT, 2, None, LookUpFirst(4.0)),
    ("409 for ever", ErrorKind.CONFLICT, 3, None, Dead("in conflict with another object, 3 times in a row")),
    ("403", ErrorKind.FORBIDDEN, 2, None, DeliverAgain(4.0)),
    ("403 for ever, as for all others", ErrorKind.FORBIDDEN, 9, None, DeliverAgain(30.0)),
    ("401", ErrorKind.CREDENTIAL, 50, None, Pause(90.0)),
    ("a wrong URL", ErrorKind.MISDIRECTED, 1, 200.0, Pause(200.0)),
]


@pytest.mark.parametrize(("kind", "tries", "hint", "action"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_each_kind_of_failure_has_its_action(kind: ErrorKind, tries: int, hint: float | None, action: Action) -> None:
    assert next_action(POLICY, Tries(tries, tries), kind, hint, jitter=0.0) == action


def test_only_conflicts_in_a_row_are_counted() -> None:
    assert next_action(POLICY, Tries(99, 2), ErrorKind.CONFLICT, None, jitter=0.0) == LookUpFirst(30.0)


def test_what_is_not_allowed_while_others_are_told_is_given_up_in_the_end() -> None:
    last_but_one, last = (
        next_action(POLICY, Tries(9, number, others_told=True), ErrorKind.FORBIDDEN, None, jitter=0.0)
        for number in (2, 3)
    )

    assert last_but_one == DeliverAgain(30.0)
    assert last == Dead("not allowed with our credential, 3 times in a row, while others are")


def test_those_who_were_told_to_wait_do_not_return_all_at_once() -> None:
    first = next_action(POLICY, Tries(), ErrorKind.RATE_LIMITED, 10.0, jitter=0.0)
    last = next_action(POLICY, Tries(), ErrorKind.RATE_LIMITED, 10.0, jitter=0.5)

    assert (first, last) == (DeliverAgain(10.0), DeliverAgain(12.0))


def test_every_kind_of_error_is_decided() -> None:
    for kind in ErrorKind:
        assert isinstance(next_action(POLICY, Tries(), kind, None, 0.5), DeliverAgain | LookUpFirst | Dead | Pause)


def test_the_policy_is_what_the_configuration_says() -> None:
    config = DispatcherConfig.model_validate(
        {"backoff_base": 1, "backoff_ceiling": 2, "settle_time": 3, "pause": 4, "conflict_tries": 5}
    )

    assert RetryPolicy.of(config) == RetryPolicy(base=1, ceiling=2, settle=3, pause=4, conflict_tries=5)
