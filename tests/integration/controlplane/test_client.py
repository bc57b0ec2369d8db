"""The client against a sandbox that checks the tokens of a real OpenID provider."""

from __future__ import annotations

import pytest

from controlplane.client import ControlPlaneClient
from controlplane.config import TokenConfig
from controlplane.errors import CredentialFault, CredentialRejected, NotFound
from controlplane.models import (
    Acknowledgement,
    CommentCreate,
    ExecutionRequest,
    ExecutionStatus,
    IncidentCreate,
    IncidentStatus,
    IncidentUpdate,
    Resolution,
)
from domain.finding import Outcome, Severity
from tests.fixtures.oidc import OidcServer
from tests.fixtures.sandbox import Sandbox

pytestmark = pytest.mark.server


def test_an_incident_goes_through_its_whole_life(guarded_sandbox: Sandbox) -> None:
    with ControlPlaneClient(guarded_sandbox.config()) as client:
        body = IncidentCreate(title="/data on db-1 will be full", severity=Severity.WARNING, source_key="forewarn:a:1")
        made = client.create_incident(body, key="key-1")

        found = client.list_incidents(source_key="forewarn:a:1").items
        updated = client.update_incident(made.id, IncidentUpdate(severity=Severity.CRITICAL))
        seen = client.acknowledge_incident(made.id, Acknowledgement(comment="on it"))
        comment = client.add_comment(made.id, CommentCreate(content="two days left", source_key="c1"), key="key-2")
        resolved = client.resolve_incident(made.id, Resolution(resolution="cleared", outcome=Outcome.CLEARED))

        assert [item.id for item in found] == [made.id]
        assert updated.severity is Severity.CRITICAL
        assert seen.status is IncidentStatus.ACKNOWLEDGED
        assert client.list_comments(made.id).items == [comment]
        assert (resolved.status, resolved.outcome) == (IncidentStatus.RESOLVED, Outcome.CLEARED)
    assert guarded_sandbox.effects("forewarn:a:1") == [
        "incident.create",
        "incident.update",
        "incident.acknowledge",
        "incident.comment",
        "incident.resolve",
    ]


def test_a_key_that_was_seen_before_brings_the_same_incident(guarded_sandbox: Sandbox) -> None:
    body = IncidentCreate(title="disk", severity=Severity.INFO, source_key="forewarn:b:1")
    with ControlPlaneClient(guarded_sandbox.config()) as client:
        first = client.create_incident(body, key="same")
        second = client.create_incident(body, key="same")

    assert first.id == second.id
    assert guarded_sandbox.effects() == ["incident.create"]


def test_an_execution_goes_from_pending_over_running_to_success(guarded_sandbox: Sandbox) -> None:
    guarded_sandbox.put_scripts(
        {"id": "quick", "name": "Quick", "course": {"pending_seconds": 0, "running_seconds": 0, "output": "freed 3 GB"}}
    )
    with ControlPlaneClient(guarded_sandbox.config()) as client:
        asked = client.execute(ExecutionRequest(script_id="quick", correlation_id="exec:1"), key="key-3")
        after = client.get_execution(asked.id)

        assert "quick" in {script.id for script in client.list_scripts().items}
        assert asked.status is ExecutionStatus.PENDING
        assert (after.status, after.output) == (ExecutionStatus.SUCCESS, "freed 3 GB")
        assert client.list_executions(correlation_id="exec:1").items == [after]


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_requests_answer(guarded_sandbox: Sandbox) -> None:
    guarded_sandbox.faults({"kind": "twice", "count": 1, "operations": ["listIncidents"]})
    body = IncidentCreate(title="disk", severity=Severity.INFO, source_key="forewarn:c:1")
    with ControlPlaneClient(guarded_sandbox.config()) as client:
        before = client.list_incidents(source_key="forewarn:c:1").items
        made = client.create_incident(body, key="key-4")
        after = client.list_incidents(source_key="forewarn:c:1").items

    assert (before, after) == ([], [made])


def test_what_is_not_there_is_said_to_be_not_there(guarded_sandbox: Sandbox) -> None:
    with ControlPlaneClient(guarded_sandbox.config()) as client, pytest.raises(NotFound) as caught:
        client.get_incident("inc-0/../../x?y")

    assert caught.value.code == "RESOURCE_NOT_FOUND"
    assert caught.value.request_id


def test_readiness_needs_no_token(guarded_sandbox: Sandbox) -> None:
    config = guarded_sandbox.config().model_copy(update={"token": None})
    with ControlPlaneClient(config) as client:
        assert client.readyz().ready
        with pytest.raises(CredentialFault, match="there is none"):
            client.list_scripts()


def test_a_wrong_secret_is_refused_and_never_shown(guarded_sandbox: Sandbox, oidc: OidcServer) -> None:
    token = TokenConfig.model_validate({"url": oidc.token_url, "client_id": "forewarn", "client_secret": "wrong-one"})
    config = guarded_sandbox.config().model_copy(update={"token": token})
    with ControlPlaneClient(config) as client, pytest.raises(CredentialRejected) as caught:
        client.list_scripts()

    assert "invalid_client" in str(caught.value)
    assert "wrong-one" not in str(caught.value) + repr(config) + repr(caught.value.__dict__)


def test_a_token_for_another_audience_is_refused_after_one_fresh_try(
    guarded_sandbox: Sandbox, oidc: OidcServer
) -> None:
    token = TokenConfig.model_validate(
        {
            "url": oidc.token_url,
            "client_id": oidc.client_id,
            "client_secret": oidc.client_secret,
            "resource": "urn:audience:somebody-else",
        }
    )
    config = guarded_sandbox.config().model_copy(update={"token": token})
    with ControlPlaneClient(config) as client, pytest.raises(CredentialFault, match="a fresh token was refused too"):
        client.list_scripts()

    assert guarded_sandbox.calls()["listAutomationScripts"] == 2


def test_the_secret_may_be_sent_in_the_form(guarded_sandbox: Sandbox, oidc: OidcServer) -> None:
    token = TokenConfig.model_validate(
        {
            "url": oidc.token_url,
            "client_id": "forewarn-post",
            "client_secret": oidc.client_secret,
            "method": "post",
        }
    )
    config = guarded_sandbox.config().model_copy(update={"token": token})
    with ControlPlaneClient(config) as client:
        assert client.list_scripts().total == 3
