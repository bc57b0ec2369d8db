"""Names that are stored here and at the Control Plane: with another one, an upgrade would tell everything anew."""

from __future__ import annotations

from domain.finding import FindingKind, fingerprint
from domain.labels import Labels
from domain.outbox import MessageKind, foreign_subject, message_key, source_key
from jobs.decide.gather import storm_of
from tests.fixtures.builders import AS_OF, make_job

ENTITY = Labels.of(instance="資料庫-1", mountpoint="/var")


def test_the_fingerprint_of_a_finding_is_the_same_in_every_release() -> None:
    assert fingerprint(FindingKind.EXHAUSTION, "node/filesystem-space", ENTITY) == "90d30f47d70c6726c9e6265bbc788cb8"


def test_the_keys_of_an_incident_are_the_same_in_every_release() -> None:
    assert storm_of(make_job(), "data") == "41d42243fae6d3f10c4f0e210a8887d7"
    assert source_key("0" * 32, AS_OF) == f"forewarn:{'0' * 32}:20261122T020000Z"
    assert foreign_subject("inc-7") == "incident:inc-7"


def test_the_idempotency_key_of_a_message_is_the_same_in_every_release() -> None:
    assert (
        message_key(MessageKind.INCIDENT_CREATE, "forewarn:a:b", "open")
        == "fw-9cfd44c5b9ac70d5ef4ab9ec9cde8a50be4295f5e898bb8f5c9dcd77f309f"
    )
