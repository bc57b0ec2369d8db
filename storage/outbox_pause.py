"""The pause of the outbox: while the Control Plane refuses our credential nothing is sent, and no try is used up."""

from __future__ import annotations

from storage.engine import ReadSession, WriteSession
from storage.switches import Switch, SwitchName, find_switch, latest_switch, prolong, turn_off, turn_on


def pause_outbox(session: WriteSession, *, reason: str, actor: str = "forewarn", seconds: float | None = None) -> None:
    """Claim nothing for so many seconds, or until it is resumed: the messages are fine, the credential is not.

    A pause that only lasts, as what was wrong still is, goes to the audit log once.
    """
    if seconds is not None and prolong(session, SwitchName.OUTBOX_PAUSED, reason=reason, seconds=seconds):
        return
    turn_on(session, SwitchName.OUTBOX_PAUSED, reason=reason, actor=actor, seconds=seconds)


def resume_outbox(session: WriteSession, *, actor: str = "forewarn") -> None:
    """Claim again."""
    turn_off(session, SwitchName.OUTBOX_PAUSED, actor=actor)


def outbox_resting(session: ReadSession) -> Switch | None:
    """The pause of the outbox: it stands until something is delivered, or somebody resumes it.

    When its time is over the next message tries whether all is well again; until that is seen, nothing is.
    """
    return latest_switch(session, SwitchName.OUTBOX_PAUSED)


def end_lapsed_pause(session: WriteSession) -> None:
    """Something was delivered: a pause whose time is over ends. One that holds stays, as this was under way then."""
    if outbox_resting(session) is not None and find_switch(session, SwitchName.OUTBOX_PAUSED) is None:
        resume_outbox(session)
