"""`forewarn doctor` beside real servers: all well, and each thing that may be wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import typer
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from sqlalchemy import Engine, make_url
from typer.testing import CliRunner

from api.config import ApiConfig
from domain.outbox import MessageKind, NewMessage
from domain.run import RunStatus
from domain.times import rfc3339
from forewarn.checks.api import check_api
from forewarn.checks.database import check_database
from forewarn.checks.everything import Item, examine
from forewarn.cli.doctor import doctor
from storage.config import DatabaseConfig
from storage.engine import transaction
from storage.outbox import add_messages, claim_messages, record_dead
from storage.outbox_pause import pause_outbox
from storage.runs import claim_run, finish_run, release, renew_lease
from tests.fixtures.oidc import OidcServer
from tests.fixtures.prometheus import ServerFactory
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.servers import free_port

pytestmark = pytest.mark.server


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that a configuration may name, all of it real and well."""

    folder: Path
    settings: dict[str, Any]

    def examine(self, **changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The checks by area and name, with parts of the settings changed."""
        items = list(examine(self.written(**changes), datetime.now(UTC)))
        return by_area(items)

    def written(self, **changes: dict[str, Any]) -> Path:
        path = self.folder / "forewarn.yaml"
        path.write_text(json.dumps({**self.settings, **changes}))
        return path


def by_area(items: list[Item]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        found.setdefault(item.area, {})[item.check.name] = item.check
    return found


def wait_until_scraped(url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        asked: dict[str, str | int] = {
            "query": "node_memory_MemTotal_bytes",
            "time": int(time.time()),
        }  # whole seconds, as the doctor asks
        answer = httpx.get(f"{url}/api/v1/query", params=asked).json()
        if answer["data"]["result"]:
            return
        time.sleep(0.2)
    raise AssertionError("node_exporter was not scraped within half a minute")


@pytest.fixture
def place(
    tmp_path: Path,
    prometheus_server: ServerFactory,
    node_exporter: str,
    database_url: str,
    guarded_sandbox: Sandbox,
    oidc: OidcServer,
) -> Place:
    url = prometheus_server(scrape=(node_exporter,))
    wait_until_scraped(url)
    (tmp_path / "secret").write_text(oidc.client_secret)
    (tmp_path / "database").write_text(database_url)
    settings = {
        "sources": {"prometheus": {"url": url, "attempts": 1}},
        "database": {"url_file": str(tmp_path / "database")},
        "control_plane": {
            "url": guarded_sandbox.url,
            "token": {
                "url": oidc.token_url,
                "client_id": oidc.client_id,
                "client_secret_file": str(tmp_path / "secret"),
            },
        },
        "api": {"oidc": {"issuer": oidc.issuer, "audience": "forewarn", "jwks_url": oidc.jwks_url}},
        "reports": {"folder": str(tmp_path / "reports")},
        "jobs": {"nightly": {"packs": ["node", "kafka"]}},
    }
    return Place(tmp_path, settings)


def test_where_all_is_well_every_check_says_so(place: Place) -> None:
    found = place.examine()

    failed = [check for checks in found.values() for check in checks.values() if not check.ok and check.required]
    assert failed == []
    assert found["database"]["permission"].what.startswith("our role may read and write all")
    assert found["database"]["tables"].what.endswith(", the newest")
    assert found["source prometheus"]["version"].what.startswith("version ")
    assert found["job nightly"]["node/memory"].what.startswith("1 now")
    assert found["job nightly"]["kafka/*"].what == "sees nothing"
    assert found["control plane"]["credential"].what == "our token is taken"
    assert found["api"]["keys"].ok


def test_how_far_back_the_watches_look_is_held_against_what_the_source_keeps(place: Place) -> None:
    longer = {"nightly": {"packs": ["node"], "watches": {"node/memory": {"history": "3660d", "step": "1h"}}}}

    kept = place.examine(jobs=longer)["source prometheus"]["retention"]

    assert kept.ok
    assert kept.what == "keeps 36,500 days, and the watches look back on up to 3,660 days"


def test_the_clocks_are_read_at_one_moment(database_url: str) -> None:
    """However long it takes to start the database, or to connect to it."""
    slow = iter([datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (-40, 40)])

    checks = {
        check.name: check for check in check_database(DatabaseConfig(url=SecretStr(database_url)), lambda: next(slow))
    }

    assert checks["clock"].ok
    assert checks["clock"].what in ("its clock and ours differ by 0 s", "its clock and ours differ by 1 s")


def test_people_see_a_table_and_programs_see_json(place: Place) -> None:
    app = typer.Typer()
    app.command()(doctor)

    table = CliRunner().invoke(app, ["-c", str(place.written())])
    document = CliRunner().invoke(app, ["-c", str(place.written()), "--json"])

    assert table.exit_code == document.exit_code == 0
    assert "All is well" in table.output, table.output
    assert json.loads(document.output)["well"] is True


def test_a_source_that_is_down_fails_and_its_watches_are_not_asked(place: Place) -> None:
    found = place.examine(sources={"prometheus": {"url": f"http://127.0.0.1:{free_port()}", "attempts": 1}})

    assert not found["source prometheus"]["reachable"].ok
    assert found["source prometheus"]["reachable"].what.startswith("http://127.0.0.1:")
    assert found["source prometheus"]["reachable"].advice not in found["source prometheus"]["reachable"].what
    assert list(found["job nightly"]) == ["watches"]
    assert found["job nightly"]["watches"].advice == "Mend the source prometheus first"
    assert found["control plane"]["credential"].ok


def test_a_failure_makes_the_command_exit_with_1(place: Place) -> None:
    app = typer.Typer()
    app.command()(doctor)
    path = place.written(sources={"prometheus": {"url": f"http://127.0.0.1:{free_port()}", "attempts": 1}})

    result = CliRunner().invoke(app, ["-c", str(path)])

    assert result.exit_code == 1
    assert "checks failed" in result.output


def test_a_database_that_is_down_fails_and_the_rest_is_still_looked_at(place: Place) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    found = place.examine(database={"url": url, "connect_timeout": "2s"})

    assert not found["database"]["reachable"].ok
    assert found["job nightly"]["node/memory"].ok


def test_a_database_without_our_tables_is_told_with_the_command_that_makes_them(
    place: Place, fresh_database: Callable[..., str]
) -> None:
    found = place.examine(database={"url": fresh_database(empty=True)})

    assert not found["database"]["tables"].ok
    assert "forewarn db upgrade" in found["database"]["tables"].advice


def test_a_role_that_may_not_write_is_told_which_tables(place: Place, database_url: str) -> None:
    url = make_url(database_url).set(drivername="postgresql")
    role = f"reader_{uuid4().hex[:8]}"
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        connection.execute(f"ALTER DATABASE {url.database} SET role = {role}")
        try:
            found = place.examine()
        finally:
            connection.execute(f"ALTER DATABASE {url.database} RESET role")
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")

    assert not found["database"]["permission"].ok
    assert "finding" in found["database"]["permission"].what
    assert "Grant it" in found["database"]["permission"].advice


def test_a_wrong_secret_is_told_and_not_repeated(place: Place) -> None:
    (place.folder / "secret").write_text("hunter2")

    found = place.examine()

    assert found["control plane"]["ready"].ok
    assert not found["control plane"]["credential"].ok
    assert "hunter2" not in found["control plane"]["credential"].what
    assert "client_secret_file" in found["control plane"]["credential"].advice


def test_a_control_plane_that_is_down_is_told(place: Place) -> None:
    found = place.examine(control_plane={"url": f"http://127.0.0.1:{free_port()}/api/v1", "connect_timeout": "1s"})

    assert not found["control plane"]["reachable"].ok


def test_keys_that_are_not_there_are_told(place: Place, oidc: OidcServer) -> None:
    found = place.examine(
        api={"oidc": {"issuer": oidc.issuer, "audience": "a", "jwks_url": f"{oidc.jwks_url}/nowhere"}}
    )

    assert not found["api"]["keys"].ok
    assert "jwks_url" in found["api"]["keys"].advice


@pytest.mark.parametrize(
    ("purposes", "ok", "what"),
    [
        (["sig", "enc"], True, "1 key of http://127.0.0.1:"),
        (["enc"], False, "publishes no key that signs with RS256"),
    ],
)
def test_keys_that_sign_nothing_are_no_keys(tmp_path: Path, purposes: list[str], ok: bool, what: str) -> None:
    """A Keycloak publishes a key for encryption beside the one that signs."""
    keys = [RSAKey.generate_key(2048, {"kid": use, "use": use}).as_dict(private=False) for use in purposes]
    (tmp_path / "keys").write_text(json.dumps({"keys": keys}))
    with served(tmp_path) as url:
        oidc = {"issuer": url, "audience": "a", "jwks_url": f"{url}/keys"}
        found = {check.name: check for check in check_api(ApiConfig.model_validate({"oidc": oidc}))}

    assert found["keys"].ok is ok
    assert what in found["keys"].what


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of a folder over HTTP."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it is asked."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def test_settings_that_can_not_be_used_end_the_look_around(place: Place) -> None:
    found = place.examine(timezone={})

    assert list(found) == ["configuration"]


def test_without_a_control_plane_and_with_no_tokens_that_is_said_and_no_fault(place: Place) -> None:
    settings = {name: part for name, part in place.settings.items() if name not in {"control_plane", "api"}}
    found = Place(place.folder, settings).examine()

    assert found["control plane"]["configured"].what == "nobody is told of findings"
    assert "without tokens" in found["api"]["listens"].what


def test_before_the_first_run_nothing_is_late(place: Place) -> None:
    found = place.examine()

    assert found["activity"]["nightly"].what == "has not run yet"
    assert found["activity"]["outbox"].what == "waiting: 0 messages"


def test_a_job_that_did_not_run_when_it_was_due_is_told(place: Place, engine: Engine) -> None:
    due = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    place.settings["jobs"]["nightly"]["schedule"] = f"0 {due.hour} * * *"
    finished_run(engine, due - timedelta(days=1))

    late = place.examine()["activity"]["nightly"]
    finished_run(engine, due)
    done = place.examine()["activity"]["nightly"]

    assert not late.ok
    assert late.what.startswith(
        f"was due at {rfc3339(due)} and did not run; ran for {rfc3339(due - timedelta(days=1))}"
    )
    assert "forewarn serve" in late.advice
    assert done.ok


def test_a_job_of_which_every_run_failed_has_failed_and_says_when_and_why(place: Place, engine: Engine) -> None:
    as_of = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    finished_run(engine, as_of, RunStatus.FAILED, "2 of 2 shards are missing: the query was refused")

    (said,) = [item.check for item in examine(place.written(), datetime.now(UTC)) if item.check.name == "nightly"]

    assert (said.ok, said.required) == (False, True)
    assert said.what.startswith(f"its run for {rfc3339(as_of)} failed at 20")
    assert said.what.endswith("shards are missing: the query was refused (no run has succeeded yet)")
    assert said.advice == f"Mend that, then `forewarn run nightly --as-of {rfc3339(as_of)} --retry`"


def test_a_run_that_failed_after_one_that_succeeded_is_told_and_one_before_it_is_not(
    place: Place, engine: Engine
) -> None:
    night = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    place.settings["jobs"]["nightly"]["schedule"] = f"{night.minute} {night.hour} * * *"
    finished_run(engine, night)
    finished_run(engine, night - timedelta(days=1), RunStatus.FAILED)
    well = place.examine()["activity"]["nightly"]
    finished_run(engine, night + timedelta(hours=1), RunStatus.FAILED)
    failed = place.examine()["activity"]["nightly"]

    assert well.ok
    assert failed.what.endswith(f"no reason was given (the last to succeed was for {rfc3339(night)})")


def test_a_run_that_waits_to_be_tried_again_is_told_with_what_its_last_try_said(place: Place, engine: Engine) -> None:
    as_of = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    with transaction(engine) as session:
        claim = claim_run(session, job="nightly", as_of=as_of, holder="me", lease_seconds=60)
        release(session, claim.run.id, holder="me", reason="last try failed: main can't be reached")

    said = place.examine()["activity"]["nightly"]

    assert not said.ok
    assert said.what == (
        f"its run for {rfc3339(as_of)} waits to be tried again; last try failed: main can't be reached "
        "(no run has succeeded yet)"
    )


def test_a_run_whose_process_is_gone_is_told_and_one_that_is_under_way_is_not(place: Place, engine: Engine) -> None:
    as_of = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    with transaction(engine) as session:
        claim = claim_run(session, job="nightly", as_of=as_of, holder="me", lease_seconds=60)
    assert place.examine()["activity"]["nightly"].ok
    with transaction(engine) as session:
        renew_lease(session, claim.run.id, holder="me", lease_seconds=0.001)

    said = place.examine()["activity"]["nightly"]

    assert (said.ok, said.what) == (
        False,
        f"its run for {rfc3339(as_of)} was broken off: its process is gone (no run has succeeded yet)",
    )
    assert said.advice.endswith(f"`forewarn run nightly --as-of {rfc3339(as_of)}` at once")


def test_messages_that_were_given_up_are_told_with_the_command_that_lists_them(place: Place, engine: Engine) -> None:
    message = NewMessage(MessageKind.INCIDENT_CREATE, "subject", "key", {})
    with transaction(engine) as session:
        add_messages(session, [message])
    with transaction(engine) as session:
        (claimed,) = claim_messages(session, holder="me", limit=1, lease_seconds=60)
        record_dead(session, claimed.id, holder="me", reason="refused")

    found = place.examine()["activity"]

    assert found["undelivered"].what == "given up: 1 message"
    assert "forewarn outbox list --state dead" in found["undelivered"].advice


def test_a_pause_of_delivery_is_told_with_its_reason(place: Place, engine: Engine) -> None:
    with transaction(engine) as session:
        pause_outbox(session, reason="the credential was refused")

    said = place.examine()["activity"]["delivery"].what
    assert said.startswith("rests since 20")
    assert said.endswith("Z: the credential was refused")


def finished_run(engine: Engine, as_of: datetime, status: RunStatus = RunStatus.SUCCEEDED, reason: str = "") -> None:
    with transaction(engine) as session:
        claim = claim_run(session, job="nightly", as_of=as_of, holder="me", lease_seconds=60)
        finish_run(session, claim.run.id, holder="me", status=status, reason=reason)
