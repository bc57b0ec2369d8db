"""The text of an incident, in Markdown: what is wrong, what to do, the evidence, and how to redo it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from domain.finding import Analysis, Evidence
from domain.watch import Watch
from reports import formats
from reports.evidence import Fact, evidence_facts, redo_command
from reports.findings import finding_summary
from reports.languages import Language, language_of
from reports.notes import note_sentence, notes_to_tell
from reports.sentences import bound, chances, expires, when
from reports.text import markdown, markdown_block, markdown_code, shorten

DESCRIPTION_LENGTH = 20_000  # the Control Plane's bound
_ITEMS = 20  # labels, notes and warnings of each kind; the rest is counted


def incident_description(
    analysis: Analysis, watch: Watch, language: str, timezone: str, *, report_url: str | None = None
) -> str:
    """Markdown of at most 20,000 characters. Labels, queries and warnings come from other systems: they are escaped."""
    words = language_of(language)
    evidence = analysis.evidence
    blocks = [
        markdown(finding_summary(analysis, watch, language, timezone)),
        _section(words.gettext("What to do"), [markdown(watch.advice.in_language(language))]),
        _section(words.gettext("When"), _when(analysis, watch, words, timezone)),
        _section(words.gettext("What it is about"), _labels(analysis, words)),
        _section(words.gettext("Noticed"), _noticed(evidence, watch, words, timezone)),
        _section(
            words.gettext("Evidence"),
            [_fact(fact, words) for fact in evidence_facts(analysis, watch, language, timezone)],
        ),
        _section(words.gettext("How to redo it"), [markdown_block(redo_command(evidence, language), "sh")]),
        _link(report_url, words),
        _zone(evidence, words, timezone),
    ]
    return shorten("\n\n".join(block for block in blocks if block), DESCRIPTION_LENGTH)


def _section(title: str, lines: Sequence[str]) -> str:
    return f"### {markdown(title)}\n\n" + "\n".join(lines) if lines else ""


def _fact(fact: Fact, words: Language) -> str:
    value = markdown_code(fact.value) if fact.code else markdown(fact.value)
    written = words.gettext("{name}: {value}", name=markdown(fact.name), value=value)
    return f"- {written}"


def _when(analysis: Analysis, watch: Watch, words: Language, timezone: str) -> list[str]:
    found = analysis.exhaustion
    if found.exhausted:
        return [markdown(words.gettext("It has reached its {bound} already.", bound=bound(watch, words.tag)))]
    if expires(analysis, watch):
        heading = markdown(words.gettext("Expires"))
    else:
        heading = markdown(words.gettext("Reaches its {bound}", bound=bound(watch, words.tag)))
    later = words.gettext("not within {horizon}", horizon=formats.duration(watch.horizon, words.tag))
    rows = [
        (name, when(moment, analysis, words.tag, timezone) if moment else later)
        for name, moment in (("P10", found.p10), ("P50", found.p50), ("P90", found.p90))
    ]
    rows += [_chance(days, probability, words) for days, probability in chances(found)]
    return [f"| | {heading} |", "| --- | --- |", *(f"| {markdown(name)} | {markdown(text)} |" for name, text in rows)]


def _chance(days: int, probability: float, words: Language) -> tuple[str, str]:
    length = formats.duration(timedelta(days=days), words.tag)
    return words.gettext("Chance within {days}", days=length), formats.probability(probability, words.tag)


def _labels(analysis: Analysis, words: Language) -> list[str]:
    pairs = (analysis.labels or analysis.entity).pairs
    lines = [f"- {markdown_code(shorten(name, 80))} = {markdown_code(shorten(value, 200))}" for name, value in pairs]
    return _at_most(lines, words)


def _noticed(evidence: Evidence, watch: Watch, words: Language, timezone: str) -> list[str]:
    notes = [
        f"- {markdown(note_sentence(note, watch.unit, words.tag, timezone, evidence.end, watch.direction))}"
        for note in notes_to_tell(evidence)
    ]
    said = words.gettext("The source warned:")
    warnings = [f"- {markdown(said)} {markdown_code(shorten(warning, 300))}" for warning in evidence.warnings]
    return _at_most(notes, words) + _at_most(warnings, words)


def _at_most(lines: list[str], words: Language) -> list[str]:
    rest = len(lines) - _ITEMS
    if rest <= 0:
        return lines
    more = words.ngettext("and {count} more", "and {count} more", rest, count=formats.count(rest, words.tag))
    return [*lines[:_ITEMS], f"- {markdown(more)}"]


def _link(report_url: str | None, words: Language) -> str:
    if report_url is None:
        return ""
    target = quote(report_url, safe=":/?#[]@!$&'()*+,;=%-._~")
    name = words.gettext("The report of that night")
    return f"[{markdown(name)}](<{target}>)"


def _zone(evidence: Evidence, words: Language, timezone: str) -> str:
    said = words.gettext("All times in {zone}.", zone=formats.zone(evidence.end, timezone))
    return f"*{markdown(said)}*"
