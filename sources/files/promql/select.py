"""Selectors: which series match, their value at each step, and their samples within a range before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from promql_parser import (
    AtModifier,
    AtModifierType,
    Matcher,
    MatchOp,
    MatrixSelector,
    VectorSelector,
)

from sources.files.promql.context import Context
from sources.files.promql.values import NAME, Bools, QueryRefusedError, Vector, refuse_too_large
from sources.files.store import Ints, Metric, Samples, SampleStore
from sources.patterns import for_rust


@dataclass(frozen=True, slots=True, eq=False)
class RangeVector:
    """Samples of some series and a window of them for each step.

    `starts[n_steps]` and `ends[n_steps]` are in milliseconds; `rows[n_series]` are series numbers in `samples`.
    """

    metrics: list[Metric]
    samples: Samples
    rows: Ints
    starts: Ints
    ends: Ints


def matching_rows(store: SampleStore, selector: VectorSelector) -> Ints:
    """The numbers of the series that a selector matches, rising."""
    alternatives = selector.matchers.or_matchers or [selector.matchers.matchers]
    found = [_rows_of(store, selector.name, matchers) for matchers in alternatives]
    return np.unique(np.concatenate(found)) if len(found) > 1 else found[0]


def instant_vector(context: Context, selector: VectorSelector) -> Vector:
    """The newest sample of every matching series that is not older than the lookback, at each step."""
    rows, found, present = _newest(context, selector)
    values = np.where(present, context.store.every.values[found], np.nan)
    return Vector([context.store.metrics[row] for row in rows], values, present)


def sample_times(context: Context, selector: VectorSelector) -> Vector:
    """When the newest sample of every matching series was taken, in seconds since 1970, at each step."""
    rows, found, present = _newest(context, selector)
    seconds = np.where(present, context.store.every.times[found] / 1_000, np.nan)
    return Vector([context.store.metrics[row] for row in rows], seconds, present).nameless()


def range_vector(context: Context, selector: MatrixSelector) -> RangeVector:
    """The samples of every matching series within the range before each step."""
    inner = selector.vector_selector
    rows = matching_rows(context.store, inner)
    length = context.range_of(rows, milliseconds(selector.range))
    ends = moments(context, inner.at, inner.offset)
    metrics = [context.store.metrics[row] for row in rows]
    return RangeVector(metrics, context.store.solid, rows, ends - length, ends)


def moments(context: Context, at: AtModifier | None, offset: timedelta | None) -> Ints:
    """The instants that a selector looks at, one for each step, in milliseconds."""
    times = context.times
    if at is not None:
        if at.type == AtModifierType.Start:
            fixed = context.start
        elif at.type == AtModifierType.End:
            fixed = context.end
        else:
            # Not by `at.at`: the parser ends the process with it where that is before 1970, which it writes as 0.
            fixed = round(float(str(at).removeprefix("@")) * 1_000)
        times = np.full(len(times), fixed, dtype=np.int64)
    return times - milliseconds(offset)


def milliseconds(span: timedelta | None) -> int:
    """A duration in whole milliseconds; 0 for none."""
    return 0 if span is None else round(span / timedelta(milliseconds=1))


def _newest(context: Context, selector: VectorSelector) -> tuple[Ints, Ints, Bools]:
    """The series, and for each of them and each step the newest sample and whether it counts."""
    samples = context.store.every
    rows = matching_rows(context.store, selector)
    when = moments(context, selector.at, selector.offset)
    refuse_too_large(len(rows), len(when))
    found = samples.position(rows, when, including=True) - 1
    inside = found >= samples.first(rows)[:, None]
    found = np.maximum(found, 0)
    if not samples.times.size:
        return rows, found, inside
    age = when[None, :] - samples.times[found]
    lookback = context.lookback_of(rows)
    fresh = age < lookback if context.left_open else age <= lookback
    return rows, found, inside & fresh & ~np.isnan(samples.values[found])


def _rows_of(store: SampleStore, name: str | None, matchers: list[Matcher]) -> Ints:
    exact = [name] if name else [m.value for m in matchers if m.name == NAME and m.op == MatchOp.Equal]
    rows = store.by_name.get(exact[0], np.empty(0, dtype=np.int64)) if exact else np.arange(len(store), dtype=np.int64)
    for matcher in matchers:
        if rows.size:
            rows = rows[_matches(matcher, [store.metrics[row].get(matcher.name, "") for row in rows])]
    return rows


def _matches(matcher: Matcher, values: list[str]) -> Bools:
    if matcher.op in (MatchOp.Equal, MatchOp.NotEqual):
        equal = np.array([value == matcher.value for value in values], dtype=bool)
        return equal if matcher.op == MatchOp.Equal else ~equal
    hit = full_match(matcher.value, values)
    return hit if matcher.op == MatchOp.Re else ~hit


def from_end_to_end(pattern: str) -> str:
    """A regular expression (RE2) that has to match a whole text, as the engine here reads it."""
    return f"^(?s:{for_rust(pattern)})$"


def full_match(pattern: str, values: list[str]) -> Bools:
    """Which values a regular expression (RE2) matches from end to end, in linear time."""
    try:
        return pl.Series(values, dtype=pl.String).str.contains(from_end_to_end(pattern)).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise QueryRefusedError(
            f"{pattern!r} is no regular expression that is understood here ({str(error).splitlines()[0]})",
            advice="Write it in RE2 syntax",
            token=pattern,
        ) from error
