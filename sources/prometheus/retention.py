"""For how long a Prometheus keeps history, as it tells itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from promql_parser import parse_duration

from sources.base import Check

DEFAULT = timedelta(days=15)  # where neither a time nor a size is configured: the flag is 0s then
_TIME = ("storage.tsdb.retention.time", "storage.tsdb.retention")
_SIZE = "storage.tsdb.retention.size"


@dataclass(frozen=True, slots=True)
class Retention:
    """What is forgotten first ends it: None is no limit in time, and empty none in size."""

    time: timedelta | None = None
    size: str = ""


def retention_of(runtime: Mapping[str, object], flags: Mapping[str, object]) -> Retention | None:
    """The retention in force (`runtimeinfo`: `15d or 10GiB`), else that of the flags; None: it tells neither."""
    told = str(runtime.get("storageRetention") or "")
    if told:
        parts = [part.strip() for part in told.split(" or ")]
        times = [span for span in map(_span, parts) if span is not None]
        return Retention(min(times, default=None), next((part for part in parts if _span(part) is None), ""))
    if _TIME[0] not in flags:
        return None
    given = [span for span in (_span(str(flags.get(name, ""))) for name in _TIME) if span]
    size = str(flags.get(_SIZE, ""))
    by_size = "" if size.strip("B0.") == "" else size
    return Retention(given[0] if given else None if by_size else DEFAULT, by_size)


def judged(kept: Retention | None, history: timedelta) -> Check:
    """Whether the history that the watches look back on is kept at all."""
    if kept is None:
        return Check("retention", ok=True, what="it does not tell for how long it keeps history", required=False)
    size = f" or {kept.size[:40]}" if kept.size else ""
    if kept.time is None:
        what = f"keeps{size.removeprefix(' or') or ' everything'}, however far back that reaches"
        return Check("retention", ok=True, what=what, required=False)
    what = f"keeps {_days(kept.time)}{size}, and the watches look back on up to {_days(history)}"
    if kept.time >= history:
        return Check("retention", ok=True, what=what, required=False)
    what += ": what is older is never seen, so dates far ahead are less sure, and what comes back less often is missed"
    advice = f"Keep at least {_days(history)} (--storage.tsdb.retention.time), or give the watches a shorter history"
    return Check("retention", ok=False, what=what, advice=advice, required=False)


def _span(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return "1 day" if days == 1 else f"{days:,.4g} days" if days < 1000 else f"{days:,.0f} days"
