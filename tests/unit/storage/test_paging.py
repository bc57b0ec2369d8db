"""Cursors are opaque, and only our own are taken."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import BadCursor
from storage.paging import bounded, decode_cursor, encode_cursor, make_page

RUN = UUID("0d6dbd12-6f3b-4c49-a0f3-5a4b7c3b9f11")
MOMENT = datetime(2026, 11, 22, 2, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


def test_a_cursor_leads_back_to_its_key() -> None:
    cursor = encode_cursor((MOMENT, RUN, "zone/磁碟", 7, None))

    assert decode_cursor(cursor, datetime, UUID, str, int, str) == [MOMENT, RUN, "zone/磁碟", 7, None]


def test_a_cursor_can_stand_in_a_url() -> None:
    cursor = encode_cursor((">>>???", MOMENT))

    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "key",
    [(MOMENT,), (RUN, RUN), ("text", MOMENT), (7, MOMENT), (RUN, 7), (RUN, "2026-11-22"), (RUN, "2026-11-22T02:00:00")],
    ids=["too short", "no time", "no uuid", "a number", "a number for a time", "no clock", "no time zone"],
)
def test_a_cursor_with_another_key_is_refused(key: tuple[object, ...]) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(encode_cursor(key), UUID, datetime)


@pytest.mark.parametrize("number", [True, 2**63, -(2**70), 1.5, "1"])
def test_a_number_that_is_none_of_the_databases_is_refused(number: object) -> None:
    import base64
    import json

    cursor = base64.urlsafe_b64encode(json.dumps([number]).encode()).decode()
    with pytest.raises(BadCursor):
        decode_cursor(cursor, int)


@given(st.text() | st.binary().map(lambda raw: encode_cursor([raw.hex()])))
def test_anything_else_is_refused_and_never_an_error_of_another_kind(cursor: str) -> None:
    with pytest.raises(BadCursor, match="leave it out"):
        decode_cursor(cursor, int, UUID, datetime)


def test_a_page_is_full_only_when_there_is_more() -> None:
    def page(rows: list[int], limit: int) -> tuple[tuple[str, ...], bool]:
        made = make_page(rows, limit, str, lambda row: (row,))
        return made.items, made.next_cursor is not None

    assert page([], 2) == ((), False)
    assert page([1, 2], 2) == (("1", "2"), False)
    assert page([1, 2, 3], 2) == (("1", "2"), True)


@pytest.mark.parametrize("limit", [0, -5, 1001])
def test_a_page_is_neither_empty_nor_endless(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is {limit}"):
        bounded(limit)


def test_the_bounds_themselves_are_fine() -> None:
    assert (bounded(1), bounded(1000)) == (1, 1000)
