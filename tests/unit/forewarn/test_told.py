"""Whether a finding was told, as `forewarn explain` says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.finding import FindingState, Outcome, Severity
from domain.incident import Incident, IncidentStatus
from forewarn.cli.told import in_words
from tests.fixtures.builders import AS_OF
from tests.integration.storage.builders import finding

INCIDENT = Incident("i-1", "f", 1, "nightly", "Disk", Severity.INFO, AS_OF, remote_id="42")
TOLD = replace(finding(), opened_at=AS_OF, incident="i-1")


def test_what_has_no_incident_was_not_told() -> None:
    assert in_words(replace(finding(), opened_at=None), None, None) == "not told"


def test_what_stands_is_told_since_the_control_plane_took_it() -> None:
    later = AS_OF + timedelta(hours=5)

    assert in_words(TOLD, INCIDENT, None) == "told on 2026-11-22T02:00:00Z by i-1"
    assert in_words(TOLD, INCIDENT, later) == "told on 2026-11-22T07:00:00Z by i-1"


def test_what_was_told_and_resolved_says_both() -> None:
    cleared = replace(TOLD, state=FindingState.CLEARED, incident="")
    ended = replace(
        INCIDENT,
        status=IncidentStatus.RESOLVED,
        resolved_at=AS_OF + timedelta(days=2),
        outcome=Outcome.CLEARED,
    )

    assert in_words(cleared, ended, AS_OF) == (
        "told on 2026-11-22T02:00:00Z by i-1, resolved on 2026-11-24T02:00:00Z (cleared)"
    )


def test_what_left_an_incident_that_goes_on_was_told_all_the_same() -> None:
    cleared = replace(TOLD, state=FindingState.CLEARED, incident="")

    assert in_words(cleared, None, None) == "told on 2026-11-22T02:00:00Z"


def test_what_still_waits_or_never_went_out_is_not_called_told() -> None:
    waiting = replace(INCIDENT, remote_id=None)
    passed = replace(waiting, status=IncidentStatus.RESOLVED, resolved_at=AS_OF + timedelta(days=2))

    assert (
        in_words(TOLD, waiting, None) == "not told yet: i-1 has not reached the Control Plane (`forewarn outbox list`)"
    )
    assert in_words(replace(TOLD, incident=""), passed, None) == (
        "not told: it had passed on 2026-11-24T02:00:00Z, before the Control Plane took it"
    )


def test_an_earlier_episode_is_not_taken_for_this_one() -> None:
    back = replace(finding(), state=FindingState.PENDING, opened_at=None, incident="", episode=2)

    assert in_words(back, INCIDENT, None) == ("not told; an earlier episode was told on 2026-11-22T02:00:00Z by i-1")
