"""The first screen: the answer in a sentence, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence

from reports import formats
from reports.scene import Scene
from reports.views import ChangeGroup, Coverage, Quantity, Risk, Tile


def headline(exhausted: Sequence[Risk], expected: Sequence[Risk], coverage: Coverage, scene: Scene) -> str:
    """What has run out and what will, in one sentence; that nothing will is said of what was seen only."""
    words, language = scene.words, scene.language
    if not coverage.seen.value and not exhausted and not expected:
        return words.gettext("No data to report: nothing was seen.")
    parts = []
    if exhausted:
        parts.append(
            words.ngettext(
                "{count} is at its limit already.",
                "{count} are at their limits already.",
                len(exhausted),
                count=formats.count(len(exhausted), language),
            )
        )
    if expected:
        parts.append(
            words.ngettext(
                "{count} is expected to run out.",
                "{count} are expected to run out.",
                len(expected),
                count=formats.count(len(expected), language),
            )
        )
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
        facts = {"entity": first.entity, "thing": first.thing, "when": first.when}
        if first.overdue:
            parts.append(words.gettext("Most urgent: {entity}, {thing}: {when}. Begin now.", **facts))
        else:
            facts["begin"] = first.begin_text
            parts.append(words.gettext("Most urgent: {entity}, {thing}: {when}. Begin by {begin}.", **facts))
    parts.append(coverage.sentence)
    return formats.joined(parts, scene.language)


def tiles(
    exhausted: Sequence[Risk],
    expected: Sequence[Risk],
    groups: Sequence[ChangeGroup],
    coverage: Coverage,
    scene: Scene,
    *,
    compared: bool,
) -> tuple[Tile, ...]:
    """The numbers of the first screen."""
    words = scene.words
    overdue = sum(1 for risk in expected if risk.overdue)
    blind = not coverage.seen.value and not exhausted and not expected
    unsaid = int((coverage.seen.value or 0) - (coverage.said.value or 0))
    return (
        Tile("exhausted", words.gettext("At their limit"), _number(len(exhausted), scene, blind=blind), "", "risks"),
        Tile(
            "expected",
            words.gettext("Will run out"),
            _number(len(expected), scene, blind=blind),
            _overdue(overdue, scene) if expected else "",
            "risks",
        ),
        Tile(
            "changed",
            words.gettext("New or worse"),
            _number(
                sum(int(group.count.value or 0) for group in groups if group.key in ("new", "worse")),
                scene,
                blind=blind,
            ),
            _changed(groups, scene) if compared else words.gettext("first report: nothing to compare with"),
            "changes",
        ),
        Tile(
            "unsaid",
            words.gettext("Cannot say"),
            _number(unsaid, scene, blind=blind),
            _judged(coverage, scene),
            "coverage",
        ),
    )


def _number(count: int, scene: Scene, *, blind: bool) -> Quantity:
    """A count; a dash where nothing was seen, because none was found and none was looked for are not the same."""
    return Quantity(None, formats.NOTHING) if blind else scene.count(count)


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
