"""What `doctor` looks at in a Prometheus: reachable, permission, version, clock, limits, retention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sources.base import Check
from sources.config import PrometheusConfig
from sources.errors import SourceError, SourceMalformed, SourceRejected
from sources.http.ask import Answer, Ask
from sources.http.dates import http_date
from sources.http.deadline import Deadline
from sources.http.send import Sender
from sources.prometheus.answers import StatusAnswer, VectorAnswer, read
from sources.prometheus.questions import query_at
from sources.prometheus.refusals import refusal
from sources.prometheus.retention import judged, retention_of

LIMIT = timedelta(seconds=10)
CLOCK_SKEW = 30.0  # seconds: less does not move a daily forecast
FLAGS = ("query.max-samples", "query.timeout", "query.max-concurrency")


def look_over(sender: Sender, config: PrometheusConfig, history: timedelta) -> tuple[Check, ...]:
    """Everything that can be told of the source; later checks are left out when it can't be asked at all.

    `history` is how far back it will be asked for; with none, its retention does not matter.
    """
    ask = query_at("vector(1)", None, config.method)
    try:
        answer = _asked(sender, config, ask)
        read(answer, VectorAnswer, ask, sender.source)
    except SourceError as error:
        return _unwell(error, config)
    well = (
        Check("reachable", ok=True, what=f"{config.url} answers in {answer.seconds * 1000:.0f} ms"),
        Check("permission", ok=True, what="queries are let through"),
    )
    flags = _status(sender, config, "flags")
    found = (*well, _version(sender, config), _clock(answer), _limits(flags))
    return (*found, judged(retention_of(_status(sender, config, "runtimeinfo"), flags), history)) if history else found


def _unwell(error: SourceError, config: PrometheusConfig) -> tuple[Check, ...]:
    if isinstance(error, SourceRejected) and error.status in {401, 403}:
        reached = Check("reachable", ok=True, what=f"{config.url} answers")
        return reached, Check("permission", ok=False, what=str(error), advice=error.advice)
    name = "answers" if isinstance(error, SourceMalformed | SourceRejected) else "reachable"
    return (Check(name, ok=False, what=str(error), advice=error.advice),)


def _asked(sender: Sender, config: PrometheusConfig, ask: Ask) -> Answer:
    answer = sender.send(ask, Deadline(LIMIT))
    if answer.status != 200:
        raise refusal(answer, ask, sender.source, config.secrets())
    return answer


def _status(sender: Sender, config: PrometheusConfig, page: str) -> dict[str, object]:
    ask = Ask("GET", f"/api/v1/status/{page}", query="")
    try:
        return read(_asked(sender, config, ask), StatusAnswer, ask, sender.source).data or {}
    except SourceError:
        return {}


def _version(sender: Sender, config: PrometheusConfig) -> Check:
    version = _status(sender, config, "buildinfo").get("version")
    if isinstance(version, str) and version:
        return Check("version", ok=True, what=f"version {version[:40]}", required=False)
    return Check("version", ok=True, what="it does not tell its version (VictoriaMetrics does not)", required=False)


def _clock(answer: Answer) -> Check:
    """Its clock against ours, by the Date of its answer (whole seconds) less half of the time it took."""
    theirs = http_date(answer.headers.get("date", ""))
    if theirs is None:
        return Check("clock", ok=True, what="it does not tell its time", required=False)
    skew = (theirs - datetime.now(UTC)).total_seconds() + answer.seconds / 2
    if abs(skew) <= CLOCK_SKEW:
        return Check("clock", ok=True, what=f"its clock and ours differ by {abs(skew):.0f} s", required=False)
    side = "ahead of" if skew > 0 else "behind"
    what = f"its clock is {abs(skew):.0f} s {side} ours"
    return Check("clock", ok=False, what=what, advice="Let both machines keep time by NTP", required=False)


def _limits(flags: Mapping[str, object]) -> Check:
    told = [f"{name} {str(flags[name])[:40]}" for name in FLAGS if name in flags]
    what = ", ".join(told) if told else "it does not tell its limits; they are found by asking"
    return Check("limits", ok=True, what=what, required=False)
