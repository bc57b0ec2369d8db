"""Retries do not wait in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    """Three tries at most, without waits between them."""
    with stamina.set_testing(True, attempts=3):
        yield
