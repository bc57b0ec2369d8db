"""What came of it: the sandbox's ledger and our tables, beside those of nights in which nothing went wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg

SANDBOX_LEDGER: LiteralString = "SELECT effect, subject, body FROM sandbox.ledger ORDER BY seq"
OUTBOX: LiteralString = "SELECT kind, subject, key, payload, state, created_at FROM outbox ORDER BY id"
FINDINGS: LiteralString = "SELECT body::text FROM findings ORDER BY fingerprint, job"
INCIDENTS: LiteralString = """
    SELECT job, source_key, status, severity, title, members::text FROM incidents ORDER BY source_key
"""
RESOLVED: LiteralString = "SELECT source_key FROM incidents WHERE status = 'resolved'"
RUNS: LiteralString = """
    SELECT job, as_of, status, claims, (SELECT count(*) FROM reports WHERE reports.run_id = runs.id) FROM runs
"""
RESOLVE = "incident.resolve"
SOMETIME = datetime.max.replace(tzinfo=UTC)  # the moment of what was never made


@dataclass(slots=True)
class Verdict:
    """Messages, by when they were made, that are lost, doubled or out of order; and what else differs, in words."""

    lost: list[datetime] = field(default_factory=list)
    doubled: list[datetime] = field(default_factory=list)
    disordered: list[datetime] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    resumed: set[tuple[str, datetime]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Told:
    effect: str
    body: str


def judge(ours: str, reference: str, sandbox: str) -> Verdict:
    """Compare: each database by its URL."""
    verdict = Verdict()
    rows = _rows(ours, OUTBOX)
    _against_the_unbroken(verdict, rows, ours, reference)
    _against_the_ledger(verdict, rows, _rows(sandbox, SANDBOX_LEDGER))
    for job, as_of, status, claims, reports in _rows(ours, RUNS):
        if claims > 1:
            verdict.resumed.add((job, as_of))
        if status != "succeeded":
            verdict.words.append(f"the run of {job} for {as_of} is {status}")
        if reports != 3:
            verdict.words.append(f"the run of {job} for {as_of} has {reports} of 3 reports")
    return verdict


def _against_the_unbroken(verdict: Verdict, rows: list[Any], ours: str, reference: str) -> None:
    """Nobody tells the undisturbed nights, so none of their incidents has a message of its end: ours are looked at."""
    expected, made = _made(_rows(reference, OUTBOX)), _made(rows)
    when = {key: at for _, _, key, _, _, at in rows}
    for key in expected.keys() - made.keys():
        verdict.lost.append(SOMETIME)
        verdict.words.append(f"a {expected[key][0]} for {expected[key][1]} was never made")
    verdict.doubled += [when[key] for key in made.keys() - expected.keys()]
    for key in made.keys() & expected.keys():
        if made[key] != expected[key]:
            verdict.words.append(f"a {made[key][0]} for {made[key][1]} says something else")
    untold = {subject for _, subject, _, _, state, _ in rows if state == "discarded"}
    ended = {subject for kind, subject, _, _, _, _ in rows if kind == RESOLVE}
    for (subject,) in _rows(ours, RESOLVED):
        if (subject in untold) == (subject in ended):
            verdict.lost.append(SOMETIME)
            verdict.words.append(f"the end of {subject} was not made, or was told of what nobody knew")
    for name, query in (("findings", FINDINGS), ("incidents", INCIDENTS)):
        mine, theirs = _rows(ours, query), _rows(reference, query)
        if mine != theirs:
            verdict.words.append(f"{len(set(mine) ^ set(theirs))} rows of {name} differ")


def _made(rows: list[Any]) -> dict[str, tuple[str, str, str]]:
    return {key: (kind, subject, _text(body)) for kind, subject, key, body, _, _ in rows if kind != RESOLVE}


def _against_the_ledger(verdict: Verdict, rows: list[Any], ledger: list[Any]) -> None:
    told: dict[str, list[_Told]] = {}
    for effect, subject, body in ledger:
        told.setdefault(subject, []).append(_Told(effect, _text(body)))
    sent: dict[str, list[tuple[_Told, datetime]]] = {}
    for kind, subject, _, body, state, at in rows:
        if state == "discarded":  # it was over before anybody was told
            continue
        sent.setdefault(subject, []).append((_Told(kind, _text(body)), at))
    for subject, messages in sent.items():
        heard = told.get(subject, [])
        counts = Counter(heard)
        for message, at in messages:
            if counts[message] == 0:
                verdict.lost.append(at)
                verdict.words.append(f"{message.effect} of {subject} was not told")
            verdict.doubled += [at] * max(0, counts[message] - 1)
        firsts = list(dict.fromkeys(heard))
        if [one for one, _ in messages if one in counts] != firsts:
            verdict.disordered.append(messages[0][1])
    for subject in told.keys() - sent.keys():
        verdict.words.append(f"{subject} was told and is in nobody's outbox")
        verdict.doubled.append(SOMETIME)


def _rows(url: str, query: LiteralString) -> list[Any]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()


def _text(body: Any) -> str:
    return json.dumps(body, sort_keys=True)
