"""How much of what was asked a report speaks of. Absence is not health: what was not seen is counted and named."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from domain.finding import Analysis
from domain.notes import NoteCode
from domain.run import ShardOutcome, ShardStatus
from domain.series import SeriesStatus
from domain.watch import Watch
from reports import formats
from reports.scene import Scene
from reports.sentences import SPOKEN, cannot_say, entity_name
from reports.text import visible
from reports.views import Coverage, Quantity, Unsaid, WatchCoverage

_DAY_SECONDS = 86_400.0
_REASONS = 3  # named where analyses failed
_ENTITIES = 12  # named for each reason
_PROBLEMS = 6  # named for each watch
_ORDER = ("failed", "partial", "empty", "complete")


def coverage_of(analyses: Sequence[Analysis], shards: Sequence[ShardOutcome], scene: Scene) -> Coverage:
    """What was seen of every watch of the job, and what nothing can be said of."""
    seen, said = len(analyses), sum(1 for analysis in analyses if speaks(analysis))
    watches = [_watch(watch, analyses, shards, scene) for watch in scene.job.watches]
    watches.sort(key=lambda watch: (_ORDER.index(watch.state), watch.key))
    share = said / seen if seen else 0.0
    return Coverage(
        seen=scene.count(seen),
        said=scene.count(said),
        share=scene.percent(share),
        sentence=_sentence(seen, said, watches, scene),
        unsaid=_unsaid(analyses, scene),
        watches=tuple(watches),
        complete=_complete(watches, scene),
        cost=_cost(shards, scene),
    )


def speaks(analysis: Analysis) -> bool:
    """Whether an analysis says anything about the future, or that the limit is reached."""
    return analysis.status in SPOKEN or analysis.exhaustion.exhausted


def troubled_watches(shards: Iterable[ShardOutcome]) -> frozenset[str]:
    """The watches that were not seen in full."""
    return frozenset(shard.watch for shard in shards if _lost(shard))


def _lost(shard: ShardOutcome) -> bool:
    return shard.status is not ShardStatus.DONE or shard.notes.partial or bool(shard.notes.missing)


def _watch(watch: Watch, analyses: Sequence[Analysis], shards: Sequence[ShardOutcome], scene: Scene) -> WatchCoverage:
    entities = [analysis for analysis in analyses if analysis.watch == watch.key]
    parts = [shard for shard in shards if shard.watch == watch.key]
    state = _state(entities, parts)
    seconds = sum(part.notes.seconds for part in parts)
    return WatchCoverage(
        key=watch.key,
        title=scene.title(watch),
        state=state,
        state_text=_state_text(state, scene),
        seen=scene.count(len(entities)),
        said=scene.count(sum(1 for analysis in entities if speaks(analysis))),
        samples=scene.count(sum(part.notes.samples for part in parts)),
        seconds=Quantity(round(seconds, 3), formats.seconds(seconds, scene.language) if seconds else "0"),
        requests=scene.count(sum(part.notes.requests for part in parts)),
        problems=_problems(parts, scene),
    )


def _state(entities: Sequence[Analysis], parts: Sequence[ShardOutcome]) -> str:
    if parts and all(part.status is ShardStatus.FAILED for part in parts):
        return "failed"
    if any(_lost(part) for part in parts):
        return "partial"
    return "complete" if entities else "empty"


def _state_text(state: str, scene: Scene) -> str:
    names = {
        "failed": scene.words.gettext("failed"),
        "partial": scene.words.gettext("in part"),
        "empty": scene.words.gettext("nothing found"),
        "complete": scene.words.gettext("complete"),
    }
    return names[state]


def _problems(parts: Sequence[ShardOutcome], scene: Scene) -> tuple[str, ...]:
    """Every problem once, however many shards had it."""
    said = dict.fromkeys(text for part in parts for text in _said(part, scene))
    shown, more = scene.bounded(list(said), _PROBLEMS)
    return (*shown, more) if more else shown


def _said(part: ShardOutcome, scene: Scene) -> Iterator[str]:
    words = scene.words
    if part.status is ShardStatus.PENDING:
        yield words.gettext("a part of it was not reached")
    if part.reason:
        yield visible(part.reason, 300)
    for what in part.notes.missing:
        yield words.gettext("missing: {what}", what=visible(what, 300))
    for warning in part.notes.warnings:
        yield words.gettext("the source warned: {warning}", warning=visible(warning, 300))


def _unsaid(analyses: Sequence[Analysis], scene: Scene) -> tuple[Unsaid, ...]:
    groups: list[Unsaid] = []
    for status in SeriesStatus:
        members = [analysis for analysis in analyses if analysis.status is status and not speaks(analysis)]
        if not members:
            continue
        names = sorted(_name(analysis, scene) for analysis in members)
        shown, more = scene.bounded(names, _ENTITIES)
        text, count = cannot_say(status, scene.language), scene.count(len(members))
        groups.append(Unsaid(status.value, text, _reasons(status, members), count, shown, more))
    return tuple(sorted(groups, key=lambda group: (-(group.count.value or 0), group.status)))


def _reasons(status: SeriesStatus, members: Sequence[Analysis]) -> tuple[str, ...]:
    """The different reasons of failures, the most frequent first; other statuses say their reason themselves."""
    if status is not SeriesStatus.FAILED:
        return ()
    counted = Counter(visible(member.exhaustion.reason, 300) for member in members if member.exhaustion.reason)
    return tuple(reason for reason, _ in counted.most_common(_REASONS))


def _name(analysis: Analysis, scene: Scene) -> str:
    watch = scene.watches[analysis.watch]
    name = entity_name(analysis, watch, 80)
    named = scene.words.gettext("{thing}: {entity}", thing=scene.title(watch), entity=name)
    left = next((note for note in analysis.evidence.notes if note.code is NoteCode.WARMING_UP), None)
    days = dict(left.facts).get("days", math.nan) if left is not None else math.nan
    if not math.isfinite(days):
        return named
    return scene.words.gettext(
        "{name} ({time} to go)", name=named, time=formats.seconds(days * _DAY_SECONDS, scene.language)
    )


def _sentence(seen: int, said: int, watches: Sequence[WatchCoverage], scene: Scene) -> str:
    words, language = scene.words, scene.language
    if not seen:
        judged = words.gettext("Nothing was seen, so nothing can be said.")
    elif said == seen:
        judged = words.ngettext(
            "The {count} entity that was seen was judged.",
            "All {count} entities that were seen were judged.",
            seen,
            count=formats.count(seen, language),
        )
    else:
        judged = words.gettext(
            "{said} of {seen} entities were judged ({share}).",
            said=formats.count(said, language),
            seen=formats.count(seen, language),
            share=formats.percent(100 * said / seen, language),
        )
    lost = sum(1 for watch in watches if watch.state in ("failed", "partial"))
    empty = sum(1 for watch in watches if watch.state == "empty")
    parts = [judged]
    if lost:
        parts.append(
            words.ngettext(
                "{count} watch was not seen in full: what it looks at is not protected tonight.",
                "{count} watches were not seen in full: what they look at is not protected tonight.",
                lost,
                count=formats.count(lost, language),
            )
        )
    if empty:
        parts.append(
            words.ngettext(
                "{count} watch found nothing to look at.",
                "{count} watches found nothing to look at.",
                empty,
                count=formats.count(empty, language),
            )
        )
    return formats.joined(parts, language)


def _complete(watches: Sequence[WatchCoverage], scene: Scene) -> str:
    count = sum(1 for watch in watches if watch.state == "complete")
    return scene.words.ngettext(
        "{count} watch was seen in full",
        "{count} watches were seen in full",
        count,
        count=formats.count(count, scene.language),
    )


def _cost(shards: Sequence[ShardOutcome], scene: Scene) -> str:
    requests = sum(shard.notes.requests for shard in shards)
    if not requests:
        return ""
    words, language = scene.words, scene.language
    samples = sum(shard.notes.samples for shard in shards)
    return words.gettext(
        "Asked of the source: {requests}, {samples}, {seconds}.",
        requests=words.ngettext(
            "{count} request", "{count} requests", requests, count=formats.count(requests, language)
        ),
        samples=words.ngettext("{count} sample", "{count} samples", samples, count=formats.count(samples, language)),
        seconds=formats.seconds(sum(shard.notes.seconds for shard in shards), scene.language),
    )
