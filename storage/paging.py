"""Pages of long lists, by key: a page begins after the last row of the one before, whatever was added meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from storage.errors import BadCursor

MAXIMUM_LIMIT = 1000

Item = TypeVar("Item")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list, and the cursor that leads to the next ones; None: these were the last."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


def bounded(limit: int) -> int:
    """The limit itself. Raises `ValueError` when it is not from 1 to 1000."""
    if not 1 <= limit <= MAXIMUM_LIMIT:
        raise ValueError(f"limit is {limit}: it must be from 1 to {MAXIMUM_LIMIT}")
    return limit


def make_page(
    rows: Sequence[Row], limit: int, to_item: Callable[[Row], Item], to_key: Callable[[Row], Sequence[object]]
) -> Page[Item]:
    """The page made of rows of which one more than `limit` was asked for."""
    kept = rows[:limit]
    more = len(rows) > limit
    return Page(tuple(map(to_item, kept)), encode_cursor(to_key(kept[-1])) if more else None)


def encode_cursor(key: Sequence[object]) -> str:
    """An opaque cursor of a row's key."""
    text = json.dumps([_plain(part) for part in key], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The key of a cursor, its parts of these types or None. Raises `BadCursor` for anything that we did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise BadCursor(_ADVICE)
        return [_typed(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor(_ADVICE) from error


_ADVICE = "this cursor is not one that we made: leave it out to begin with the first page"


def _plain(part: object) -> object:
    if isinstance(part, datetime):
        return part.isoformat()
    return part if isinstance(part, (str, int)) or part is None else str(part)


def _typed(part: object, kind: type) -> object:
    if part is None:
        return None
    if kind is int:
        if isinstance(part, int) and not isinstance(part, bool) and abs(part) < 2**63:
            return part
    elif isinstance(part, str) and "\x00" not in part:
        if kind is not datetime:
            return kind(part)
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is not None:
            return moment
    raise BadCursor(_ADVICE)
