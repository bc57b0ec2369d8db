"""What every part of a report needs to know: the run, its job, and for whom it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

from domain.finding import Analysis, Finding, FindingKind, fingerprint
from domain.job import Job
from domain.run import Run
from domain.watch import Watch
from reports import formats, sentences
from reports.languages import Language
from reports.text import visible
from reports.views import Quantity

Item = TypeVar("Item")
_LONGEST_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class ReportLinks:
    """Where a reader can look further. Only http and https addresses become links."""

    finding: str | None = None  # the page of a finding, with {fingerprint} in it
    source: str | None = None  # the root of the Prometheus pages, such as https://prometheus.example.net

    def finding_url(self, name: str) -> str | None:
        """The page of one finding."""
        return (
            None if self.finding is None else web_address(self.finding.replace("{fingerprint}", quote(name, safe="")))
        )

    def query_url(self, query: str) -> str | None:
        """The page that draws a query; None for one that is too long for an address."""
        if self.source is None or len(query) > _LONGEST_QUERY:
            return None
        written = quote(query, safe="", errors="replace")
        return web_address(f"{self.source.rstrip('/')}/graph?g0.expr={written}&g0.tab=0")


def web_address(text: str) -> str | None:
    """The address if a browser may safely follow it: http or https, with a host and without spaces or quotes."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    clean = not any(character in "\"'<>`\\" or character.isspace() for character in text)
    return text if parts.scheme in ("http", "https") and parts.netloc and clean else None


@dataclass(frozen=True, slots=True)
class Scene:
    """The run that a report tells of, and the language and time zone that it is told in."""

    run: Run
    job: Job
    words: Language
    timezone: str
    links: ReportLinks
    watches: Mapping[str, Watch]  # by key

    @property
    def language(self) -> str:
        """The tag of the language."""
        return self.words.tag

    @property
    def as_of(self) -> datetime:
        """The time that the run was scheduled for: the report's now."""
        return self.run.as_of

    def value(self, x: float | None, watch: Watch) -> Quantity:
        """A value of a watch."""
        return Quantity(x, formats.value(x, watch.unit, self.language, self.timezone))

    def current(self, analysis: Analysis, watch: Watch) -> Quantity:
        """The last value seen of a watch."""
        return Quantity(analysis.evidence.current, sentences.current(analysis, watch, self.language, self.timezone))

    def count(self, n: int) -> Quantity:
        """A whole number."""
        return Quantity(n, formats.count(n, self.language))

    def percent(self, share: float) -> Quantity:
        """A share of one, in percent."""
        return Quantity(round(100 * share, 4), formats.percent(100 * share, self.language))

    def probability(self, p: float | None) -> Quantity:
        """A probability, 0 to 1; a dash where nothing was forecast that far."""
        return Quantity(p if formats.known(p) else None, formats.probability(p, self.language))

    def title(self, watch: Watch) -> str:
        """The title of a watch."""
        return visible(watch.title.in_language(self.language), 80)

    def bounded(self, items: Sequence[Item], limit: int) -> tuple[tuple[Item, ...], str]:
        """The first of many items, and a word on how many more there are; empty where all are there."""
        rest = len(items) - limit
        if rest <= 0:
            return tuple(items), ""
        text = self.words.ngettext(
            "and {count} more", "and {count} more", rest, count=formats.count(rest, self.language)
        )
        return tuple(items[:limit]), text


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding with what this run says of it."""

    finding: Finding
    analysis: Analysis  # of this run; of the last that could judge it where `tonight` is not so
    watch: Watch
    tonight: bool  # whether this run could judge it


def name_of(analysis: Analysis) -> str:
    """The fingerprint of the finding that an analysis would make."""
    return fingerprint(FindingKind.EXHAUSTION, analysis.watch, analysis.entity)


def as_analysis(finding: Finding) -> Analysis:
    """What a finding remembers of its last analysis."""
    return Analysis(
        watch=finding.watch,
        entity=finding.entity,
        status=finding.exhaustion.status,
        exhaustion=finding.exhaustion,
        evidence=finding.evidence,
        labels=finding.labels,
    )
