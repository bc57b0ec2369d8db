"""What incidents say of automation: both languages tell the same facts, and every guard at the gate has its words."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from domain.watch import LocalText
from jobs.automation import phrases
from jobs.automation.guards import Guard

SAID = [text for text in (*vars(phrases).values(), *phrases.WHY_WITHDRAWN.values()) if isinstance(text, LocalText)]


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("text", SAID, ids=lambda text: text.en[:40])
def test_both_languages_tell_the_same_facts(text: LocalText) -> None:
    assert facts_of(text.zh_tw) == facts_of(text.en)
    assert not re.search("事件(?!單)| [，。：；（）]", text.zh_tw)


def test_whatever_the_gate_may_say_has_words_of_its_own() -> None:
    gate = {
        Guard.KILL_SWITCH,
        Guard.REPLAY,
        Guard.SCRIPT_LIST,
        Guard.ENTITY_LIST,
        Guard.HOURS,
        Guard.MUTED,
        Guard.ACKNOWLEDGED,
    }

    assert set(phrases.WHY_WITHDRAWN) == gate
    assert len({text.en for text in phrases.WHY_WITHDRAWN.values()}) == len(gate)
    assert len({text.zh_tw for text in phrases.WHY_WITHDRAWN.values()}) == len(gate)
