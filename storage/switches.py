"""Switches that hold for all processes at once: the outbox paused, automation stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.audit import AuditEntry
from storage.audit import append_audit
from storage.clock import now, seconds_from_now
from storage.engine import ReadSession, WriteSession
from storage.tables import SwitchRow


class SwitchName(StrEnum):
    """What can be switched."""

    OUTBOX_PAUSED = "outbox_paused"
    AUTOMATION_STOPPED = "automation_stopped"  # the kill switch


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch that is on: who turned it on, why, when, and until when (None: until somebody turns it off)."""

    name: SwitchName
    reason: str
    actor: str
    since: datetime
    until: datetime | None


def turn_on(session: WriteSession, name: SwitchName, *, reason: str, actor: str, seconds: float | None = None) -> None:
    """Turn a switch on, for so many seconds or until somebody turns it off. It goes to the audit log."""
    _turn(session, name, is_on=True, reason=reason, actor=actor, seconds=seconds)


def turn_off(session: WriteSession, name: SwitchName, *, reason: str = "", actor: str) -> None:
    """Turn a switch off. It goes to the audit log, unless it was off."""
    if latest_switch(session, name) is not None:
        _turn(session, name, is_on=False, reason=reason, actor=actor, seconds=None)


def find_switch(session: ReadSession, name: SwitchName) -> Switch | None:
    """The switch when it is on, else None."""
    row = session.scalars(
        select(SwitchRow)
        .where(SwitchRow.name == name.value, SwitchRow.is_on)
        .where(or_(SwitchRow.until.is_(None), SwitchRow.until > now())),
        execution_options={"populate_existing": True},
    ).one_or_none()
    return None if row is None else _switch(row)


def latest_switch(session: ReadSession, name: SwitchName) -> Switch | None:
    """The switch where nobody has turned it off, also when its time is over; else None."""
    row = session.scalars(
        select(SwitchRow).where(SwitchRow.name == name.value, SwitchRow.is_on),
        execution_options={"populate_existing": True},
    ).one_or_none()
    return None if row is None else _switch(row)


def prolong(session: WriteSession, name: SwitchName, *, reason: str, seconds: float) -> bool:
    """Let a switch that was turned on for the same reason hold for so many seconds from now; False when it was not.

    It is no news, and does not go to the audit log.
    """
    statement = (
        update(SwitchRow)
        .where(SwitchRow.name == name.value, SwitchRow.is_on, SwitchRow.reason == reason, SwitchRow.until.is_not(None))
        .values(until=func.greatest(SwitchRow.until, seconds_from_now(seconds)))
    )
    return session.connection().execute(statement).rowcount == 1


def _switch(row: SwitchRow) -> Switch:
    until = None if row.until is None else row.until.astimezone(UTC)
    return Switch(SwitchName(row.name), row.reason, row.actor, row.changed_at.astimezone(UTC), until)


def _turn(
    session: WriteSession, name: SwitchName, *, is_on: bool, reason: str, actor: str, seconds: float | None
) -> None:
    until = None if seconds is None else seconds_from_now(seconds)
    values = {"is_on": is_on, "until": until, "reason": reason, "actor": actor, "changed_at": func.clock_timestamp()}
    statement = insert(SwitchRow).values(name=name.value, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    action = f"{name.value}.{'on' if is_on else 'off'}"
    append_audit(session, [AuditEntry(actor, action, name.value, reason, {"seconds": seconds})])
