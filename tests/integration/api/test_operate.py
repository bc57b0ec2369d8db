"""What people operate through the API: incidents, the outbox, mutes, executions, the audit log."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine

from api.app import make_verifier
from api.config import ApiConfig, OidcConfig
from api.context import ApiContext
from domain.execution import Execution, ExecutionStatus
from domain.run import Run
from storage.engine import transaction
from storage.executions import add_execution, record_progress
from storage.outbox import claim_messages, record_dead
from tests.fixtures.api import Serve
from tests.fixtures.builders import AS_OF
from tests.fixtures.oidc import OidcServer

pytestmark = pytest.mark.server
AUDIENCE = "forewarn-api"


def soon(**after: float) -> str:
    return (datetime.now(UTC) + timedelta(**after)).isoformat()


def mute(**changes: Any) -> dict[str, Any]:
    body = {"matchers": [{"name": "instance", "value": "a"}], "reason": "moving house", "expiresAt": soon(hours=2)}
    return body | changes


def refused(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) >= {"error", "message", "requestId"}
    return answer.status_code, body["error"]


def dead_message(engine: Engine) -> int:
    with transaction(engine) as session:
        message = claim_messages(session, holder="test", limit=1, lease_seconds=60)[0]
        record_dead(session, message.id, holder="test", reason="the Control Plane says no")
    return message.id


def test_incidents_follow_one_another_in_pages_without_gap_or_repeat(client: httpx.Client, night: Run) -> None:
    first = client.get("/api/v1/incidents?limit=1").json()
    whole = client.get("/api/v1/incidents").json()

    assert [one["title"] for one in first["items"]] == [whole["items"][0]["title"]]
    assert whole["items"][0]["status"] == "new"
    assert whole["items"][0]["remoteId"] is None
    member = whole["items"][0]["members"][0]
    assert client.get(f"/api/v1/incidents?finding={member}").json()["items"] == whole["items"]
    assert client.get("/api/v1/incidents?status=resolved").json()["items"] == []


def test_a_dead_message_is_shown_and_sent_again(client: httpx.Client, night: Run, engine: Engine) -> None:
    number = dead_message(engine)
    assert [one["id"] for one in client.get("/api/v1/outbox?state=dead").json()["items"]] == [number]

    answer = client.post(f"/api/v1/outbox/{number}/retry")

    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert client.get("/api/v1/audit?action=outbox.").json()["items"][0]["actor"] == "local"


def test_a_message_is_let_go_with_a_reason_and_only_once(client: httpx.Client, night: Run, engine: Engine) -> None:
    number = dead_message(engine)
    path = f"/api/v1/outbox/{number}/discard"

    assert refused(client.post(path, json={})) == (422, "VALIDATION_ERROR")
    assert client.post(path, json={"reason": "told by phone"}).json()["state"] == "discarded"
    assert refused(client.post(path, json={"reason": "again"})) == (409, "RESOURCE_CONFLICT")
    entry = client.get("/api/v1/audit?action=outbox.discard").json()["items"][0]
    assert (entry["reason"], entry["subject"].split()[:2]) == ("told by phone", ["message", str(number)])


def test_what_is_not_there_can_neither_be_retried_nor_ended(client: httpx.Client) -> None:
    assert refused(client.post("/api/v1/outbox/12345/retry")) == (404, "RESOURCE_NOT_FOUND")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert refused(client.post(f"/api/v1/mutes/{nobody}/end")) == (404, "RESOURCE_NOT_FOUND")


def test_a_mute_is_made_listed_and_ended_once(client: httpx.Client) -> None:
    made = client.post("/api/v1/mutes", json=mute())
    assert (made.status_code, made.json()["owner"]) == (201, "local")
    assert made.json()["holdsUntil"] is not None
    assert [one["id"] for one in client.get("/api/v1/mutes").json()["items"]] == [made.json()["id"]]

    path = f"/api/v1/mutes/{made.json()['id']}/end"
    assert client.post(path, json={"reason": "done"}).json()["endedAt"] is not None
    assert refused(client.post(path)) == (409, "RESOURCE_CONFLICT")
    assert client.get("/api/v1/mutes").json()["items"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "2030-01-01T00:00:00"},
        {"matchers": []},
        {"matchers": [{"name": "instance", "operator": "=~", "value": "("}]},
        {"matchers": [{"name": "instance", "operator": "=~", "value": "a{99999999999999}"}]},
        {"matchers": [{"name": "instance", "operator": "!~", "value": "(" * 499 + ")" * 499}]},
        {"recurrence": {"rule": "every monday", "durationSeconds": 3600}},
        {"recurrence": {"rule": "0 2 * * sun", "durationSeconds": 3600, "timezone": "Mars/Base"}},
        {"recurrence": {"rule": "* * * * *", "durationSeconds": 366 * 86400}},
        {"recurrence": {"rule": "FREQ=SECONDLY", "durationSeconds": 3600}, "startsAt": "2020-01-01T00:00:00Z"},
        {"recurrence": {"rule": "FREQ=DAILY;INTERVAL=0", "durationSeconds": 3600}},
        {"recurrence": {"rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "durationSeconds": 3600}},
        {"expiresAt": "9999-12-31T23:59:59-12:00"},
        {"startsAt": "0001-01-01T00:00:00+14:00"},
        {"startsAt": "1999-01-01T00:00:00Z"},
        {
            "startsAt": "9999-12-31T23:00:00Z",
            "expiresAt": "9999-12-31T23:59:00Z",
            "recurrence": {"rule": "FREQ=DAILY", "durationSeconds": 3600, "timezone": "Asia/Taipei"},
        },
        {"surprise": 1},
    ],
)
def test_a_mute_that_means_nothing_is_refused(client: httpx.Client, changes: dict[str, Any]) -> None:
    assert refused(client.post("/api/v1/mutes", json=mute(**changes))) == (422, "VALIDATION_ERROR")


def test_a_mute_whose_expression_could_be_read_in_many_ways_keeps_nobody_waiting(client: httpx.Client) -> None:
    matcher = {"name": "instance", "operator": "=~", "value": "(a+)+"}

    assert client.post("/api/v1/mutes", json=mute(matchers=[matcher])).status_code == 201


def test_a_mute_may_hold_until_the_end_of_the_calendar(client: httpx.Client) -> None:
    made = client.post("/api/v1/mutes", json=mute(expiresAt="9999-12-31T23:59:59Z"))

    assert made.status_code == 201
    assert client.get("/api/v1/mutes").json()["items"][0]["expiresAt"] == "9999-12-31T23:59:59Z"


def test_a_body_whose_names_are_no_text_is_refused_in_words(client: httpx.Client) -> None:
    body = json.dumps(mute() | {"\ud800": 1})

    answer = client.post("/api/v1/mutes", content=body, headers={"Content-Type": "application/json"})

    assert refused(answer) == (422, "VALIDATION_ERROR")


def test_executions_are_listed_with_what_came_of_them(client: httpx.Client, engine: Engine) -> None:
    with transaction(engine) as session:
        for number in range(3):
            at = AS_OF + timedelta(minutes=number)
            add_execution(session, Execution(f"fw:rule:{number}", "clean-temp", "rule", "f" * 32, "key", at))
        record_progress(session, "fw:rule:2", status=ExecutionStatus.FAILED, error="<b>no</b>", completed_at=AS_OF)

    first = client.get("/api/v1/executions?limit=2").json()
    rest = client.get(f"/api/v1/executions?limit=2&cursor={first['nextCursor']}").json()

    ids = [one["correlationId"] for one in first["items"] + rest["items"]]
    assert ids == ["fw:rule:2", "fw:rule:1", "fw:rule:0"]
    failed = client.get("/api/v1/executions?status=failed").json()["items"]
    assert [(one["dryRun"], one["error"]) for one in failed] == [(True, "<b>no</b>")]


def test_a_page_of_another_site_cannot_change_anything_through_a_browser(client: httpx.Client) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert refused(client.post("/api/v1/mutes", json=mute(), headers=headers)) == (403, "FORBIDDEN")
    assert client.get("/api/v1/mutes").json()["items"] == []


def test_a_page_of_another_site_reads_nothing_through_a_name_that_it_gave_this_machine(
    client: httpx.Client, engine: Engine, serve: Serve
) -> None:
    for path in ("/api/v1/audit", "/api/v1/findings", "/api/v1/mutes"):
        assert refused(client.get(path, headers={"Host": "evil.example:8080"})) == (403, "FORBIDDEN")
    assert client.get("/api/v1/audit", headers={"Host": "localhost:8080"}).status_code == 200
    assert client.get("/api/v1/audit", headers={"Host": "[::1"}).status_code in {400, 403}

    named = serve(ApiContext(ApiConfig(public_url="https://forewarn.example/api/v1"), engine))
    assert named.get("/api/v1/audit", headers={"Host": "forewarn.example"}).status_code == 200


@pytest.mark.parametrize(
    ("claims", "actor"),
    [
        ({"sub": "f3a1", "azp": "console", "preferred_username": "mallory"}, "mallory (console)"),
        ({"sub": "f3a1", "azp": "console"}, "f3a1 (console)"),
        ({"sub": "f3a1", "preferred_username": "mallory"}, "mallory"),
        ({"sub": "console", "azp": "console"}, "console"),
        ({"sub": "f3a1", "azp": "console", "preferred_username": 5}, "f3a1 (console)"),
    ],
)
def test_the_audit_log_names_who_brought_the_token_and_not_whom_they_name(
    engine: Engine, oidc: OidcServer, serve: Serve, claims: dict[str, Any], actor: str
) -> None:
    private = oidc.settings.keys[0]
    whole = {"iss": oidc.issuer, "aud": AUDIENCE, "exp": int(time.time()) + 60, "realm_access": {"roles": ["boss"]}}
    token = jwt.encode({"alg": "RS256", "kid": private["kid"]}, whole | claims, RSAKey.import_key(private))
    config = ApiConfig(
        oidc=OidcConfig.model_validate({"issuer": oidc.issuer, "audience": AUDIENCE, "write_role": "boss"})
    )

    with httpx.Client() as http:
        guarded = serve(ApiContext(config, engine, verifier=make_verifier(config, http)))
        guarded.headers["Authorization"] = f"Bearer {token}"
        made = guarded.post("/api/v1/mutes", json=mute(owner="alice")).json()
        guarded.post(f"/api/v1/mutes/{made['id']}/end")
        unowned = guarded.post("/api/v1/mutes", json=mute(owner=" ")).json()
        entries = guarded.get("/api/v1/audit").json()["items"]

    assert [(entry["action"], entry["actor"]) for entry in entries] == [
        ("mute.add", actor),
        ("mute.end", actor),
        ("mute.add", actor),
    ]
    assert (made["owner"], unowned["owner"]) == ("alice", actor)


def test_only_a_token_with_the_role_may_change_things(engine: Engine, oidc: OidcServer, serve: Serve) -> None:
    oidc_config = {
        "issuer": oidc.issuer,
        "audience": AUDIENCE,
        "read_role": "forewarn-reader",
        "write_role": "forewarn-engine",
    }
    config = ApiConfig(oidc=OidcConfig.model_validate(oidc_config))

    def bearer(client_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {oidc.token(AUDIENCE, client_id)}"}

    with httpx.Client() as http:
        guarded = serve(ApiContext(config, engine, verifier=make_verifier(config, http)))
        assert guarded.get("/api/v1/mutes", headers=bearer("reader")).status_code == 200
        assert refused(guarded.post("/api/v1/mutes", json=mute())) == (401, "UNAUTHORIZED")
        assert refused(guarded.post("/api/v1/mutes", json=mute(), headers=bearer("reader"))) == (403, "FORBIDDEN")
        made = guarded.post("/api/v1/mutes", json=mute(), headers=bearer("forewarn"))

    assert (made.status_code, made.json()["owner"]) == (201, "forewarn")
