"""Lines through samples, as SVG path data: numbers and commands alone, in tenths of a unit. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from domain.watch import Direction
from reports.scales import Scale

MOST_POINTS = 240  # of a line

Point = tuple[float, float]  # seconds since 1970, value


def samples(times: Sequence[datetime], values: Sequence[float | None]) -> list[Point]:
    """Samples in order of time; a gap is NaN."""
    pairs = zip(times, values, strict=False)
    return [(moment.timestamp(), math.nan if value is None else float(value)) for moment, value in pairs] or [
        (0.0, math.nan)
    ]


def thin(points: list[Point], direction: Direction) -> list[Point]:
    """At most `MOST_POINTS` points: the worst of each bucket, so that no peak is hidden. All gaps stay a gap."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return points
    worst = max if direction is Direction.UP else min
    thinned: list[Point] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        seen = [point for point in bucket if math.isfinite(point[1])]
        thinned.append(worst(seen, key=lambda point: point[1]) if seen else bucket[0])
    return thinned


def line(points: Sequence[Point], x: Scale, y: Scale) -> str:
    """A path through the points that begins anew after every gap. A point between two gaps is a dot."""
    runs: list[list[str]] = [[]]
    for moment, value in points:
        if math.isfinite(value) and x.low <= moment <= x.high:
            runs[-1].append(f"{x.at(moment):g} {y.at(value):g}")
        else:
            runs.append([])
    return "".join(f"M{'L'.join(run)}{'z' if len(run) == 1 else ''}" for run in runs if run)


def steps(points: list[Point], x: Scale, y: Scale) -> str:
    """A path that holds each value until the next one, with a point only where it changes."""
    parts: list[str] = []
    held: float | None = None
    for moment, value in points:
        place = y.at(value)
        if held is None:
            parts.append(f"M{x.at(moment):g} {place:g}")
        elif place != held:
            parts.append(f"H{x.at(moment):g}V{place:g}")
        held = place
    return "".join(parts) + f"H{x.at(points[-1][0]):g}" if points else ""


def inside(points: Iterable[Point], low: float, high: float) -> Iterator[Point]:
    """The points between two values: a line that goes beyond is cut there, and not bent along the edge."""
    before: Point | None = None
    for point in points:
        if before is not None:
            yield from _edges(before, point, (low, high))
        yield point if low <= point[1] <= high else (point[0], math.nan)
        before = point


def _edges(before: Point, after: Point, levels: tuple[float, float]) -> Iterator[Point]:
    """Where the line between two points passes the levels, in order of time."""
    rise = after[1] - before[1]
    shares = sorted((level - before[1]) / rise for level in levels) if rise and math.isfinite(rise) else []
    for share in shares:
        if 0 < share < 1:
            yield (before[0] + share * (after[0] - before[0]), before[1] + share * rise)


def until(points: Sequence[Point], end: float) -> Iterator[Point]:
    """The points up to `end`, the last one interpolated there."""
    before: Point | None = None
    for point in points:
        if point[0] <= end:
            yield point
        elif before is not None and before[0] < end:
            share = (end - before[0]) / (point[0] - before[0])
            yield (end, before[1] + share * (point[1] - before[1]))
        before = point
