"""What automation's tests begin with: everything is allowed, so that a test takes away the one thing it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.execution import Execution, ExecutionStatus
from domain.finding import Finding, FindingKind, FindingState, Severity, Told, fingerprint
from domain.labels import Labels
from domain.mute import Recurrence
from jobs.automation.config import AutomationConfig
from jobs.automation.plan import AutomationDecision, plan_executions
from jobs.automation.state import Available, GuardState, Past, Place
from jobs.decide.acts import Act, Decision
from tests.fixtures.builders import AS_OF, make_analysis, make_evidence, make_exhaustion

ALWAYS = Recurrence("0 0 * * *", timedelta(days=1))
INCIDENT = "forewarn:0123456789abcdef0123456789abcdef:20261121T020000Z"
RULE: dict[str, Any] = {
    "script": "clean-temp",
    "watches": ["node/*"],
    "entities": 'instance=~"db-.*"',
    "parameters": {
        "instance": {"label": "instance", "pattern": "[a-z0-9.:-]+"},
        "mountpoint": {"label": "mountpoint", "pattern": "/[a-z/]*"},
    },
    "severity": "info",
    "dry_run": False,
    "approval_from": "never",
    "share": 1,
}
AUTOMATION: dict[str, Any] = {
    "enabled": True,
    "dry_run": False,
    "scripts": ["clean-temp"],
    "hours": [{"starts": "0 0 * * *", "lasts": "24h"}],
    "per_hour": 100,
    "per_day": 100,
}


def make_config(rule: dict[str, Any] | None = None, **changes: Any) -> AutomationConfig:
    """A configuration that allows everything, with changes of its one rule, `clean`, and of the rest."""
    return AutomationConfig.model_validate(AUTOMATION | {"rules": {"clean": RULE | (rule or {})}} | changes)


def make_finding(host: str = "db-1", **changes: Any) -> Finding:
    """An open finding: the disk of a host will be full in nine days."""
    entity = Labels.of(instance=host, mountpoint="/var")
    finding = Finding(
        fingerprint=fingerprint(FindingKind.EXHAUSTION, "node/filesystem-space", entity),
        job="nightly-capacity",
        watch="node/filesystem-space",
        kind=FindingKind.EXHAUSTION,
        entity=entity,
        severity=Severity.WARNING,
        state=FindingState.OPEN,
        episode=1,
        title="<script>alert(1)</script>",
        summary="",
        first_seen=AS_OF,
        last_seen=AS_OF,
        exhaustion=make_exhaustion(),
        evidence=make_evidence(),
        labels=Labels.of(instance=host, mountpoint="/var", cluster="one"),
        told=Told(AS_OF, Severity.WARNING, AS_OF + timedelta(days=9)),
        incident=INCIDENT,
    )
    return replace(finding, **changes)


def seen(finding: Finding, act: Act = Act.KEEP) -> Decision:
    """What a run decided on a finding that it saw."""
    return Decision(act, finding, "", make_analysis(watch=finding.watch, entity=finding.entity))


def make_state(**changes: Any) -> GuardState:
    """A quiet moment: nothing was started, nobody is at work, the Control Plane has the script."""
    scripts = {"clean-temp": frozenset({"instance", "mountpoint"})}
    sizes = {("clean", "node/filesystem-space", ""): 100}
    state = GuardState(AS_OF, windows=(ALWAYS,), available=Available(AS_OF, scripts), sizes=sizes)
    return replace(state, **changes)


def make_past(finding: Finding, *, hours: float = 48, number: int = 1, rule: str = "clean", **changes: Any) -> Past:
    """A real execution that was asked for so many hours ago, and that succeeded."""
    at: datetime = AS_OF - timedelta(hours=hours)
    mode = "dry" if changes.get("dry_run", False) else "run"
    execution = Execution(
        correlation_id=f"fw:{rule}:{finding.fingerprint}:e{finding.episode}:{mode}{number}",
        script_id="clean-temp",
        rule=rule,
        fingerprint=finding.fingerprint,
        source_key=finding.incident,
        requested_at=at,
        dry_run=False,
        status=ExecutionStatus.SUCCESS,
        remote_id="exe-1",
        completed_at=at + timedelta(minutes=1),
    )
    execution = replace(execution, **changes)
    if not execution.status.finished:
        execution = replace(execution, completed_at=None)
    return Past(execution, Place.of(finding))


def planned(config: AutomationConfig, state: GuardState, *findings: Finding) -> tuple[AutomationDecision, ...]:
    """What is planned for findings that were just seen."""
    return plan_executions([seen(finding) for finding in findings], config, state, AS_OF)
