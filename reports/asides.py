"""What is told of in one line: what may run out but is not told, what cycles by design, what is far too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.finding import Analysis, Finding, FindingState
from domain.labels import Labels
from domain.notes import NoteCode
from domain.watch import Watch
from reports import formats, sentences
from reports.charts import draw
from reports.notes import note_sentence
from reports.scene import Scene, name_of
from reports.views import Aside, AsideList, Quantity

_SHOWN = 40  # of each list
_CHARTS = 6  # pictures of each list


def possible(analyses: Sequence[Analysis], told: frozenset[str], scene: Scene) -> AsideList:
    """What may reach its limit within its horizon, and is no finding: too unlikely or too late for policy, or muted."""
    chosen = [analysis for analysis in analyses if _may(analysis) and name_of(analysis) not in told]
    chosen.sort(key=lambda analysis: (-(_likelihood(analysis) or 0.0), name_of(analysis)))

    def text(analysis: Analysis, watch: Watch) -> str:
        return sentences.end(analysis, watch, scene.language, scene.timezone)

    return _listed(chosen, text, lambda analysis, _: scene.probability(_likelihood(analysis)), scene)


def cycling(analyses: Sequence[Analysis], told: frozenset[str], scene: Scene) -> AsideList:
    """What goes up and down under its limit by design, nearest to its limit first."""
    chosen = [
        analysis for analysis in analyses if _cycles(analysis) and not _may(analysis) and name_of(analysis) not in told
    ]
    chosen.sort(key=lambda analysis: (-_used(analysis), name_of(analysis)))

    def text(analysis: Analysis, watch: Watch) -> str:
        notes = (note for note in analysis.evidence.notes if note.code is NoteCode.CYCLE)
        return note_sentence(next(notes), watch.unit, scene.language, scene.timezone, direction=watch.direction)

    return _listed(chosen, text, lambda analysis, _: scene.percent(_used(analysis)), scene, charts=_CHARTS)


def oversized(analyses: Sequence[Analysis], findings: Sequence[Finding], scene: Scene) -> AsideList:
    """What is far too large for what it does, the largest share to give back first.

    Nothing that runs out of something else: a file system that is short of inodes would lose more of them.
    """
    short = _short_of_something(analyses, findings)
    chosen = [analysis for analysis in analyses if (analysis.oversized_by or 0.0) > 0 and analysis.entity not in short]
    chosen.sort(key=lambda analysis: (-_spare(analysis), name_of(analysis)))

    def text(analysis: Analysis, watch: Watch) -> str:
        return sentences.spare(analysis, watch, scene.language)

    def figure(analysis: Analysis, watch: Watch) -> Quantity:
        amount = analysis.oversized_by or 0.0
        return Quantity(amount, formats.difference(amount, watch.unit, scene.language))

    return replace(_listed(chosen, text, figure, scene), total=_total(chosen, scene))


def _short_of_something(analyses: Sequence[Analysis], findings: Sequence[Finding]) -> frozenset[Labels]:
    """The entities that run out of anything, or may, whichever watch says so."""
    standing = {finding.entity for finding in findings if finding.state is not FindingState.CLEARED}
    return frozenset(standing | {analysis.entity for analysis in analyses if _may(analysis)})


def _total(analyses: Sequence[Analysis], scene: Scene) -> str:
    """What could be given back in all, watch by watch."""
    sums: dict[str, float] = {}
    for analysis in analyses:
        sums[analysis.watch] = sums.get(analysis.watch, 0.0) + (analysis.oversized_by or 0.0)
    words, language = scene.words, scene.language
    parts = [
        words.gettext(
            "{thing} {amount}",
            thing=scene.title(scene.watches[key]),
            amount=formats.difference(amount, scene.watches[key].unit, language),
        )
        for key, amount in sums.items()
    ]
    return words.gettext("In all: {list}.", list=words.gettext(", ").join(parts)) if parts else ""


def _listed(
    analyses: Sequence[Analysis],
    text: Callable[[Analysis, Watch], str],
    figure: Callable[[Analysis, Watch], Quantity],
    scene: Scene,
    charts: int = 0,
) -> AsideList:
    shown, more = scene.bounded(analyses, _SHOWN)
    items = []
    for place, analysis in enumerate(shown):
        watch = scene.watches[analysis.watch]
        name = sentences.entity_name(analysis, watch)
        items.append(
            Aside(
                entity=name,
                thing=scene.title(watch),
                text=text(analysis, watch),
                figure=figure(analysis, watch),
                current=scene.current(analysis, watch),
                limit=scene.value(analysis.evidence.limit, watch),
                chart=draw(analysis, watch, name, scene.language, scene.timezone) if place < charts else None,
            )
        )
    return AsideList(tuple(items), more, total="")


def _may(analysis: Analysis) -> bool:
    found = analysis.exhaustion
    return found.exhausted or (analysis.status in sentences.SPOKEN and found.p10 is not None)


def _likelihood(analysis: Analysis) -> float | None:
    """The largest probability that is known; None where all that was asked lies beyond the horizon."""
    found = analysis.exhaustion
    return 1.0 if found.exhausted else max((chance for _, chance in sentences.chances(found)), default=None)


def _cycles(analysis: Analysis) -> bool:
    return analysis.status in sentences.SPOKEN and any(note.code is NoteCode.CYCLE for note in analysis.evidence.notes)


def _used(analysis: Analysis) -> float:
    return _part(analysis.evidence.current, analysis.evidence.limit)


def _spare(analysis: Analysis) -> float:
    return _part(analysis.oversized_by, analysis.evidence.limit)


def _part(value: float | None, limit: float | None) -> float:
    return value / limit if value is not None and limit else 0.0
