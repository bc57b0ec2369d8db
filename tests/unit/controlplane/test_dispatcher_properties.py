"""Whatever fails, in whatever order, and wherever the process is killed: told once, in order, or known to be dead."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.dispatcher import Timing
from domain.outbox import MessageKind
from tests.unit.controlplane.memory_store import KilledError
from tests.unit.controlplane.plane import CONFIG, Desk, Fault, answer, lose_answer, message, refuse_connection

KINDS = [
    MessageKind.INCIDENT_CREATE,
    MessageKind.INCIDENT_UPDATE,
    MessageKind.INCIDENT_COMMENT,
    MessageKind.INCIDENT_RESOLVE,
]


def nothing(_request: object) -> None:
    return None


BEFORE: list[Fault] = [nothing, refuse_connection, lose_answer, answer(503), answer(401), answer(429)]
AFTER: list[Fault] = [nothing, lose_answer, answer(500), answer(502)]
KILLS = ["", "", "", "after_claim", "before_record"]


@settings(max_examples=100, deadline=None)
@given(
    before=st.lists(st.sampled_from(BEFORE), max_size=20),
    after=st.lists(st.sampled_from(AFTER), max_size=20),
    kills=st.lists(st.sampled_from(KILLS), max_size=10),
)
def test_an_incidents_life_is_told_once_and_in_order(before: list[Fault], after: list[Fault], kills: list[str]) -> None:
    desk = Desk(*(message(kind, number) for number, kind in enumerate(KINDS, 1)))
    desk.plane.before, desk.plane.after = list(before), list(after)

    for turn in range(200):
        if desk.store.state().waiting == 0:
            break
        desk.store.kill_at = kills[turn] if turn < len(kills) else ""
        try:
            desk.turn(later=Timing.of(CONFIG).lease)
        except KilledError:
            continue

    assert desk.plane.effects == ["create", "update", "comment", "resolve"]
    assert desk.store.state().waiting == 0
