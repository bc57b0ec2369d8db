"""The first screen: the answer in a sentence, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import formats
from reports.scene import Scene
from reports.views import ChangeGroup, Coverage, Quantity, Risk, Tile


@dataclass(frozen=True, slots=True)
class Totals:
    """How many risks there are, also those that the lists have no room for."""

    exhausted: int
    expected: int
    unsure: int  # told too, for it may run out, though more likely not within the horizon
    overdue: int  # of both: what has to be begun now

    @property
    def ahead(self) -> int:
        """How many may still run out."""
        return self.expected + self.unsure


def headline(totals: Totals, coverage: Coverage, scene: Scene) -> str:
    """What has run out and what will, in one sentence; that nothing will is said of what was seen only."""
    words, language = scene.words, scene.language
    if _is_blind(totals, coverage):
        return words.gettext("No data to report: nothing was seen.")
    parts = []
    if not coverage.said.value and (totals.exhausted or totals.ahead):
        parts.append(words.gettext("Nothing could be judged tonight; what stands here is older."))
    if totals.exhausted:
        parts.append(
            words.ngettext(
                "{count} is at its limit already.",
                "{count} are at their limits already.",
                totals.exhausted,
                count=formats.count(totals.exhausted, language),
            )
        )
    if totals.expected:
        parts.append(
            words.ngettext(
                "{count} is expected to run out.",
                "{count} are expected to run out.",
                totals.expected,
                count=formats.count(totals.expected, language),
            )
        )
    if totals.unsure:
        count = formats.count(totals.unsure, language)
        if totals.expected:
            parts.append(words.gettext("{count} more may run out.", count=count))
        else:
            parts.append(words.gettext("{count} may run out.", count=count))
    return formats.joined(parts, language) or _nothing(coverage, scene)


def _nothing(coverage: Coverage, scene: Scene) -> str:
    """That nothing runs out, as far as that can be said."""
    words = scene.words
    if not coverage.said.value:
        return words.gettext("Nothing can be said: none of what was seen could be judged.")
    complete = coverage.said.value == coverage.seen.value
    if complete and all(watch.state == "complete" for watch in coverage.watches):
        return words.gettext("Nothing is expected to run out.")
    return words.gettext("Nothing that could be judged is expected to run out.")


def subline(exhausted: Sequence[Risk], expected: Sequence[Risk], coverage: Coverage, scene: Scene) -> str:
    """The most urgent one, and how much the answer rests on."""
    words = scene.words
    parts = []
    if exhausted:
        first = exhausted[0]
        parts.append(words.gettext("At its limit: {entity}, {thing}.", entity=first.entity, thing=first.thing))
    if expected:
        first = expected[0]
        facts = {"entity": first.entity, "thing": first.thing, "when": first.when if first.middle else first.interval}
        if first.overdue:
            parts.append(words.gettext("Most urgent: {entity}, {thing}: {when}. Begin now.", **facts))
        else:
            facts["begin"] = first.begin_text
            parts.append(words.gettext("Most urgent: {entity}, {thing}: {when}. Begin by {begin}.", **facts))
    parts.append(coverage.sentence)
    return formats.joined(parts, scene.language)


def tiles(
    totals: Totals, groups: Sequence[ChangeGroup], coverage: Coverage, scene: Scene, *, compared: bool
) -> tuple[Tile, ...]:
    """The numbers of the first screen."""
    words = scene.words
    unseen = not coverage.seen.value
    blind = _is_blind(totals, coverage)
    changed = sum(int(group.count.value or 0) for group in groups if group.key in ("new", "worse"))
    unsaid = int((coverage.seen.value or 0) - (coverage.said.value or 0))
    return (
        Tile("exhausted", words.gettext("At their limit"), _number(totals.exhausted, scene, blind=blind), "", "risks"),
        Tile(
            "expected",
            words.gettext("Will run out"),
            _number(totals.expected, scene, blind=blind),
            _ahead(totals, scene),
            "risks",
        ),
        Tile(
            "changed",
            words.gettext("New or worse"),
            _number(changed, scene, blind=unseen or not compared),
            _changed(groups, scene) if compared else words.gettext("first report: nothing to compare with"),
            "changes",
        ),
        Tile(
            "unsaid",
            words.gettext("Cannot say"),
            _number(unsaid, scene, blind=unseen),
            _judged(coverage, scene),
            "coverage",
        ),
    )


def _is_blind(totals: Totals, coverage: Coverage) -> bool:
    return not (coverage.seen.value or totals.exhausted or totals.ahead)


def _number(count: int, scene: Scene, *, blind: bool) -> Quantity:
    """A count; a dash where nobody looked: that none was found, and that none was looked for, are not the same."""
    return Quantity(None, formats.NOTHING) if blind else scene.count(count)


def _ahead(totals: Totals, scene: Scene) -> str:
    """What else may run out, and how much of it all has to be begun now; empty where nothing may."""
    if not totals.ahead:
        return ""
    overdue = _overdue(totals.overdue, scene)
    if not totals.unsure:
        return overdue
    count, words = formats.count(totals.unsure, scene.language), scene.words
    more = (
        words.gettext("{count} more may", count=count) if totals.expected else words.gettext("{count} may", count=count)
    )
    return f"{more} · {overdue}"


def _overdue(count: int, scene: Scene) -> str:
    if not count:
        return scene.words.gettext("none has to be begun now")
    return scene.words.ngettext(
        "{count} has to be begun now",
        "{count} have to be begun now",
        count,
        count=formats.count(count, scene.language),
    )


def _changed(groups: Sequence[ChangeGroup], scene: Scene) -> str:
    if not groups:
        return scene.words.gettext("as the night before")
    return " · ".join(f"{group.title} {group.count.text}" for group in groups)


def _judged(coverage: Coverage, scene: Scene) -> str:
    if not coverage.seen.value:
        return scene.words.gettext("nothing was seen")
    return scene.words.gettext("{share} of what was seen is judged", share=coverage.share.text)
