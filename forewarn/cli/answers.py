"""What programs read: the same fields by the same names as the API answers them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.schemas import Answer


def plain(answer: Answer) -> dict[str, Any]:
    """An answer of the API as JSON knows it."""
    found: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return found


def print_answers(answers: Sequence[Answer]) -> None:
    """A JSON list on standard output."""
    print_json([plain(answer) for answer in answers])


def print_json(document: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
