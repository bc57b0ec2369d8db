"""The picture of one entity: history, forecast fan, limit and crossing, as the shapes of a vector drawing.

Pure geometry; a template makes SVG of it. Coordinates are rounded to a tenth, and a line has no more points than it has
pixels, so that a drawing stays within a few kilobytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.finding import Analysis, Chart
from domain.watch import Direction, Watch
from reports import formats, paths
from reports.languages import language_of
from reports.lettering import width_of
from reports.paths import Point
from reports.scales import Scale, Tick, time_ticks, value_range, value_ticks
from reports.sentences import bound, when

WIDTH, HEIGHT = 640, 256
_TOP, _BOTTOM, _LEFT, _RIGHT = 26.0, 230.0, 58.0, 640.0
_JOIN = 0.2  # of the range of all values: the forecast is drawn from the last value on if it begins so near
_FUTURE = 0.45  # of the history's length that the future takes at least
_DATE, _LABEL = 12.5, 20.0  # the largest size of letters (style.css) of a date with its interval, and of a limit
_MARGIN = 36.0  # days nearer to the edge than this would be cut where the page is narrow and words are large


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the limit is crossed: P10 to P90 as a bar on the limit, P50 as its mark."""

    x: float | None
    left: float
    right: float
    y: float
    text: str
    around: str  # its interval in words: a narrow page, where letters are large, leaves it out
    text_x: float
    text_anchor: str


@dataclass(frozen=True, slots=True)
class Place:
    """A word in the picture."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """The shapes of one picture. Paths are SVG path data made of numbers alone."""

    width: int
    height: int
    top: float
    bottom: float
    title: str
    history: str
    limit: str
    band: str
    median: str
    now: Place
    limit_label: Place | None
    crossing: Crossing | None
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


def draw(analysis: Analysis, watch: Watch, title: str, language: str, timezone: str) -> ChartView | None:
    """The picture of an analysis; None where it kept nothing to draw."""
    chart = analysis.chart
    if chart is None:
        return None
    history = paths.samples(chart.times, chart.values)
    if not any(math.isfinite(value) for _, value in history):
        return None
    now = analysis.evidence.end.timestamp()
    x = Scale(history[0][0], _end(analysis, watch, history[0][0]), _LEFT, _RIGHT)
    limits = _limit_line(chart, analysis, x.high)
    y = _y_scale(watch, history, chart, limits, x.high)
    return ChartView(
        width=WIDTH,
        height=HEIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        title=title,
        history=paths.line(paths.thin(history, watch.direction), x, y),
        limit=paths.steps(limits, x, y),
        band=_band(chart, analysis, x, y),
        median=paths.line(list(paths.inside(_ahead(chart, analysis, 0.5, x.high), y.low, y.high)), x, y),
        now=Place(x.at(now), _now_y(watch), language_of(language).gettext("now"), "end"),
        limit_label=_limit_label(watch, limits, x.at(now), y, language, timezone),
        crossing=_crossing(analysis, limits, x, y, language, timezone),
        y_ticks=value_ticks(y, watch.unit, language, timezone),
        x_ticks=tuple(tick for tick in time_ticks(x, language, timezone) if tick.place < WIDTH - _MARGIN),
    )


def _now_y(watch: Watch) -> float:
    """Where the word for now stands: away from the limit, which has words of its own."""
    return _BOTTOM - 6 if watch.direction is Direction.UP else _TOP + 12


def _end(analysis: Analysis, watch: Watch, start: float) -> float:
    """How far the picture looks ahead: past the crossing, as far as there is a forecast, but not out of proportion."""
    now = analysis.evidence.end
    found = analysis.exhaustion
    wanted = max((now.timestamp() - start) * _FUTURE, 1.0)
    last = found.p90 or found.p50 or found.p10
    if last is not None and not found.exhausted:
        wanted = max(wanted, 1.2 * (last - now).total_seconds())
    return now.timestamp() + min(wanted, max(watch.horizon.total_seconds(), 1.0))


def _limit_line(chart: Chart, analysis: Analysis, end: float) -> list[Point]:
    """The limit at every time of the history, and its last value from there on."""
    points = [point for point in paths.samples(chart.times, chart.limits) if math.isfinite(point[1])]
    last = points[-1][1] if points else analysis.evidence.limit
    if last is None or not math.isfinite(last):
        return points
    first = points or [(chart.times[0].timestamp(), last)]
    return [*first, (end, last)]


def _y_scale(watch: Watch, history: list[Point], chart: Chart, limits: list[Point], end: float) -> Scale:
    seen = [value for _, value in history if math.isfinite(value)]
    bounds = [value for _, value in limits]
    reach = max(seen + bounds) - min(seen + bounds)
    ceiling, floor = max(seen + bounds) + 0.15 * reach, min(seen + bounds) - 0.15 * reach
    lines = chart.forecast.values if chart.forecast else ()
    times = chart.forecast.times if chart.forecast else ()
    ahead = [
        min(max(value, floor), ceiling)
        for line in lines
        for moment, value in paths.samples(times, line)
        if math.isfinite(value) and moment <= end
    ]
    low, high = value_range(seen + ahead, bounds, watch.lower)
    return Scale(low, high, _BOTTOM, _TOP)


def _ahead(chart: Chart, analysis: Analysis, quantile: float, end: float) -> list[Point]:
    """The quantile of the forecast nearest to the given one, up to `end`.

    It begins at the last value seen, unless the forecast is of something else: of daily peaks, while it is night.
    """
    forecast, current = chart.forecast, analysis.evidence.current
    if forecast is None or not forecast.quantiles:
        return []
    nearest = min(range(len(forecast.quantiles)), key=lambda i: abs(forecast.quantiles[i] - quantile))
    now = analysis.evidence.end.timestamp()
    future = [
        point
        for point in paths.samples(forecast.times, forecast.values[nearest])
        if math.isfinite(point[1]) and point[0] > now
    ]
    joined = current is not None and math.isfinite(current) and _continues(chart, current)
    start = [(now, current)] if current is not None and joined else []
    return list(paths.until(start + future, end))


def _continues(chart: Chart, current: float) -> bool:
    """Whether the forecast begins about where the history ends."""
    first = [line[0] for line in chart.forecast.values if line] if chart.forecast else []
    seen = [value for value in chart.values if value is not None and math.isfinite(value)]
    if not first or not all(map(math.isfinite, first)):
        return False
    reach = max([*seen, *first]) - min([*seen, *first])
    return min(first) - _JOIN * reach <= current <= max(first) + _JOIN * reach


def _band(chart: Chart, analysis: Analysis, x: Scale, y: Scale) -> str:
    """The area between P10 and P90, closed."""
    low, high = (_ahead(chart, analysis, quantile, x.high) for quantile in (0.1, 0.9))
    if len(low) < 2 or len(high) < 2:
        return ""
    return paths.line([*high, *reversed(low)], x, y) + "Z"


def _crossing(
    analysis: Analysis, limits: list[Point], x: Scale, y: Scale, language: str, timezone: str
) -> Crossing | None:
    found = analysis.exhaustion
    if found.exhausted or found.p10 is None or not limits or found.p10.timestamp() > x.high:
        return None
    left = x.at(found.p10.timestamp())
    right = x.at(found.p90.timestamp()) if found.p90 is not None else x.end
    middle = None if found.p50 is None or found.p50.timestamp() > x.high else x.at(found.p50.timestamp())
    marked = left if middle is None else middle
    at_right = marked > WIDTH / 2
    text, around = _date(analysis, language, timezone)
    length = width_of(text + around, _DATE)
    return Crossing(
        x=middle,
        left=left,
        right=max(right, left + 3.0),
        y=y.at(limits[-1][1]),
        text=text,
        around=around,
        text_x=round(max(marked - 6, length) if at_right else min(marked + 6, WIDTH - length), 1),
        text_anchor="end" if at_right else "start",
    )


def crossing_text(analysis: Analysis, language: str, timezone: str) -> str:
    """`30 Nov (28 Nov – 4 Dec)`; where a quantile is beyond the horizon, what there is to say instead."""
    return "".join(_date(analysis, language, timezone))


def _date(analysis: Analysis, language: str, timezone: str) -> tuple[str, str]:
    """The date of a crossing, and the interval that stands behind it."""
    words, found = language_of(language), analysis.exhaustion
    if found.p10 is None:
        return "", ""
    first = when(found.p10, analysis, language, timezone)
    if found.p50 is None:
        return words.gettext("from {first} on", first=first), ""
    middle = when(found.p50, analysis, language, timezone)
    if found.p90 is None:
        around = words.gettext("({first} or later)", first=first)
    else:
        last = when(found.p90, analysis, language, timezone)
        around = "" if first == last else words.gettext("({first} – {last})", first=first, last=last)
    return middle, formats.gap(language) + around if around else ""


def _limit_label(watch: Watch, limits: list[Point], now: float, y: Scale, language: str, timezone: str) -> Place | None:
    """The limit in words, on the side of its line where no history is; ahead of now where there is no room behind."""
    if not limits:
        return None
    last = limits[-1][1]
    text = language_of(language).gettext(
        "{bound} {limit}", bound=bound(watch, language), limit=formats.value(last, watch.unit, language, timezone)
    )
    place = y.at(last) + (-6 if watch.direction is Direction.UP else 20)
    if now - 6 - width_of(text, _LABEL) < _LEFT:
        return Place(now + 6, place, text, "start")
    return Place(now - 6, place, text, "end")
