"""What has run out or will, as a report shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.finding import Finding, FindingState, Outcome, Severity
from domain.times import rfc3339
from reports import formats, sentences
from reports.charts import draw
from reports.evidence import evidence_facts, redo_command, rerun_command
from reports.findings import finding_summary
from reports.notes import note_sentence, notes_to_tell
from reports.scene import Scene, Seen
from reports.spans import Axis, span_of
from reports.text import visible
from reports.urgency import is_overdue, last_moment
from reports.views import Chance, Detail, Label, Moment, Risk

_ITEMS = 20  # labels, notes and warnings of each kind


def risk_of(seen: Seen, rank: int, change: tuple[str, str], axis: Axis, scene: Scene, *, detailed: bool) -> Risk:
    """One risk. `change` is what is new about it since the night before, as a word and in words."""
    analysis, watch, language = seen.analysis, seen.watch, scene.language
    found, evidence = analysis.exhaustion, analysis.evidence
    begin, overdue = _begin(seen, scene)
    begin_text = _begin_text(begin, overdue, scene)
    share = sentences.share_of_limit(evidence.current, evidence.limit, watch)
    chances = tuple(_chance(days, probability, scene) for days, probability in sentences.chances(found))
    return Risk(
        rank=rank,
        anchor=anchor_of(seen.finding.fingerprint),
        fingerprint=seen.finding.fingerprint,
        entity=sentences.entity_name(analysis, watch),
        watch=watch.key,
        thing=scene.title(watch),
        severity=seen.finding.severity.value,
        severity_text=severity_text(seen.finding.severity, scene),
        state=seen.finding.state.value,
        state_text=_state_text(seen, scene),
        change=change[0],
        change_text=change[1],
        summary=finding_summary(analysis, watch, language, scene.timezone, name_zone=False),
        advice=visible(watch.advice.in_language(language), 400),
        exhausted=found.exhausted,
        first=_moment(found.p10, seen, scene),
        middle=_moment(found.p50, seen, scene),
        last=_moment(found.p90, seen, scene),
        when=_when(seen, scene),
        interval=_interval(seen, scene),
        left=_left(seen, scene),
        chance=_telling(seen, scene),
        chances=chances,
        too_late=scene.probability(1.0 if found.exhausted else found.within_lead_time),
        lead=formats.period(watch.lead_time.total_seconds(), language),
        begin=None if begin is None else Moment(rfc3339(begin), begin_text),
        begin_text=begin_text,
        overdue=overdue,
        current=scene.current(analysis, watch),
        limit_name=sentences.bound_title(watch, language),
        limit=scene.value(evidence.limit, watch),
        share=None if share is None else scene.percent(share),
        span=None if found.exhausted else span_of(found, scene.as_of, watch.lead_time, axis),
        detail=_detail(seen, scene) if detailed else None,
    )


def anchor_of(fingerprint: str) -> str:
    """The id of a finding's place in the page."""
    return f"f-{fingerprint}"


def severity_text(severity: Severity, scene: Scene) -> str:
    """A severity in words."""
    names = {
        Severity.CRITICAL: scene.words.gettext("Critical"),
        Severity.WARNING: scene.words.gettext("Warning"),
        Severity.INFO: scene.words.gettext("Info"),
    }
    return names[severity]


def _state_text(seen: Seen, scene: Scene) -> str:
    """Where a finding stands. Whether its incident has been delivered is not known while the report is written."""
    if not seen.tonight:
        day = formats.day(seen.finding.last_seen, scene.language, scene.timezone, near=scene.as_of)
        return scene.words.gettext("not seen tonight: as of {day}", day=day)
    if seen.finding.state is FindingState.PENDING:
        return _untold(seen.finding, scene)
    opened = seen.finding.opened_at or seen.finding.first_seen
    day = formats.day(opened, scene.language, scene.timezone, near=scene.as_of)
    return scene.words.gettext("open since {day}", day=day)


def _untold(finding: Finding, scene: Scene) -> str:
    """What is pending is told when it is sure, unless a person who knows of it wants to hear no more for now."""
    quiet = finding.quiet_until is not None and scene.as_of < finding.quiet_until
    if quiet or finding.outcome is Outcome.ACCEPTED_RISK:
        return scene.words.gettext("not told again: a person closed its incident")
    return scene.words.gettext("not told yet")


def _begin(seen: Seen, scene: Scene) -> tuple[datetime | None, bool]:
    """The last moment to begin so that in nine cases of ten or more it is fixed in time, and whether that is past."""
    found = seen.analysis.exhaustion
    if found.exhausted:
        return scene.as_of, True
    begin = last_moment(found, seen.watch.lead_time)
    if begin is None:
        return None, False
    return max(begin, scene.as_of), is_overdue(found, seen.watch.lead_time, scene.as_of)


def _moment(moment: datetime | None, seen: Seen, scene: Scene) -> Moment | None:
    """A quantile of the crossing, told no more exactly than it is known."""
    if moment is None:
        return None
    return Moment(rfc3339(moment), sentences.when(moment, seen.analysis, scene.language, scene.timezone))


def _begin_text(begin: datetime | None, overdue: bool, scene: Scene) -> str:
    if begin is None:
        return ""
    if overdue:
        return scene.words.gettext("now")
    if begin - scene.as_of < timedelta(days=1):
        return formats.hour(begin, scene.language, scene.timezone)
    return formats.day(begin, scene.language, scene.timezone, near=scene.as_of)


def _when(seen: Seen, scene: Scene) -> str:
    found = seen.analysis.exhaustion
    if found.exhausted:
        return scene.words.gettext("already")
    if found.p50 is not None:
        return sentences.when(found.p50, seen.analysis, scene.language, scene.timezone)
    return scene.words.gettext("probably not")


def _left(seen: Seen, scene: Scene) -> str:
    """The time left until P50; empty where there is none, and where that is past: an older run told it."""
    found = seen.analysis.exhaustion
    if found.exhausted or found.p50 is None or found.p50 <= scene.as_of:
        return ""
    return formats.duration(found.p50 - scene.as_of, scene.language)


def _interval(seen: Seen, scene: Scene) -> str:
    found, words = seen.analysis.exhaustion, scene.words
    if found.exhausted or found.p10 is None:
        return ""
    first = sentences.when(found.p10, seen.analysis, scene.language, scene.timezone)
    if found.p90 is None:
        return words.gettext("{first} or later", first=first)
    last = sentences.when(found.p90, seen.analysis, scene.language, scene.timezone)
    return first if first == last else words.gettext("{first} – {last}", first=first, last=last)


def _chance(days: int, probability: float, scene: Scene) -> Chance:
    return Chance(days, formats.duration(timedelta(days=days), scene.language), scene.probability(probability))


def _telling(seen: Seen, scene: Scene) -> Chance | None:
    found = seen.analysis.exhaustion
    asked = sentences.telling_probability(found)
    return None if asked is None or found.exhausted else _chance(*asked, scene)


def _detail(seen: Seen, scene: Scene) -> Detail:
    analysis, watch, evidence = seen.analysis, seen.watch, seen.analysis.evidence
    name = sentences.entity_name(analysis, watch)
    title = scene.words.gettext("{entity}: {claim}", entity=name, claim=scene.title(watch))
    labels = [
        Label(visible(name, 80), visible(value, 300)) for name, value in (analysis.labels or analysis.entity).pairs
    ]
    notes = [
        note_sentence(note, watch.unit, scene.language, scene.timezone, evidence.end, watch.direction)
        for note in notes_to_tell(evidence)
    ]
    return Detail(
        chart=draw(analysis, watch, title, scene.language, scene.timezone),
        labels=tuple(labels[:_ITEMS]),
        notes=tuple(notes[:_ITEMS]),
        warnings=tuple(visible(warning, 300) for warning in evidence.warnings[:_ITEMS]),
        evidence=evidence_facts(analysis, watch, scene.language, scene.timezone),
        redo="\n".join((rerun_command(scene.job.name, scene.as_of), redo_command(evidence, scene.language))),
        query_url=scene.links.query_url(evidence.query),
        finding_url=scene.links.finding_url(seen.finding.fingerprint),
    )
