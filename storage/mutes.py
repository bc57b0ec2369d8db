"""Mutes: what is not told for a while, who wants it so, and why."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.audit import AuditEntry
from domain.mute import Mute
from storage import codec
from storage.audit import append_audit
from storage.engine import ReadSession, WriteSession
from storage.errors import NotFound
from storage.outbox import wake_held_back
from storage.tables import MuteRow


def add_mute(session: WriteSession, mute: Mute, *, actor: str = "") -> bool:
    """Write a mute and its audit entry; False when it is there already. `actor` did it; empty: its owner."""
    statement = insert(MuteRow).values(
        id=mute.id,
        matchers=mute.matchers,
        owner=mute.owner,
        reason=mute.reason,
        starts_at=mute.starts_at,
        expires_at=mute.expires_at,
        recurrence=mute.recurrence,
    )
    made = session.scalars(statement.on_conflict_do_nothing(index_elements=["id"]).returning(MuteRow.id)).one_or_none()
    if made is not None:
        entry = AuditEntry(actor or mute.owner, "mute.add", str(mute.id), mute.reason, codec.encode(mute))
        append_audit(session, [entry])
    return made is not None


def end_mute(session: WriteSession, mute: Mute, *, at: datetime, actor: str, reason: str = "") -> bool:
    """End a mute before its time, with an audit entry; what it held back is due. False when it has ended already."""
    statement = (
        update(MuteRow)
        .where(MuteRow.id == mute.id, MuteRow.ended_at.is_(None), MuteRow.expires_at > at)
        .values(ended_at=at)
    )
    ended = session.connection().execute(statement).rowcount == 1
    if ended:
        append_audit(session, [AuditEntry(actor, "mute.end", str(mute.id), reason)])
        wake_held_back(session)
    return ended


def find_mute(session: ReadSession, prefix: str) -> Mute:
    """The one mute whose id begins so. Raises `NotFound` when there is none, or more than one."""
    text = cast(MuteRow.id, Text)
    rows = session.scalars(select(MuteRow).where(text.startswith(prefix.lower(), autoescape=True)).limit(2)).all()
    if len(rows) != 1:
        raise NotFound(f"there is {'no' if not rows else 'more than one'} mute whose id begins with {prefix}")
    return _mute(rows[0])


def load_mutes(session: ReadSession, *, as_of: datetime) -> list[Mute]:
    """The mutes between their start and their end at that time; whether a recurring window is open is not looked at."""
    statement = (
        select(MuteRow)
        .where(MuteRow.starts_at <= as_of, MuteRow.expires_at > as_of)
        .where(func.coalesce(MuteRow.ended_at, MuteRow.expires_at) > as_of)
        .order_by(MuteRow.starts_at, MuteRow.id)
    )
    return [_mute(row) for row in session.scalars(statement, execution_options={"populate_existing": True})]


def list_mutes(session: ReadSession, *, ended_since: datetime) -> list[Mute]:
    """The mutes that have not ended before that time, those that end first at the top."""
    end = func.coalesce(MuteRow.ended_at, MuteRow.expires_at)
    statement = select(MuteRow).where(end >= ended_since).order_by(end, MuteRow.id)
    return [_mute(row) for row in session.scalars(statement, execution_options={"populate_existing": True})]


def prune_mutes(session: WriteSession, *, before: datetime) -> int:
    """Forget mutes that expired before that. Returns how many."""
    return session.connection().execute(delete(MuteRow).where(MuteRow.expires_at < before)).rowcount


def _mute(row: MuteRow) -> Mute:
    return Mute(
        id=row.id,
        matchers=row.matchers,
        owner=row.owner,
        reason=row.reason,
        starts_at=row.starts_at.astimezone(UTC),
        expires_at=row.expires_at.astimezone(UTC),
        recurrence=row.recurrence,
        ended_at=None if row.ended_at is None else row.ended_at.astimezone(UTC),
    )
