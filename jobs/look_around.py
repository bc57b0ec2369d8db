"""Look around before a run decides: what fires, what is silenced, what people did with our incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Engine

from controlplane.client import MAX_PAGE, ControlPlaneClient
from controlplane.errors import ControlPlaneError, CredentialFault, Malformed, NotFound, Unavailable
from controlplane.models import Incident as RemoteIncident
from controlplane.models import IncidentStatus as RemoteStatus
from domain.alert import KnownAlert, KnownIncident
from domain.audit import AuditEntry
from domain.finding import Outcome
from domain.incident import Incident, IncidentStatus
from domain.job import Job
from domain.labels import Labels
from domain.times import Grid
from jobs.messages import SOURCE
from jobs.surroundings import NOTHING, Surroundings
from sources.alertmanager import Alertmanager
from sources.base import Source
from sources.errors import SourceError
from storage.audit import append_audit
from storage.engine import ReadSession, read_only, transaction
from storage.errors import NotFound as StoredNotFound
from storage.findings import get_finding
from storage.incidents import get_incident, load_open_incidents, record_remote
from storage.runs import lock_job

log = structlog.get_logger(__name__)
Known = TypeVar("Known")

FIRING = 'ALERTS{alertstate="firing"}'
MOST_PAGES = 25  # of 200 open incidents each: what is beyond them is not looked at, which the log says
MOST_MEMBERS = 50  # of a storm: whose watches count is seen from the most urgent ones
FALSE_POSITIVE = "watch.false_positive"  # in the audit log, by the watch's key
LIVE = timedelta(hours=24)  # a run for an older time is a replay: it must not see what fires today


def firing(source: Source, as_of: datetime) -> tuple[KnownAlert, ...]:
    """The alerts that Prometheus says fired at that time. Raises `SourceError`."""
    batch = source.fetch(FIRING, Grid(int(as_of.timestamp()), 60, 1))
    return tuple(
        KnownAlert(labels.get("alertname", ""), labels.without(("alertname", "alertstate", "__name__")))
        for labels in batch.labels
    )


def look_around(
    job: Job,
    as_of: datetime,
    *,
    now: datetime,
    engine: Engine,
    source: Source,
    alertmanager: Alertmanager | None,
    control_plane: ControlPlaneClient | None,
    record: bool = True,
) -> Surroundings:
    """What others tell already. What could not be looked at is named, and keeps nothing from being told.

    What people did with our incidents is read back and written down, unless `record` says that nothing is.
    """
    missing: list[str] = []

    def tried(what: str, ask: Callable[[], tuple[Known, ...]]) -> tuple[Known, ...]:
        try:
            return ask()
        except (SourceError, ControlPlaneError) as error:
            log.warning("not_looked_at", what=what, job=job.name, reason=str(error))
            missing.append(f"{what}: {error}")
            return ()

    alerts = tried("firing alerts", lambda: firing(source, as_of))
    silenced = NOTHING
    others: tuple[KnownIncident, ...] = ()
    if now - as_of <= LIVE:
        if alertmanager is not None:
            alerts += tried("Alertmanager's alerts", alertmanager.alerts)
            silenced = silences_now(alertmanager)
            missing += silenced.missing
        if control_plane is not None:
            if record:
                tried("our incidents", lambda: follow(engine, control_plane, job, now))
            others = tried("open incidents", lambda: open_incidents_of_others(control_plane))
    return Surroundings(alerts, silenced.silences, others, tuple(missing), silenced.unheard)


def silences_now(alertmanager: Alertmanager) -> Surroundings:
    """What is silenced just now, and nothing else of what others tell."""
    try:
        return Surroundings(silences=alertmanager.silences())
    except SourceError as error:
        log.warning("not_looked_at", what="Alertmanager's silences", reason=str(error))
        return Surroundings(missing=(f"Alertmanager's silences: {error}",), unheard=str(error))


def follow(engine: Engine, client: ControlPlaneClient, job: Job, now: datetime) -> tuple[Incident, ...]:
    """Read back how our open incidents stand at the Control Plane.

    Those that are open there come page by page; only what is not among them is asked for by itself. One whose answer
    makes no sense is told in the log, and keeps no other from being read back. Raises `ControlPlaneError` where none
    can be asked for.
    """
    with read_only(engine) as session:
        ours = [one for one in load_open_incidents(session, job=job.name) if one.remote_id is not None]
    still_open = _still_open(client) if ours else {}
    for incident in ours:
        remote = still_open.get(incident.remote_id or "") or _asked_for(client, incident)
        if remote is not None and (remote.status.value, remote.outcome) != (incident.status.value, incident.outcome):
            _record(engine, job, incident, remote, now)
    return tuple(ours)


def _still_open(client: ControlPlaneClient) -> dict[str, RemoteIncident]:
    """Ours that are open there, by id; none where the list makes no sense: each is asked for by itself then."""
    try:
        return {one.id: one for one in _open_incidents(client, source=SOURCE)}
    except Malformed as error:
        log.warning("incidents_not_listed", reason=str(error))
        return {}


def _asked_for(client: ControlPlaneClient, incident: Incident) -> RemoteIncident | None:
    """How one incident stands; None where it is not there, or its answer makes no sense."""
    try:
        return client.get_incident(incident.remote_id or "")
    except NotFound:
        log.warning("incident_is_gone", source_key=incident.source_key, remote_id=incident.remote_id)
    except (Unavailable, CredentialFault):
        raise  # the others would fare no better
    except ControlPlaneError as error:
        log.warning("incident_not_followed", source_key=incident.source_key, reason=str(error))
    return None


def _record(engine: Engine, job: Job, incident: Incident, remote: RemoteIncident, now: datetime) -> None:
    """Write down how an incident stands there, unless a run has resolved it meanwhile: none concludes just now."""
    with transaction(engine) as session:
        lock_job(session, job.name)
        standing = get_incident(session, incident.source_key)
        if standing.status is IncidentStatus.RESOLVED:
            return
        record_remote(
            session,
            incident.source_key,
            remote_id=remote.id,
            status=IncidentStatus(remote.status.value),
            severity=standing.severity,
            outcome=remote.outcome,
            resolved_at=remote.resolved_at,
            seen_at=now,
        )
        if remote.status is RemoteStatus.RESOLVED and remote.outcome is Outcome.FALSE_POSITIVE:
            append_audit(session, _counted(session, standing))


def _counted(session: ReadSession, incident: Incident) -> list[AuditEntry]:
    """A false positive counts against the watches that made it: once, as a resolved incident is not read again."""
    watches: dict[str, list[str]] = {}
    for name in incident.members[:MOST_MEMBERS]:
        with suppress(StoredNotFound):
            watches.setdefault(get_finding(session, name).watch, []).append(name)
    reason = f"a person said so of {incident.source_key}: {incident.title}"
    return [
        AuditEntry("control plane", FALSE_POSITIVE, watch, reason, {"findings": names})
        for watch, names in sorted(watches.items())
    ]


def open_incidents_of_others(client: ControlPlaneClient) -> tuple[KnownIncident, ...]:
    """Incidents that are open and that we did not make. Raises `ControlPlaneError`."""
    return tuple(
        KnownIncident(one.id, one.title, Labels.of(one.labels or {}))
        for one in _open_incidents(client)
        if one.source != SOURCE
    )


def _open_incidents(client: ControlPlaneClient, source: str = "") -> Iterator[RemoteIncident]:
    """The incidents that are open at the Control Plane, of that source or of all."""
    for status in (RemoteStatus.NEW, RemoteStatus.ACKNOWLEDGED, RemoteStatus.IN_PROGRESS):
        for page in range(1, MOST_PAGES + 1):
            answer = client.list_incidents(source=source, status=status, page=page)
            yield from answer.items
            if page >= answer.pagination.total_pages or not answer.items:
                break
        else:
            log.warning("incidents_left_out", status=status.value, looked_at=MOST_PAGES * MAX_PAGE)
