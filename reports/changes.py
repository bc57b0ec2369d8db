"""What is not as it was the night before: new, worse, better, cleared, and what nobody looked at tonight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.finding import Finding, FindingKind, FindingState
from reports.risks import anchor_of, severity_text
from reports.scene import Scene, Seen, as_analysis
from reports.sentences import entity_name, when
from reports.text import visible
from reports.views import Change, ChangeGroup

_SHOWN = 50  # of each kind
_LEAST_MOVE = timedelta(days=1)
_LEAST_SHARE = 0.1  # of the time that was left


@dataclass(frozen=True, slots=True)
class Differences:
    """How tonight's findings differ from the night before's, by fingerprint: a word, and the same in a sentence."""

    tonight: Mapping[str, tuple[str, str]]
    groups: tuple[ChangeGroup, ...]


def compare(
    seen: Sequence[Seen],
    findings: Sequence[Finding],
    previous: Sequence[Finding] | None,
    troubled: frozenset[str],
    shown: frozenset[str],
    scene: Scene,
) -> Differences:
    """Compare `seen`, tonight's risks by urgency, and all `findings` with those of the night before.

    `troubled` has the watches that were not seen in full, `shown` the fingerprints that have a place in the page.
    Without a night before everything is as it is.
    """
    if previous is None:
        return Differences({}, ())
    before = {finding.fingerprint: finding for finding in previous if _told_of(finding)}
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
        if name not in still:
            word, text = _gone(finding, now.get(name), troubled, scene)
            listed[word].append(_line(finding, text, scene))
    return Differences(tonight, tuple(_group(word, changes, scene) for word, changes in listed.items() if changes))


def _told_of(finding: Finding) -> bool:
    return finding.kind is FindingKind.EXHAUSTION and finding.state in (FindingState.PENDING, FindingState.OPEN)


def _change(seen: Seen, before: Finding | None, scene: Scene) -> tuple[str, str] | None:
    words, found = scene.words, seen.analysis.exhaustion
    if not seen.tonight:
        return "unseen", words.gettext("was not looked at tonight; what stands here is older")
    if before is None:
        return "new", words.gettext("was not there the night before")
    if found.exhausted != before.exhaustion.exhausted:
        if found.exhausted:
            return "worse", words.gettext("has reached its limit since the night before")
        return "better", words.gettext("is below its limit again")
    return _severity(seen, before, scene) or _moved(seen, before, scene)


def _severity(seen: Seen, before: Finding, scene: Scene) -> tuple[str, str] | None:
    rise = seen.finding.severity.rank - before.severity.rank
    facts = {"before": severity_text(before.severity, scene), "after": severity_text(seen.finding.severity, scene)}
    if rise > 0:
        return "worse", scene.words.gettext("severity rose from {before} to {after}", **facts)
    if rise < 0:
        return "better", scene.words.gettext("severity fell from {before} to {after}", **facts)
    return None


def _moved(seen: Seen, before: Finding, scene: Scene) -> tuple[str, str] | None:
    """Whether the median moved by more than a day and by more than a tenth of the time that was left."""
    then, now = before.exhaustion.p50, seen.analysis.exhaustion.p50
    if then is None or now is None:
        return None
    move = now - then
    if abs(move) < max(_LEAST_MOVE, _LEAST_SHARE * max(then - scene.as_of, timedelta(0))):
        return None
    facts = {
        "before": when(then, seen.analysis, scene.language, scene.timezone),
        "after": when(now, seen.analysis, scene.language, scene.timezone),
    }
    if move < timedelta(0):
        return "worse", scene.words.gettext("expected sooner: {after} instead of {before}", **facts)
    return "better", scene.words.gettext("expected later: {after} instead of {before}", **facts)


def _gone(before: Finding, after: Finding | None, troubled: frozenset[str], scene: Scene) -> tuple[str, str]:
    """Why a finding of the night before is no risk tonight. Absence is not health: where it was not seen, say so."""
    words = scene.words
    if before.watch not in scene.watches:
        return "unseen", words.gettext("its watch is no longer part of the job")
    if after is not None and after.state is FindingState.CLEARED:
        return "cleared", words.gettext("is over")
    if after is not None and after.state is FindingState.CLEARING:
        return "better", words.gettext("was not seen tonight; its incident closes when that stays so")
    if before.watch in troubled:
        return "unseen", words.gettext("was not looked at tonight: its watch was not seen in full")
    return "cleared", words.gettext("is no longer expected")


def _line(finding: Finding, text: str, scene: Scene) -> Change:
    watch = scene.watches.get(finding.watch)
    if watch is None:
        return Change(visible(finding.title), visible(finding.watch), text, None)
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
