"""The questions to a Prometheus API, as plain values. Pure: nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.times import Grid, from_epoch, utc
from sources.errors import Window
from sources.http.ask import Ask


def query_range(query: str, grid: Grid, method: str = "post") -> Ask:
    """A query's values on every instant of the grid."""
    params = [("query", query), ("start", str(grid.start)), ("end", str(grid.end)), ("step", str(grid.step))]
    if grid.start % grid.step:
        # VictoriaMetrics moves start and end to multiples of the step, unless its cache is left out.
        params.append(("nocache", "1"))
    return Ask(method.upper(), "/api/v1/query_range", tuple(params), query, window(grid))


def query_at(query: str, at: datetime | None = None, method: str = "post") -> Ask:
    """A query's value at one instant; now when none is given."""
    params = [("query", query)]
    if at is not None:
        params.append(("time", f"{utc(at).timestamp():.3f}"))
    asked = None if at is None else (at, at)
    return Ask(method.upper(), "/api/v1/query", tuple(params), query, asked)


def series(selectors: Iterable[str], start: datetime, end: datetime, method: str = "post") -> Ask:
    """The label sets that match any of the selectors in a window."""
    chosen = tuple(selectors)
    params = (*(("match[]", one) for one in chosen), *_span(start, end))
    return Ask(method.upper(), "/api/v1/series", params, " or ".join(chosen), (start, end))


def label_values(label: str, selectors: Iterable[str], start: datetime, end: datetime) -> Ask:
    """The values of a label among the series that match any of the selectors in a window."""
    chosen = tuple(selectors)
    params = (*(("match[]", one) for one in chosen), *_span(start, end))
    return Ask("GET", f"/api/v1/label/{label}/values", params, " or ".join(chosen), (start, end))


def metadata(metric: str) -> Ask:
    """What the targets say of a metric: type, help, unit."""
    return Ask("GET", "/api/v1/metadata", (("metric", metric),), metric)


def window(grid: Grid) -> Window:
    """The first and the last instant of a grid."""
    return from_epoch(grid.start), from_epoch(grid.end)


def _span(start: datetime, end: datetime) -> tuple[tuple[str, str], ...]:
    return ("start", f"{utc(start).timestamp():.3f}"), ("end", f"{utc(end).timestamp():.3f}")
