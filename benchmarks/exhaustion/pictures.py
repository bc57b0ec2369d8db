"""A picture of each shape: history, limit, what was told, and what came. SVG written by hand, one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from analyzers.capacity import CapacityResult, analyse_capacity
from analyzers.exhaustion.pressure import increase
from benchmarks.exhaustion.generator import DAY, History
from benchmarks.exhaustion.parts import Floats
from benchmarks.exhaustion.runner import batch, parameters
from domain.watch import Measure

WIDTH, HEIGHT, COLUMNS, MARGIN = 520, 240, 3, 34
HISTORY_DAYS = 45.0
AHEAD_DAYS = 60.0
POINTS = 400
STYLE = """
text{font:11px sans-serif;fill:#333}
.history{fill:none;stroke:#1f4e79;stroke-width:1}
.truth{fill:none;stroke:#999;stroke-width:1;stroke-dasharray:2 2}
.fan{fill:#e08214;fill-opacity:.25;stroke:none}
.median{fill:none;stroke:#e08214;stroke-width:1.3}
.limit{fill:none;stroke:#b2182b;stroke-width:1.3}
.told{stroke:#e08214;stroke-width:1.5}
.came{stroke:#333;stroke-width:1.5;stroke-dasharray:4 3}
.span{fill:#e08214;fill-opacity:.6}
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel lies, and how its days and values become points."""

    left: float
    top: float
    low: float
    high: float

    def x(self, days: float) -> float:
        """The x of a day from now."""
        share = (days + HISTORY_DAYS) / (HISTORY_DAYS + AHEAD_DAYS)
        return round(self.left + MARGIN + share * (WIDTH - 1.5 * MARGIN), 1)

    def y(self, value: float) -> float:
        """The y of a value."""
        share = (value - self.low) / max(self.high - self.low, 1e-12)
        return round(self.top + HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)

    def line(self, name: str, days: Floats, values: Floats) -> str:
        """A line that is interrupted where values are missing."""
        path, pen = [], "M"
        for day, value in zip(days, values, strict=True):
            if np.isnan(value):
                pen = "M"
                continue
            path.append(f"{pen}{self.x(float(day))} {self.y(float(value))}")
            pen = "L"
        return f'<path class="{name}" d="{"".join(path)}"/>'


def pictures(histories: Sequence[History]) -> str:
    """One panel per history, as one SVG document."""
    rows = -(-len(histories) // COLUMNS)
    panels = [_panel(h, i % COLUMNS * WIDTH, i // COLUMNS * HEIGHT) for i, h in enumerate(histories)]
    size = f'width="{COLUMNS * WIDTH}" height="{rows * HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{"".join(panels)}</svg>\n'


def _panel(history: History, left: float, top: float) -> str:
    times, values, limits = batch([history])
    result = analyse_capacity(times, values, limits, parameters(history))
    shown = increase(values)[0] if history.measure is Measure.COUNTER else values
    back = (times - times[-1]) / DAY
    days, seen = _thinned(back, shown[0])
    ahead = np.arange(1, history.future.size + 1) * history.step / DAY
    limit = float(limits[0, -1])
    everything = np.concatenate([seen[~np.isnan(seen)], [limit], np.clip(result.fan[0, 1], *_around(seen, limit))])
    frame = Frame(left, top, float(everything.min()), float(everything.max()) * 1.02)
    future_days, future = _thinned(ahead, np.clip(history.future, frame.low, frame.high))
    fan_days = (result.fan_times - times[-1]) / DAY
    inside = np.clip(result.fan[0], frame.low, frame.high)
    parts = [
        _ribbon(frame, fan_days, inside[0], inside[-1]),
        frame.line("history", days, seen),
        frame.line("truth", future_days, future),
        frame.line("median", fan_days, inside[inside.shape[0] // 2]),
        frame.line("limit", *_limit_line(back, limits[0])),
        _dates(frame, history, result, float(times[-1])),
    ]
    return f"<g>{''.join(parts)}</g>"


def _dates(frame: Frame, history: History, result: CapacityResult, now: float) -> str:
    """The day that was told with its interval, the day that came, and both in words."""
    told, early, late = ((instant[0] - now) / DAY for instant in (result.p50, result.p10, result.p90))
    bottom, ceiling = frame.top + HEIGHT - MARGIN, frame.top + MARGIN
    marks = []
    if not np.isnan(early):
        start, end = frame.x(float(early)), frame.x(AHEAD_DAYS if np.isnan(late) else float(late))
        marks.append(f'<rect class="span" x="{start}" y="{bottom - 4}" width="{max(end - start, 1):.1f}" height="4"/>')
    for name, day in (("told", told), ("came", history.days if history.days is not None else np.nan)):
        if not np.isnan(day):
            x = frame.x(float(day))
            marks.append(f'<line class="{name}" x1="{x}" x2="{x}" y1="{ceiling}" y2="{bottom}"/>')
    came = "never" if history.days is None else f"day {history.days:.1f}"
    until = "later" if np.isnan(late) else f"{late:.1f}"
    said = "not within 60 days" if np.isnan(told) else f"day {told:.1f} ({early:.1f} to {until})"
    words = escape(f"{history.kind}: told {said}, came {came}")
    return "".join(marks) + f'<text x="{frame.left + MARGIN}" y="{frame.top + 20}">{words}</text>'


def _ribbon(frame: Frame, days: Floats, low: Floats, high: Floats) -> str:
    points = [(frame.x(float(d)), frame.y(float(v))) for d, v in zip(days, high, strict=True)]
    points += [(frame.x(float(d)), frame.y(float(v))) for d, v in zip(days[::-1], low[::-1], strict=True)]
    return f'<polygon class="fan" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _thinned(days: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The last part of a line in few points: the lowest and the highest of each short stretch."""
    chosen = days >= -HISTORY_DAYS
    days, values = days[chosen], values[chosen]
    stretch = max(1, values.size * 2 // POINTS)
    if stretch == 1:
        return days, values
    kept = np.full(-values.size % stretch, np.nan)
    blocks = np.concatenate([kept, values]).reshape(-1, stretch)
    at = np.concatenate([np.full(kept.size, days[0]), days]).reshape(-1, stretch).mean(axis=1)
    lows = np.fmin.reduce(blocks, axis=1)
    highs = np.fmax.reduce(blocks, axis=1)
    return np.repeat(at, 2), np.stack([lows, highs], axis=1).ravel()


def _limit_line(back: Floats, limits: Floats) -> tuple[Floats, Floats]:
    """The limit as a step line in few points, on to the end of the picture."""
    shown = back >= -HISTORY_DAYS
    days, values = back[shown], limits[shown]
    change = np.flatnonzero(values[1:] != values[:-1]) + 1
    at = np.concatenate([[0], np.repeat(change, 2) - np.tile([1, 0], change.size), [values.size - 1]]).astype(np.intp)
    return np.append(days[at], AHEAD_DAYS), np.append(values[at], values[-1])


def _around(seen: Floats, limit: float) -> tuple[float, float]:
    """The range that a picture shows of a fan: a little more than history and limit."""
    low, high = min(float(np.nanmin(seen)), limit), max(float(np.nanmax(seen)), limit)
    return low - 0.1 * (high - low), high + 0.1 * (high - low)
