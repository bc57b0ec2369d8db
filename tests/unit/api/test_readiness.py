"""What the readiness checks leave behind."""

from __future__ import annotations

import asyncio
import gc

import pytest

from api.readiness import Readiness


def broken() -> bool:
    raise ZeroDivisionError


def test_a_check_that_fails_leaves_no_error_that_is_told_later() -> None:
    """An error that nobody looked at is told when garbage is collected, in the middle of whatever runs then."""
    told: list[object] = []

    async def look() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: told.append(what))
        with pytest.raises(ZeroDivisionError):
            await Readiness({"one": broken, "another": broken}).look()
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(look())

    assert told == []


def test_no_checks_are_ready_at_once() -> None:
    assert asyncio.run(Readiness({}).look()) == {}
