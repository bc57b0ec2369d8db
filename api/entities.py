"""Entity labels in a query string: `entity=instance=db-1&entity=mountpoint=/var`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from api.problems import Problem
from domain.labels import Labels


def entity_filter(entity: Annotated[list[str] | None, Query(max_length=20)] = None) -> Labels | None:
    """The labels that were asked for; None where none were."""
    if not entity:
        return None
    pairs = [text.partition("=") for text in entity]
    if any(not name or not sign for name, sign, _ in pairs):
        raise Problem(400, "entity is written as name=value, such as entity=instance=db-1")
    if len({name for name, _, _ in pairs}) != len(pairs):
        raise Problem(400, "entity names a label twice")
    return Labels(tuple((name, value) for name, _, value in pairs))


EntityFilter = Annotated[Labels | None, Depends(entity_filter)]
