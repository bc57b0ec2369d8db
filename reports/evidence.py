"""The evidence of an analysis as facts to list, and the command that fetches the same samples again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from domain.finding import Analysis, Evidence
from domain.series import SeriesStatus
from domain.times import rfc3339
from domain.watch import Watch
from reports import formats
from reports.languages import Language, language_of
from reports.methods import method_words
from reports.sentences import bound_title
from reports.text import visible

QUERY_LENGTH = 4_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One named fact; `code` tells that its value is written as a machine reads it."""

    name: str
    value: str
    code: bool = False


def evidence_facts(analysis: Analysis, watch: Watch, language: str, timezone: str) -> tuple[Fact, ...]:
    """What a person needs to judge and redo an analysis, in reading order."""
    words = language_of(language)
    evidence = analysis.evidence
    facts = [
        Fact(words.gettext("Source"), visible(evidence.source)),
        Fact(words.gettext("Query"), visible(evidence.query, QUERY_LENGTH), code=True),
    ]
    if evidence.limit_query is not None:
        name = words.gettext("{bound} query", bound=bound_title(watch, language))
        facts.append(Fact(name, visible(evidence.limit_query, QUERY_LENGTH), code=True))
    elif evidence.limit is not None:
        limit = formats.value(evidence.limit, watch.unit, language, timezone)
        facts.append(Fact(bound_title(watch, language), words.gettext("{limit}, set in the watch", limit=limit)))
    facts += [
        Fact(words.gettext("Window"), _window(evidence, words, timezone)),
        Fact(words.gettext("Step"), formats.period(evidence.step_seconds, language)),
        Fact(words.gettext("Samples seen"), _samples(evidence, words)),
        Fact(words.gettext("Method"), method_words(evidence.method, language)),
        Fact(words.gettext("Backtest score"), _score(analysis, words)),
        Fact(words.gettext("Time to fix"), formats.period(watch.lead_time.total_seconds(), language)),
    ]
    return tuple(facts)


def redo_command(evidence: Evidence, language: str) -> str:
    """The shell command that fetches the samples of an analysis again, quoted so that nothing in it is run.

    Of a query that is too long to stand there whole, a comment says where it does: cut, it would ask for other series.
    """
    lines = [_curl(evidence, evidence.query, language)]
    if evidence.limit_query is not None:
        lines.append(_curl(evidence, evidence.limit_query, language))
    return "\n".join(lines)


def rerun_command(job: str, as_of: datetime) -> str:
    """The shell command that makes the same run again, and changes nothing."""
    return f"forewarn run {shlex.quote(visible(job))} --as-of {rfc3339(as_of)} --dry-run"


def _curl(evidence: Evidence, query: str, language: str) -> str:
    shown = visible(query.replace(chr(10), " "), QUERY_LENGTH + 1)
    if len(shown) > QUERY_LENGTH:
        where = language_of(language).gettext("The query is too long for here: `forewarn explain` shows it whole.")
        return f"# {where}"
    written = shlex.quote(f"query={shown}")
    return (
        f'curl -sG "$PROMETHEUS_URL/api/v1/query_range" --data-urlencode {written} '
        f"-d start={rfc3339(evidence.start)} -d end={rfc3339(evidence.end)} -d step={evidence.step_seconds}"
    )


def _window(evidence: Evidence, words: Language, timezone: str) -> str:
    return words.gettext(
        "{start} to {end}",
        start=formats.minute(evidence.start, words.tag, timezone, near=evidence.end),
        end=formats.minute(evidence.end, words.tag, timezone, near=evidence.end),
    )


def _samples(evidence: Evidence, words: Language) -> str:
    seen, expected = (
        formats.count(evidence.samples_seen, words.tag),
        formats.count(evidence.samples_expected, words.tag),
    )
    if evidence.samples_expected <= 0:
        return seen
    share = formats.percent(100 * evidence.samples_seen / evidence.samples_expected, words.tag)
    return words.gettext("{seen} of {expected} ({share})", seen=seen, expected=expected, share=share)


def _score(analysis: Analysis, words: Language) -> str:
    evidence = analysis.evidence
    if evidence.backtest_score is None and analysis.status is SeriesStatus.CONSTANT:
        return words.gettext("none: it never moved")
    if evidence.backtest_score is None:
        return words.gettext("none: there was not enough history to hold some back")
    return words.gettext(
        "{score} (1 is as good as the naive forecast, lower is better)",
        score=formats.number(evidence.backtest_score, words.tag),
    )
