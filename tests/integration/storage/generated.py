"""Any value of a domain type, from the types of its fields: a field that is added later is tested with the others."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from domain.labels import Labels

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR = 365 * 24 * 3600 * 1_000_000  # in microseconds

any_text = st.text(st.characters(exclude_categories=()), max_size=12)  # NUL, halves of surrogate pairs and all
any_labels = st.dictionaries(any_text, any_text, max_size=3).map(Labels.of)
instants = st.integers(-1900 * YEAR, 7900 * YEAR).map(lambda since: EPOCH + timedelta(microseconds=since))

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: any_text,
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False),  # a NaN is not equal to itself: it has a test of its own
    datetime: instants,
    Labels: any_labels,
    type(None): st.none(),
}


def anything(kind: type[T]) -> st.SearchStrategy[T]:
    """Any instance of a dataclass of the domain."""
    return st.deferred(lambda: _of(kind))


def _of(kind: Any) -> st.SearchStrategy[Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: _of(hints[field.name]) for field in fields(kind)})
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of(*map(_of, arguments))
    if get_origin(kind) is tuple and arguments[1:] == (...,):
        return st.lists(_of(arguments[0]), max_size=3).map(tuple)
    if get_origin(kind) is tuple:
        return st.tuples(*map(_of, arguments))
    raise TypeError(f"no values are known for {kind}")
