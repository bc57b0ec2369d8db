"""The ground of all tables: names of constraints, and how Python types become columns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

from storage.tables.stored import Json

# Migrations name constraints, and errors are recognised by these names: they must not depend on the server's mood.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: TIMESTAMP(timezone=True),
        str: Text(),
        float: Double(),
        int: BigInteger(),
        UUID: Uuid(),
        dict[str, Any]: Json(),
        list[Any]: Json(),
    }


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The constraint that a column holds one of the words: enumerations are text, so adding a word is cheap."""
    values = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({values})", name=column)
