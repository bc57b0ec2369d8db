"""Telling: in which language, time zone and with which links people are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.finding import Analysis, Finding
from domain.watch import Watch
from jobs.decide import Describe
from jobs.messages import Voice
from reports.wording import finding_summary, finding_title, incident_description


@dataclass(frozen=True, slots=True)
class Telling:
    """How people are told. `base_url` is where the read API is reached from outside; None: no links."""

    language: str = "en"
    timezone: str = "UTC"
    base_url: str | None = None
    source_url: str | None = None  # where a reader can draw a query

    def describe(self, watches: Mapping[str, Watch]) -> Describe:
        """Title and summary of an analysis, in the language that incidents are told in."""

        def of(analysis: Analysis) -> tuple[str, str]:
            watch = watches[analysis.watch]
            return (
                finding_title(analysis, watch, self.language, self.timezone),
                finding_summary(analysis, watch, self.language, self.timezone),
            )

        return of

    def voice(self, watches: Mapping[str, Watch]) -> Voice:
        """How incidents are put into words."""

        def of(analysis: Analysis) -> str:
            return incident_description(analysis, watches[analysis.watch], self.language, self.timezone)

        return Voice(self.language, of, self.link, self.timezone)

    def finding_pages(self) -> str | None:
        """Where findings can be read, with `{fingerprint}` in it."""
        return None if self.base_url is None else f"{self.base_url.rstrip('/')}/findings/{{fingerprint}}"

    def link(self, finding: Finding) -> str | None:
        """Where the evidence of one finding can be read."""
        pages = self.finding_pages()
        return None if pages is None else pages.replace("{fingerprint}", finding.fingerprint)
