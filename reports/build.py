"""The capacity report, built from what a run saw and decided. Pure: the same night gives the same report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from domain.finding import Analysis, Finding, FindingKind, FindingState
from domain.job import Job
from domain.run import Run, RunStatus, ShardOutcome
from domain.times import rfc3339
from reports import asides, formats
from reports.changes import Differences, compare
from reports.coverage import coverage_of, speaks, troubled_watches
from reports.languages import language_of
from reports.risks import risk_of
from reports.scene import ReportLinks, Scene, Seen, as_analysis, name_of
from reports.spans import Axis, axis_of, longest_of
from reports.summary import Totals, headline, subline, tiles
from reports.text import visible
from reports.urgency import is_overdue, urgency
from reports.views import CapacityReport, Moment, Risk

__all__ = ["ReportLinks", "build_capacity_report"]

DETAILED = 80  # risks that have a picture and evidence; a page of these stays below 1.5 MB
LISTED = 500  # risks that have a line


def build_capacity_report(
    *,
    run: Run,
    job: Job,
    analyses: Sequence[Analysis],
    findings: Sequence[Finding],
    previous: Sequence[Finding] | None,
    shards: Sequence[ShardOutcome],
    language: str,
    timezone: str,
    links: ReportLinks,
    version: str = "",
) -> CapacityReport:
    """Everything that the report of one run shows, in one language and time zone.

    `findings` are the job's as they stand after the run, `previous` as they stood before it (None: there was no run
    before). Analyses of watches that are not the job's are left out. Raises `ValueError` for a language without a
    catalogue, and `zoneinfo.ZoneInfoNotFoundError` for a time zone that does not exist.
    """
    ZoneInfo(timezone)
    scene = Scene(run, job, language_of(language), timezone, links, {watch.key: watch for watch in job.watches})
    analyses = [analysis for analysis in analyses if analysis.watch in scene.watches]
    judged = {name_of(analysis): analysis for analysis in analyses if speaks(analysis)}
    seen = _seen(judged, findings, scene)
    detailed = frozenset(risk.finding.fingerprint for risk in seen[:DETAILED])
    differences = compare(seen, findings, previous, frozenset(judged), troubled_watches(shards), detailed, scene)
    listed, more = scene.bounded(seen, LISTED)
    axis = axis_of(longest_of([risk.watch.horizon for risk in listed]), language)
    exhausted, expected = _split(_risks(listed, differences, detailed, axis, scene))
    told = frozenset(risk.finding.fingerprint for risk in seen)
    coverage = coverage_of(analyses, shards, scene)
    totals = _totals(seen, scene)
    return CapacityReport(
        language=language,
        title=scene.words.gettext("Capacity report"),
        job=visible(job.name),
        run_id=str(run.id),
        as_of=Moment(rfc3339(run.as_of), formats.full(run.as_of, language, timezone)),
        zone=formats.zone(run.as_of, timezone),
        status=run.status.value,
        status_text=_status_text(run, scene),
        status_reason=visible(run.reason, 500),
        headline=headline(totals, coverage, scene),
        subline=subline(exhausted, expected, coverage, scene),
        tiles=tiles(totals, differences.groups, coverage, scene, compared=previous is not None),
        exhausted=exhausted,
        expected=expected,
        more_risks=more,
        few_details=_few_details(seen, scene),
        axis=axis,
        compared=previous is not None,
        changes=differences.groups,
        possible=asides.possible(analyses, told, scene),
        cycling=asides.cycling(analyses, told, scene),
        oversized=asides.oversized(analyses, findings, scene),
        coverage=coverage,
        version=version,
    )


def _seen(judged: Mapping[str, Analysis], findings: Sequence[Finding], scene: Scene) -> list[Seen]:
    """The findings that stand, with what this run could say of them, most urgent first."""
    standing = [
        Seen(
            finding=finding,
            analysis=judged.get(finding.fingerprint) or as_analysis(finding),
            watch=scene.watches[finding.watch],
            tonight=finding.fingerprint in judged,
        )
        for finding in findings
        if finding.kind is FindingKind.EXHAUSTION
        and finding.state in (FindingState.PENDING, FindingState.OPEN)
        and finding.watch in scene.watches
    ]
    return sorted(
        standing,
        key=lambda seen: urgency(seen.analysis.exhaustion, seen.watch.lead_time, scene.as_of, seen.finding.fingerprint),
    )


def _risks(
    listed: Sequence[Seen], differences: Differences, detailed: frozenset[str], axis: Axis, scene: Scene
) -> list[Risk]:
    """A line for each, and for the detailed ones all that is told of them."""
    names = [seen.finding.fingerprint for seen in listed]
    return [
        risk_of(seen, rank, differences.tonight.get(name, ("", "")), axis, scene, detailed=name in detailed)
        for rank, (name, seen) in enumerate(zip(names, listed, strict=True), start=1)
    ]


def _few_details(seen: Sequence[Seen], scene: Scene) -> str:
    if len(seen) <= DETAILED:
        return ""
    count = formats.count(DETAILED, scene.language)
    return scene.words.gettext("The {count} most urgent only.", count=count)


def _totals(seen: Sequence[Seen], scene: Scene) -> Totals:
    ahead = [(risk.analysis.exhaustion, risk.watch) for risk in seen if not risk.analysis.exhaustion.exhausted]
    expected = sum(1 for found, _ in ahead if found.p50 is not None)
    overdue = sum(1 for found, watch in ahead if is_overdue(found, watch.lead_time, scene.as_of))
    return Totals(exhausted=len(seen) - len(ahead), expected=expected, unsure=len(ahead) - expected, overdue=overdue)


def _split(risks: Sequence[Risk]) -> tuple[tuple[Risk, ...], tuple[Risk, ...]]:
    return tuple(risk for risk in risks if risk.exhausted), tuple(risk for risk in risks if not risk.exhausted)


def _status_text(run: Run, scene: Scene) -> str:
    told = scene.job.policy.incidents_per_run > 0
    silent = "" if told else scene.words.gettext("This job only reports: nobody is told of anything new.")
    return formats.joined([silent, _what_is_missing(run, scene)], scene.language)


def _what_is_missing(run: Run, scene: Scene) -> str:
    if run.status is RunStatus.PARTIAL:
        return scene.words.gettext("This run is partial: something that was asked for is missing.")
    if run.status in (RunStatus.FAILED, RunStatus.ABANDONED):
        return scene.words.gettext("This run failed: what stands here is incomplete.")
    if run.reason:
        return scene.words.gettext(
            "What others tell already could not all be looked at: some of this may be told twice."
        )
    return ""
