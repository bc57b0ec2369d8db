"""How long things are kept, and the housekeeping that forgets the rest: an ordinary job, one short transaction each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from storage.analyses import prune_analyses, prune_charts
from storage.audit import prune_audit
from storage.engine import transaction
from storage.executions import prune_executions
from storage.findings import prune_findings, prune_history
from storage.incidents import prune_incidents
from storage.mutes import prune_mutes
from storage.outbox_admin import prune_messages
from storage.reports import prune_reports
from storage.runs import abandon_runs, prune_runs

Age = Annotated[timedelta, Field(ge=timedelta(days=1))]

GIVE_UP_AFTER = timedelta(days=7)  # since a run was begun: what it was to warn of, newer nights have told


class RetentionConfig(BaseModel):
    """How long each thing is kept. Findings that are not cleared, open incidents and dead messages are kept anyway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charts: Age = Field(default=timedelta(days=14), description="Charts of single entities: most of the bytes.")
    analyses: Age = Field(default=timedelta(days=120), description="What each run said of each entity, for grading.")
    runs: Age = Field(default=timedelta(days=400), description="Runs, with their shards.")
    reports: Age = Field(default=timedelta(days=400), description="Rendered reports.")
    findings: Age = Field(default=timedelta(days=400), description="Findings after they were cleared.")
    history: Age = Field(default=timedelta(days=400), description="How findings stood after each run.")
    incidents: Age = Field(default=timedelta(days=800), description="Incidents after they were resolved.")
    executions: Age = Field(default=timedelta(days=400), description="Automation executions after their end.")
    messages: Age = Field(default=timedelta(days=90), description="Messages of the outbox after they were delivered.")
    mutes: Age = Field(default=timedelta(days=400), description="Mutes after their end.")
    audit: Age = Field(default=timedelta(days=800), description="Entries of the audit log.")


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
