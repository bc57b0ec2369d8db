"""A look at silences is kept for some seconds, and no longer; who asks meanwhile asks nobody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from jobs.automation.silences import KEPT_SECONDS, KeptSilences
from jobs.surroundings import Surroundings


class Looks:
    """An Alertmanager that counts how often it is asked; its answer names the count."""

    def __init__(self) -> None:
        self.now = 0.0
        self.count = 0
        self.takes = 0.0
        self.free = threading.Event()
        self.free.set()
        self.kept = KeptSilences(self.look, lambda: self.now)

    def look(self) -> Surroundings:
        assert self.free.wait(10)
        self.count += 1
        self.now += self.takes
        return Surroundings(unheard=f"look {self.count}")


def test_many_starts_ask_once_in_some_seconds() -> None:
    looks = Looks()

    seen = []
    for moment in (0.0, KEPT_SECONDS - 0.1, KEPT_SECONDS, 2 * KEPT_SECONDS - 0.1, 2 * KEPT_SECONDS):
        looks.now = moment
        seen.append(looks.kept().unheard)

    assert seen == ["look 1", "look 1", "look 2", "look 2", "look 3"]


def test_an_answer_is_as_old_as_its_question() -> None:
    looks = Looks()
    looks.takes = KEPT_SECONDS

    assert [looks.kept().unheard, looks.kept().unheard] == ["look 1", "look 2"]


def test_of_several_that_ask_at_once_one_asks() -> None:
    looks = Looks()
    looks.free.clear()

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(looks.kept) for _ in range(4)]
        looks.free.set()
        seen = {one.result(10).unheard for one in asked}

    assert seen == {"look 1"}
