"""What the Control Plane has: its scripts, and the resources that scripts work on."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from controlplane.client import ControlPlaneClient
from controlplane.errors import ControlPlaneError
from jobs.automation.config import AutomationConfig
from jobs.automation.follow import follow_executions
from jobs.automation.state import Available

log = structlog.get_logger(__name__)

MOST_PAGES = 100  # of 200 resources each: what is beyond them is not found, and so is not touched
LIVE = timedelta(hours=24)  # a run for an older time starts nothing: nobody need be asked


def look_at(
    config: AutomationConfig, engine: Engine, client: ControlPlaneClient, as_of: datetime, now: datetime
) -> Available | None:
    """Follow what was started, and ask what may be started; None where nothing is, or the answer is missing."""
    try:
        follow_executions(engine, client, now)
        return available(config, client, now) if config.enabled and now - as_of <= LIVE else None
    except ControlPlaneError as error:
        log.warning("automation_not_looked_at", reason=str(error))
        return None


def available(config: AutomationConfig, client: ControlPlaneClient, now: datetime) -> Available:
    """The scripts that are enabled, and, where a rule has a target, the resources. Raises `ControlPlaneError`."""
    scripts = {
        one.id: None if one.parameters is None else frozenset(one.parameters)
        for one in client.list_scripts().items
        if one.enabled is not False
    }
    wanted = any(rule.target is not None for rule in config.rules.values())
    return Available(now, scripts, _resources(client) if wanted else {})


def _resources(client: ControlPlaneClient) -> dict[str, tuple[str, ...]]:
    """The ids of resources, by name and by address, in lower case."""
    found: dict[str, dict[str, None]] = {}
    for page in range(1, MOST_PAGES + 1):
        answer = client.list_resources(page=page)
        for one in answer.items:
            for key in {one.name.lower(), (one.ip_address or one.name).lower()}:
                found.setdefault(key, {})[one.id] = None
        if page >= answer.pagination.total_pages or not answer.items:
            break
    return {key: tuple(ids) for key, ids in found.items()}
