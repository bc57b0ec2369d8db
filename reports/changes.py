"""What is not as it was the night before: new, worse, better, cleared, and what nobody looked at tonight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.finding import Finding, FindingKind, FindingState
from domain.watch import Direction, Watch
from reports.risks import anchor_of, severity_text
from reports.scene import Scene, Seen, as_analysis
from reports.sentences import bound, entity_name, expired, when
from reports.text import visible
from reports.views import Change, ChangeGroup

_SHOWN = 50  # of each kind
_LEAST_MOVE = timedelta(days=1)
_LEAST_SHARE = 0.1  # of the time that was left
_ALIVE = frozenset({FindingState.PENDING, FindingState.OPEN, FindingState.CLEARING})


@dataclass(frozen=True, slots=True)
class Differences:
    """How tonight's findings differ from the night before's, by fingerprint: a word, and the same in a sentence."""

    tonight: Mapping[str, tuple[str, str]]
    groups: tuple[ChangeGroup, ...]


def compare(
    seen: Sequence[Seen],
    findings: Sequence[Finding],
    previous: Sequence[Finding] | None,
    judged: frozenset[str],
    troubled: frozenset[str],
    shown: frozenset[str],
    scene: Scene,
) -> Differences:
    """Compare `seen`, tonight's risks by urgency, and all `findings` with those of the night before.

    `judged` has the fingerprints of all that could be judged tonight, `troubled` the watches that were not seen in
    full, `shown` the fingerprints that have a place in the page. Without a night before everything is as it is.
    """
    if previous is None:
        return Differences({}, ())
    before = {finding.fingerprint: finding for finding in previous if _was_alive(finding)}
    tonight: dict[str, tuple[str, str]] = {}
    for risk in seen:
        change = _change(risk, before.get(risk.finding.fingerprint), scene)
        if change is not None:
            tonight[risk.finding.fingerprint] = change
    listed: dict[str, list[Change]] = {"new": [], "worse": [], "better": [], "cleared": [], "unseen": []}
    for risk in seen:
        name = risk.finding.fingerprint
        if name in tonight:
            word, text = tonight[name]
            place = anchor_of(name) if name in shown else None
            listed[word].append(Change(entity_name(risk.analysis, risk.watch), scene.title(risk.watch), text, place))
    still = {risk.finding.fingerprint for risk in seen}
    now = {finding.fingerprint: finding for finding in findings}
    for name, finding in before.items():
        gone = None if name in still else _gone(finding, now.get(name), name in judged, troubled, scene)
        if gone is not None:
            word, text = gone
            listed[word].append(_line(finding, text, scene))
    return Differences(tonight, tuple(_group(word, changes, scene) for word, changes in listed.items() if changes))


def _was_alive(finding: Finding) -> bool:
    return finding.kind is FindingKind.EXHAUSTION and finding.state in _ALIVE


def _change(seen: Seen, before: Finding | None, scene: Scene) -> tuple[str, str] | None:
    words, found = scene.words, seen.analysis.exhaustion
    if not seen.tonight:
        return "unseen", words.gettext("could not be judged tonight; what stands here is older")
    if before is None:
        return "new", words.gettext("was not there the night before")
    if before.state is FindingState.CLEARING:  # what it remembers is older than the night before
        return _reached(seen, scene) if found.exhausted else ("worse", words.gettext("is expected again"))
    if found.exhausted != before.exhaustion.exhausted:
        return _reached(seen, scene) if found.exhausted else ("better", _back(seen.watch, scene))
    return _severity(seen, before, scene) or _moved(seen, before, scene)


def _reached(seen: Seen, scene: Scene) -> tuple[str, str]:
    if expired(seen.analysis, seen.watch) is not None:
        return "worse", scene.words.gettext("has expired since the night before")
    name = bound(seen.watch, scene.language)
    return "worse", scene.words.gettext("has reached its {bound} since the night before", bound=name)


def _back(watch: Watch, scene: Scene) -> str:
    if watch.direction is Direction.UP:
        return scene.words.gettext("is below its limit again")
    return scene.words.gettext("is above its lower limit again")


def _severity(seen: Seen, before: Finding, scene: Scene) -> tuple[str, str] | None:
    rise = seen.finding.severity.rank - before.severity.rank
    facts = {"before": severity_text(before.severity, scene), "after": severity_text(seen.finding.severity, scene)}
    if rise > 0:
        return "worse", scene.words.gettext("severity rose from {before} to {after}", **facts)
    if rise < 0:
        return "better", scene.words.gettext("severity fell from {before} to {after}", **facts)
    return None


def _moved(seen: Seen, before: Finding, scene: Scene) -> tuple[str, str] | None:
    """Whether the median moved by more than a day and by more than a tenth of the time that was left.

    One beyond the horizon is nowhere nearer than its end. What is at its limit has no median to compare: its date is
    that of each run.
    """
    then, now = before.exhaustion.p50, seen.analysis.exhaustion.p50
    end = scene.as_of + seen.watch.horizon
    move = (now or end) - (then or end)
    least = max(_LEAST_MOVE, _LEAST_SHARE * max((then or end) - scene.as_of, timedelta(0)))
    if seen.analysis.exhaustion.exhausted or abs(move) < least:
        return None
    return ("worse" if move < timedelta(0) else "better"), _move(then, now, seen, scene)


def _move(then: datetime | None, now: datetime | None, seen: Seen, scene: Scene) -> str:
    """Where the median moved, in words; one of the two at least is within the horizon."""
    before, after = (
        "" if day is None else when(day, seen.analysis, scene.language, scene.timezone) for day in (then, now)
    )
    facts = {"before": before, "after": after}
    if then is None or now is None:
        if now is None:
            return scene.words.gettext("probably not; the night before, expected {before}", **facts)
        return scene.words.gettext("expected {after}; the night before, probably not", **facts)
    if now < then:
        return scene.words.gettext("expected sooner: {after} instead of {before}", **facts)
    return scene.words.gettext("expected later: {after} instead of {before}", **facts)


def _gone(
    before: Finding, after: Finding | None, judged: bool, troubled: frozenset[str], scene: Scene
) -> tuple[str, str] | None:
    """Why a finding of the night before is no risk tonight; None where the night before has told it already.

    Absence is not health: where it was not judged, say so.
    """
    words = scene.words
    watch = scene.watches.get(before.watch)
    if watch is None:
        return "unseen", words.gettext("its watch is no longer part of the job")
    if after is not None and after.state is FindingState.CLEARED:
        return "cleared", _over(after, judged, scene)
    if after is not None and after.state is FindingState.CLEARING:
        return None if before.state is FindingState.CLEARING else ("better", _clearing(before, watch, scene))
    if before.watch in troubled:
        return "unseen", words.gettext("was not looked at tonight: its watch was not seen in full")
    return "cleared", words.gettext("is no longer expected")


def _over(after: Finding, judged: bool, scene: Scene) -> str:
    if judged:
        return scene.words.gettext("is over")
    if scene.as_of - after.last_seen < scene.job.policy.gone_after:
        return scene.words.gettext("a person closed its incident; it could not be judged tonight")
    return scene.words.gettext("has not been reported for so long that it counts as gone")


def _clearing(before: Finding, watch: Watch, scene: Scene) -> str:
    """It was judged, and is better; one clean run alone does not end it."""
    if before.exhaustion.exhausted:
        return scene.words.gettext("{better}; its incident closes if that stays so", better=_back(watch, scene))
    return scene.words.gettext("is no longer expected; its incident closes if that stays so")


def _line(finding: Finding, text: str, scene: Scene) -> Change:
    watch = scene.watches.get(finding.watch)
    if watch is None:  # and its title is not known in this language
        name = " ".join(value for value in finding.entity.values() if value) or finding.watch
        return Change(visible(name), visible(finding.watch), text, None)
    return Change(entity_name(as_analysis(finding), watch), scene.title(watch), text, None)


def _group(word: str, changes: Sequence[Change], scene: Scene) -> ChangeGroup:
    names = {
        "new": scene.words.gettext("New"),
        "worse": scene.words.gettext("Worse"),
        "better": scene.words.gettext("Better"),
        "cleared": scene.words.gettext("Cleared"),
        "unseen": scene.words.gettext("Not seen"),
    }
    shown, more = scene.bounded(changes, _SHOWN)
    return ChangeGroup(word, names[word], scene.count(len(changes)), shown, more)
