"""The title and the summary of a finding."""

from __future__ import annotations

from datetime import datetime

from domain.finding import Analysis, FindingKind
from domain.watch import Watch
from reports import formats, sentences
from reports.languages import language_of
from reports.text import shorten, visible

TITLE_LENGTH = 200


def finding_title(
    analysis: Analysis, watch: Watch, language: str, timezone: str = "UTC", kind: FindingKind | None = None
) -> str:
    """One line of at most 200 characters: `tpe-db-01 /srv: Filesystem space will reach the limit around 30 Nov`.

    The day is that of `timezone`. `kind` is told from the analysis where it is not given.
    """
    claim = _claim(analysis, watch, language, timezone, kind or sentences.kind_of(analysis))
    name = sentences.entity_name(analysis, watch, max(TITLE_LENGTH - len(claim) - 2, 40))
    return shorten(language_of(language).gettext("{entity}: {claim}", entity=name, claim=claim), TITLE_LENGTH)


def finding_summary(
    analysis: Analysis,
    watch: Watch,
    language: str,
    timezone: str,
    kind: FindingKind | None = None,
    *,
    name_zone: bool = True,
) -> str:
    """Two to six sentences: where it stands, how it moves, when it crosses and how sure that is, and what to doubt.

    Where hours are told, the time zone is named, unless `name_zone` says that the reader knows it.
    """
    found = analysis.exhaustion
    if found.status not in sentences.SPOKEN and not found.exhausted:
        return sentences.cannot_say(found.status, language)
    parts = [
        sentences.level(analysis, watch, language, timezone),
        sentences.peak(analysis, watch, language, timezone),
        sentences.growth(analysis, watch, language, timezone),
    ]
    if (kind or sentences.kind_of(analysis)) is FindingKind.OVERSIZED:
        parts.append(sentences.give_back(analysis, watch, language))
    parts += [
        sentences.end(analysis, watch, language, timezone),
        sentences.chance(found, language),
        sentences.too_late(analysis, watch, language),
        sentences.doubt(analysis, language),
        _zone(analysis, language, timezone) if name_zone and sentences.is_soon(analysis) else "",
    ]
    return formats.joined(parts, language)


def _claim(analysis: Analysis, watch: Watch, language: str, timezone: str, kind: FindingKind) -> str:
    words = language_of(language)
    title = visible(watch.title.in_language(language), 80)
    thing = formats.before_words(title, language)
    found = analysis.exhaustion
    if kind is FindingKind.OVERSIZED:
        return words.gettext("{thing}: far too large", thing=thing)
    if found.exhausted:
        return _already(analysis, watch, thing, language)
    if found.status not in sentences.SPOKEN:
        return words.gettext("{thing}: nothing can be said", thing=title)
    if sentences.expires(analysis, watch):
        return _expiry(analysis, thing, language, timezone)
    return _ahead(analysis, watch, thing, language, timezone)


def _ahead(analysis: Analysis, watch: Watch, thing: str, language: str, timezone: str) -> str:
    words, found, name = language_of(language), analysis.exhaustion, sentences.bound(watch, language)
    if found.p50 is not None:
        middle = _when(found.p50, analysis, language, timezone)
        return words.gettext("{thing} will reach the {bound} around {when}", thing=thing, bound=name, when=middle)
    if found.p10 is not None:
        first = _when(found.p10, analysis, language, timezone)
        return words.gettext("{thing} may reach the {bound} from {when} on", thing=thing, bound=name, when=first)
    return words.gettext("{thing} not expected to reach the {bound}", thing=thing, bound=name)


def _expiry(analysis: Analysis, thing: str, language: str, timezone: str) -> str:
    words, found = language_of(language), analysis.exhaustion
    if found.p50 is not None:
        middle = _when(found.p50, analysis, language, timezone)
        return words.gettext("{thing} will expire around {when}", thing=thing, when=middle)
    if found.p10 is not None:
        first = _when(found.p10, analysis, language, timezone)
        return words.gettext("{thing} may expire from {when} on", thing=thing, when=first)
    return words.gettext("{thing} not expected to expire", thing=thing)


def _already(analysis: Analysis, watch: Watch, thing: str, language: str) -> str:
    words = language_of(language)
    if sentences.expired(analysis, watch) is not None:
        return words.gettext("{thing} has expired", thing=thing)
    return words.gettext("{thing} already at the {bound}", thing=thing, bound=sentences.bound(watch, language))


def _when(moment: datetime, analysis: Analysis, language: str, timezone: str) -> str:
    """As in a summary; an hour with its time zone, because a title stands alone."""
    written = sentences.when(moment, analysis, language, timezone)
    if not sentences.is_soon(analysis):
        return written
    return language_of(language).gettext("{when} ({zone})", when=written, zone=timezone)


def _zone(analysis: Analysis, language: str, timezone: str) -> str:
    zone = formats.zone(analysis.evidence.end, timezone)
    return language_of(language).gettext("All times in {zone}.", zone=zone)
