"""Whatever labels, queries, warnings and numbers say, a report renders, is bounded, and holds them as text only."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.finding import Analysis, Chart, Growth
from domain.forecast import Exhaustion, Forecast
from domain.labels import Labels
from domain.notes import Note, NoteCode
from domain.series import SeriesStatus
from domain.watch import Unit
from reports import formats
from reports.languages import LANGUAGES
from reports.render import render_html, render_json, render_markdown
from reports.text import markdown, markdown_cell, markdown_code, visible
from reports.wording import finding_summary, finding_title, incident_description
from tests.fixtures.report_samples import (
    AS_OF,
    FILESYSTEM,
    JOB,
    SUBJECTS,
    analysis_of,
    finding_of,
    report_of,
    small_night,
)

hostile = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'`|*_[]()#\\\n\r\t\x00\u202e\u2066\u200b\ud800{}%⏎…第"))
)
languages = st.sampled_from(LANGUAGES)
numbers = st.one_of(st.floats(), st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 1e300, -1e300, 1e-300, math.inf]))
readings = st.one_of(st.none(), numbers)
moments = st.one_of(st.none(), st.floats(-1, 400).map(lambda days: AS_OF + timedelta(days=days)))
notes = st.builds(
    Note,
    st.sampled_from(NoteCode),
    st.lists(st.tuples(st.sampled_from(["at", "by", "count", "share", "days", "period_seconds"]), numbers)).map(tuple),
)
BASE = analysis_of(SUBJECTS[0])


@st.composite
def exhaustions(draw: st.DrawFn, status: SeriesStatus) -> Exhaustion:
    known = sorted(moment for moment in draw(st.tuples(moments, moments, moments)) if moment is not None)
    p10, p50, p90 = (known[i] if i < len(known) else None for i in range(3))
    chances = sorted(draw(st.tuples(*[st.floats(0, 1)] * 3)))
    within = tuple(zip((7, 14, 30), chances, strict=True)) if draw(st.booleans()) else ()
    return Exhaustion(status, p10, p50, p90, within, draw(st.floats(0, 1)), draw(st.booleans()), draw(hostile))


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    status = draw(st.sampled_from(SeriesStatus))
    n, ahead = draw(st.integers(0, 6)), draw(st.integers(0, 4))
    times = tuple(AS_OF - timedelta(hours=i) for i in reversed(range(n)))
    future = tuple(AS_OF + timedelta(days=i + 1) for i in range(ahead))
    fan = tuple(tuple(draw(numbers) for _ in range(ahead)) for _ in range(3))
    evidence = replace(
        BASE.evidence,
        source=draw(hostile),
        query=draw(hostile),
        limit_query=draw(st.one_of(st.none(), hostile)),
        samples_seen=draw(st.integers(0, 10**6)),
        samples_expected=draw(st.integers(0, 10**6)),
        method=draw(hostile),
        backtest_score=draw(readings),
        current=draw(readings),
        limit=draw(readings),
        peak=draw(readings),
        growth=draw(st.one_of(st.none(), st.builds(Growth, numbers, moments))),
        notes=draw(st.lists(notes, max_size=3).map(tuple)),
        warnings=draw(st.lists(hostile, max_size=3).map(tuple)),
    )
    values, limits = (tuple(draw(readings) for _ in range(n)) for _ in range(2))
    chart = Chart(times, values, limits, Forecast(future, (0.1, 0.5, 0.9), fan))
    labels = draw(st.dictionaries(st.sampled_from(["instance", "mountpoint", "namespace"]), hostile))
    return Analysis(
        watch=FILESYSTEM.key,
        entity=Labels.of(labels),
        status=status,
        exhaustion=draw(exhaustions(status)),
        evidence=evidence,
        oversized_by=draw(readings),
        labels=Labels.of(labels),
        chart=draw(st.sampled_from([None, chart])),
    )


@given(hostile, st.integers(1, 50))
def test_shown_text_is_one_line_within_its_bound_and_can_be_encoded(text: str, limit: int) -> None:
    shown = visible(text, limit)

    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(hostile)
def test_escaped_markdown_holds_no_markup(text: str) -> None:
    escaped = markdown(text)

    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|~#]", escaped)
    assert "<" not in escaped
    assert ">" not in escaped


@given(hostile)
def test_a_code_span_ends_only_at_its_fence(text: str) -> None:
    span = markdown_code(text)
    fence = re.match(r"`+", span)

    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall(r"`+", inner)
    assert not inner.startswith("`")
    assert not inner.endswith("`")


@example("\\|")
@example("a\\\\|b|")
@given(hostile)
def test_a_cell_of_a_table_holds_any_text_as_code_and_ends_where_it_should(text: str) -> None:
    """As a Markdown parser reads it: a bar is looked at before backslashes are, so that `\\|` ends no cell."""
    table = MarkdownIt("commonmark").enable("table").parse(f"| a | b |\n| - | - |\n| {markdown_cell(text)} | end |")
    _, _, cell, end = (token for token in table if token.type == "inline")

    (code,) = cell.children or []
    assert code.type == "code_inline"
    assert code.content.strip() == visible(text, max(len(text), 1)).strip()
    assert end.content == "end"


@given(numbers, st.sampled_from(Unit), languages)
def test_any_number_can_be_written_in_any_unit(x: float, unit: Unit, language: str) -> None:
    assert formats.value(x, unit, language)


@example(0.05)
@example(99.95)
@given(st.floats(min_value=1e-12, max_value=100, exclude_max=True))
def test_a_share_that_is_neither_none_nor_all_is_not_written_so(x: float) -> None:
    assert formats.percent(x, "en") not in ("0%", "100%")


@given(st.floats(0, 1))
def test_a_probability_is_never_written_as_certain(p: float) -> None:
    assert formats.probability(p, "en") not in ("0%", "100%")


@settings(max_examples=60, deadline=None)
@given(analyses(), st.sampled_from(Unit), languages)
def test_any_analysis_can_be_told_of_within_the_bounds_of_the_control_plane(
    analysis: Analysis, unit: Unit, language: str
) -> None:
    watch = replace(FILESYSTEM, unit=unit)

    assert 0 < len(finding_title(analysis, watch, language)) <= 200
    assert finding_summary(analysis, watch, language, "Asia/Taipei")
    assert len(incident_description(analysis, watch, language, "Asia/Taipei")) <= 20_000


@settings(max_examples=60, deadline=None)
@given(analyses(), st.sampled_from(Unit), languages)
def test_any_analysis_can_be_reported(analysis: Analysis, unit: Unit, language: str) -> None:
    night = small_night()
    job = replace(JOB, watches=(replace(FILESYSTEM, unit=unit),))
    finding = finding_of(SUBJECTS[0], analysis)

    report = report_of(replace(night, job=job, analyses=(analysis,), findings=(finding,)), language)
    page, text = render_html(report), render_markdown(report)

    assert "<script" not in page
    assert not re.search("[\x00\u202e\u2066\u200b\ud800]", page + text)
    drawn = re.findall(r'\b(?:d|points|transform|style|x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"', page)
    assert drawn
    assert not any(re.search(r"\b(?:nan|inf)\b", one, re.IGNORECASE) for one in drawn)
    (page + text + render_json(report)).encode()
