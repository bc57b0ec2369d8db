"""How long things are kept, and the housekeeping that forgets the rest: an ordinary job, one short transaction each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from storage.analyses import prune_analyses, prune_charts
from storage.audit import prune_audit
from storage.config import RetentionConfig
from storage.engine import transaction
from storage.executions import prune_executions
from storage.findings import prune_findings, prune_history
from storage.incidents import prune_incidents
from storage.mutes import prune_mutes
from storage.outbox_admin import prune_messages
from storage.reports import prune_reports
from storage.runs import abandon_runs, prune_runs

GIVE_UP_AFTER = timedelta(days=7)  # since a run was begun: what it was to warn of, newer nights have told


_PRUNERS: dict[str, Callable[..., int]] = {
    "charts": prune_charts,
    "analyses": prune_analyses,
    "reports": prune_reports,
    "runs": prune_runs,
    "findings": prune_findings,
    "history": prune_history,
    "incidents": prune_incidents,
    "executions": prune_executions,
    "messages": prune_messages,
    "mutes": prune_mutes,
    "audit": prune_audit,
}


def prune(engine: Engine, keep: RetentionConfig, *, as_of: datetime) -> dict[str, int]:
    """Forget what is older, at `as_of`, than it is to be kept. Returns how many rows of each were forgotten."""
    return {name: _prune_one(engine, pruner, as_of - getattr(keep, name)) for name, pruner in _PRUNERS.items()}


def give_up(engine: Engine, *, as_of: datetime) -> int:
    """Give up the runs that have waited to be tried again for longer than `GIVE_UP_AFTER`. Returns how many."""
    with transaction(engine) as session:
        return abandon_runs(session, before=as_of - GIVE_UP_AFTER)


def _prune_one(engine: Engine, pruner: Callable[..., int], before: datetime) -> int:
    with transaction(engine) as session:
        return pruner(session, before=before)
