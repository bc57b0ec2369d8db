"""Columns that hold a domain value as jsonb: read straight from the JSON text, with nothing made in between."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from storage import codec

T = TypeVar("T")


class Stored(TypeDecorator[T], Generic[T]):
    """A jsonb column of values of one type; None is SQL's NULL."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_result_value(self, value: Any, _dialect: Dialect) -> T | None:
        """The value of the type that the text holds."""
        return None if value is None else codec.loads(value, self.kind)


class Json(TypeDecorator[Any]):
    """A jsonb column of dicts, lists and scalars; None is SQL's NULL."""

    impl = JSONB
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """The value that the text holds."""
        return None if value is None else codec.loads(value)
