"""Rules that every table keeps."""

from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Table, Text, UniqueConstraint
from sqlalchemy.orm import configure_mappers

from storage.tables import Base

TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_moment_has_its_time_zone(table: Table) -> None:
    for column in table.columns:
        if isinstance(column.type, DateTime):
            assert column.type.timezone, f"{table.name}.{column.name}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_constraint_and_index_has_a_name_of_its_own(table: Table) -> None:
    for constraint in table.constraints:
        assert constraint.name, constraint
    for index in table.indexes:
        assert str(index.name).startswith((f"ix_{table.name}_", f"uq_{table.name}_"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_foreign_key_is_found_by_an_index_that_begins_with_it(table: Table) -> None:
    keys = [[column.name for column in table.primary_key.columns]]
    keys += [[column.name for column in index.columns] for index in table.indexes]
    keys += [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, (ForeignKeyConstraint, UniqueConstraint))
    ]
    for constraint in table.foreign_key_constraints:
        wanted = list(constraint.column_keys)
        others = [key for key in keys if key[: len(wanted)] == wanted]
        assert len(others) > 1, f"{table.name} {wanted}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_words_of_a_closed_list_are_checked_by_the_database(table: Table) -> None:
    checked = {str(constraint.name) for constraint in table.constraints if isinstance(constraint, CheckConstraint)}
    for name in ("status", "state", "kind", "severity", "outcome"):
        column = table.columns.get(name)
        if column is not None and isinstance(column.type, Text):
            assert f"ck_{table.name}_{name}" in checked


def test_no_table_loads_another_behind_our_back() -> None:
    configure_mappers()

    assert [mapper for mapper in Base.registry.mappers if mapper.relationships] == []
