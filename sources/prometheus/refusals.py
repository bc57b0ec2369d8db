"""What the refusals of a Prometheus API mean: which will pass, which a smaller question avoids, which never will."""

from __future__ import annotations

import re

import msgspec

from sources.errors import SourceError, SourceRejected, SourceTooLarge, SourceUnavailable
from sources.http.ask import Answer, Ask
from sources.http.retry import retry_after
from sources.prometheus.answers import UNREADABLE

HEAD, TAIL = 200, 300  # characters of a long refusal that are shown: some tell the query first, and their reason last
LONGEST_READ = 100_000  # of a refusal that is longer, both ends are looked at

# A query or a label that is told between quotes may hold any words, and to the end where it was cut off. Looked for
# without going back: thousands of quotes take no longer than other text.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)

# Checked first: these stay wrong however small the window is.
_NEVER = re.compile(r"many-to-many|duplicate|labelset|parse error|unexpected|unknown function|unparsed", re.IGNORECASE)
_TOO_MUCH = re.compile(
    r"exceeded maximum resolution|too many (points|samples|series|time ?series|chunks)|cannot select more"
    r"|maximum number of|too large|exceeds? (the )?limit|max[-_ ]?(samples|points|series|chunks|bytes|memory|unique)"
    r"|not enough memory|the query (hit|exceeded)|would load|number of [\w ]{1,60} exceeds",
    re.IGNORECASE,
)
_TOOK_TOO_LONG = re.compile(
    r"timed out|timeout exceeded|deadline exceeded|cannot be finished in|query timeout", re.IGNORECASE
)
_LONG = re.compile(r"too long query|maxQueryLen", re.IGNORECASE)
_BUSY = re.compile(r"concurren|too many (outstanding )?(requests|queries)|couldn't start executing", re.IGNORECASE)

_ADVICE = {
    401: "Check its credentials: bearer_token_file, username and password_file, or headers",
    403: "These credentials may not read this: ask for the right to query, and check tenant",
    404: "Is url the address of a Prometheus API, with its path prefix (Mimir: /prometheus)?",
    405: "A proxy in front of it does not let this method through: set method to get",
    413: "A proxy in front of it does not take so long a query: narrow the query",
    414: "The query is too long for GET: set method to post",
}
LONG_ADVICE = "Name fewer values in the query, or raise the source's limit (VictoriaMetrics: -search.maxQueryLen)"
BUSY_ADVICE = "It limits how much is asked of it: lower concurrency, or run at a quieter hour"


class _Error(msgspec.Struct, rename="camel"):
    error: str = ""
    error_type: str = ""


def refusal(answer: Answer, ask: Ask, source: str, secrets: tuple[str, ...] = ()) -> SourceError:
    """The error that a refusal stands for, with the source's own words, shortened, and without our secrets."""
    said = _said(answer)
    text = _without(secrets, said.error) or "refused without a reason"
    kind, advice = _meaning(answer.status, _Error(_QUOTED.sub('""', said.error), said.error_type))
    return kind(
        text,
        source=source,
        query=ask.query,
        window=ask.window,
        status=answer.status,
        advice=advice,
        retry_after=retry_after(answer.headers),
    )


def _said(answer: Answer) -> _Error:
    try:
        said = msgspec.json.decode(answer.body, type=_Error)
        return _Error(_ends(said.error, LONGEST_READ // 2, LONGEST_READ // 2), said.error_type)
    except UNREADABLE:
        if answer.content_type == "text/html":
            return _Error("it answers with a web page")
        return _Error(answer.body[:LONGEST_READ].decode("utf-8", "replace"))


def _without(secrets: tuple[str, ...], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return _ends(line, HEAD, TAIL)


def _ends(text: str, head: int, tail: int) -> str:
    """The beginning and the end of a text that is too long, and all of another."""
    return text if len(text) <= head + tail else f"{text[:head]} ... {text[-tail:]}"


def _meaning(status: int, said: _Error) -> tuple[type[SourceError], str]:
    """Which error a refusal is, and what to do about it."""
    if status == 429 or (status >= 422 and _BUSY.search(said.error) and not _NEVER.search(said.error)):
        return SourceUnavailable, BUSY_ADVICE
    if status in _ADVICE:
        return SourceRejected, _ADVICE[status]
    smaller = _smaller(status, said)
    if smaller:
        return SourceTooLarge, smaller
    if status >= 500 and status not in {501, 505}:
        return SourceUnavailable, "It has trouble of its own: see its log"
    if status in {400, 422}:
        return SourceRejected, LONG_ADVICE if _LONG.search(said.error) else "Try the query in the source's own console"
    return SourceRejected, "Is url its final address, or what stands in front of it (a login page, a proxy)?"


def _smaller(status: int, said: _Error) -> str:
    """What to do where a smaller question would be answered; empty where that is not the matter."""
    if status not in {400, 422, 503} or _NEVER.search(said.error):
        return ""
    if said.error_type == "timeout" or _TOOK_TOO_LONG.search(said.error):
        return "Ask for fewer series, or raise the time that the source gives a query"
    return "Ask for fewer series, or raise the source's limit" if _TOO_MUCH.search(said.error) else ""
