"""What each watch sees just now: does its query work, whom does it see, has everybody a limit, is there history?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
import promql_parser as promql

from domain.labels import Labels
from domain.times import Grid
from domain.watch import Direction, Measure, Watch
from forewarn.checks.words import some
from jobs.entities import EntityRows, FloatArray, align_limits, by_entity
from jobs.packs import OPTIONAL_LABELS
from jobs.quantities import format_duration
from sources.base import Check, Source
from sources.counters import gives_a_rate, raw_counter
from sources.errors import SourceError
from sources.syntax import parse

MANY = 3  # so many that are all at their limit are a fault of the watch rather than of each of them


def check_watches(
    watches: Sequence[Watch], source: Source, now: datetime, requires: Mapping[str, str]
) -> Iterator[Check]:
    """One check for each watch that sees something or fails, and one for each pack that sees nothing at all.

    `requires` says of a pack what feeds it.
    """
    anything = False
    for pack, members in groupby(sorted(watches, key=lambda watch: watch.key), key=lambda watch: watch.pack):
        looked_at = [(watch, check_watch(watch, source, now)) for watch in members]
        yield from (check for _, check in looked_at if check is not None)
        silent = [watch.name for watch, check in looked_at if check is None]
        anything = anything or len(silent) < len(looked_at)
        if len(silent) == len(looked_at):
            advice = f"Fed by: {requires.get(pack, 'see its file')}. Leave the pack out if you have no such thing"
            yield Check(f"{pack}/*", True, "sees nothing", advice, required=False)
        elif silent:
            yield Check(f"{pack}/*", True, f"sees nothing for {some(silent, 12)}", required=False)
    if not anything:
        advice = f"Check that {source.name} is the right source and holds data of the last minutes"
        yield Check("watches", False, "no watch of this job sees anything", advice)


def check_watch(watch: Watch, source: Source, now: datetime) -> Check | None:
    """What a watch sees now, and saw when its shortest history begins; None when it sees nothing at all.

    What looks too briefly may see nothing for that: a rate over one scrape is none.
    """
    young = int(watch.minimum_history.total_seconds())
    grid = Grid(int(now.timestamp()) - young, young, 2)
    try:
        batch = source.fetch(watch.query, grid)
        limits = source.fetch(watch.limit.query, grid) if watch.limit.query is not None else None
    except SourceError as error:
        return Check(watch.key, False, str(error), error.advice or "Correct the query, or leave the watch out")
    rows = by_entity(batch, watch)
    if not rows.entities:
        return None if _narrow_window(watch) is None else _too_brief(watch, ["sees nothing"])
    missing = _missing_labels(rows.entities, watch)
    if missing:
        what = f"none of its {len(batch)} series has the label {', '.join(missing)}, which names its entities"
        return Check(watch.key, False, what, "Keep the label in the scrape, or leave the watch out", required=False)
    return _judged(watch, rows, align_limits(rows, limits, watch))


def _missing_labels(entities: Sequence[Labels], watch: Watch) -> list[str]:
    there = {name for entity in entities for name in entity}
    return [name for name in watch.entity if name not in there and name not in OPTIONAL_LABELS]


def _judged(watch: Watch, rows: EntityRows, limits: FloatArray) -> Check:
    values, limit = rows.values[:, -1], limits[:, -1]
    live = ~np.isnan(values)
    needs_sign = watch.limit.query is not None  # a limit of zero from a query is a quota that is not set
    unlimited = live & ~(np.isfinite(limit) & ((limit > 0) | (not needs_sign)))
    reached = live & ~unlimited & ((values >= limit) if watch.direction is Direction.UP else (values <= limit))
    young = live & np.isnan(rows.values[:, 0])
    needed = set(watch.entity) - OPTIONAL_LABELS
    unnamed = np.array([not needed <= set(entity) for entity in rows.entities])
    facts = [f"{int(live.sum())} now"]
    if unlimited.any():
        facts.append(f"{int(unlimited.sum())} without a limit ({_named(rows, unlimited)})")
    if reached.any():
        facts.append(f"{int(reached.sum())} at the limit ({_named(rows, reached)})")
    if young.any():
        facts.append(f"{int(young.sum())} younger than {format_duration(watch.minimum_history)}, not judged yet")
    if unnamed.any():
        lacking = sorted({name for row in np.flatnonzero(unnamed) for name in needed - set(rows.entities[row])})
        facts.append(f"{int(unnamed.sum())} without the label {', '.join(lacking)} ({_named(rows, unnamed)})")
    doubled = sum(1 for count in rows.joined if count > 1)
    if doubled:
        facts.append(f"{doubled} of several series: the worst counts")
    if unlimited.any() and unlimited.sum() == live.sum():
        advice = f"No series of the limit fits: {watch.limit.query}"
        return Check(watch.key, False, "; ".join(facts), advice, required=False)
    if reached.sum() == live.sum() >= MANY:
        advice = f"Is `direction: {watch.direction}` right, and is the limit in the unit of the query?"
        return Check(watch.key, False, "; ".join(facts), advice, required=False)
    mistaken = _mistaken_counter(watch)
    if mistaken is not None:
        what, advice = mistaken
        return Check(watch.key, False, "; ".join([*facts, what]), advice, required=False)
    if _narrow_window(watch) is not None:
        return _too_brief(watch, facts)
    return Check(watch.key, True, "; ".join(facts), required=False)


def _mistaken_counter(watch: Watch) -> tuple[str, str] | None:
    """What is wrong and what to do, where a counter is watched as a level or a rate as a counter."""
    if watch.measure is Measure.COUNTER:
        if not gives_a_rate(watch.query):
            return None
        return "its query gives a rate, and `measure: counter` adds up what rises", "Leave `measure` out"
    counter = raw_counter(watch.query)
    if counter is None:
        return None
    advice = "Watch its rate(), or say `measure: counter` where the limit is on its increase"
    return f"{counter} only rises, by its name, and begins anew at restarts", advice


def _too_brief(watch: Watch, facts: Sequence[str]) -> Check:
    narrow = format_duration(_narrow_window(watch) or watch.step)
    what = "; ".join([*facts, f"looks at {narrow} out of every {format_duration(watch.step)}"])
    advice = "Make the range in the query at least as long as the step, or the step shorter"
    return Check(watch.key, False, what, advice, required=False)


def _narrow_window(watch: Watch) -> timedelta | None:
    """The shortest range of the query, where it is shorter than the step: what happens between them is never seen."""
    ranges: list[timedelta] = []

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.MatrixSelector):
            ranges.append(node.range)

    promql.walk(parse(watch.query), visit)
    return min((found for found in ranges if found < watch.step), default=None)


def _named(rows: EntityRows, chosen: np.ndarray) -> str:
    return some([str(rows.entities[row]) for row in np.flatnonzero(chosen)], 2)
