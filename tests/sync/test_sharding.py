"""The manual's page on Citus against the tables: what is spread, by what, and that every unique key allows it.

Citus itself is not run here. Its rule (SQL Support and Workarounds): a primary key or unique index of a distributed
table must contain the distribution column.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.paths import resources
from sync.server import tables

PAGE = (resources() / "manual" / "server_databases.md").read_text(encoding="utf-8")
SPREAD = dict(re.findall(r"create_distributed_table\('(\w+)', '(\w+)'", PAGE))


def test_the_manual_spreads_the_tables_that_grow() -> None:
    assert SPREAD == {"document": "bucket", "stored_file": "bucket", "change": "mid"}


@pytest.mark.parametrize(("name", "column"), sorted(SPREAD.items()))
def test_every_unique_key_of_a_spread_table_has_the_column_it_is_spread_by(name: str, column: str) -> None:
    table = tables.metadata.tables[name]
    unique = [set(table.primary_key.columns.keys())]
    unique += [set(index.columns.keys()) for index in table.indexes if index.unique]
    unique += [
        set(constraint.columns.keys())
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    ]
    assert all(column in columns for columns in unique), unique
    assert not table.c[column].nullable
    assert not table.foreign_keys


def test_the_manual_says_of_every_table_where_it_is() -> None:
    section = PAGE.split("### 1 怎样分")[1].split("### 2")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    named = {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == set(tables.metadata.tables)
    staying = {
        name for line in rows if "协调节点" in line for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert staying == set(tables.metadata.tables) - SPREAD.keys()


def test_rows_are_locked_only_in_tables_that_are_not_spread() -> None:
    """SELECT … FOR UPDATE over several shards is refused by Citus."""
    folder = resources().parent / "sync" / "server"
    locking = {
        name
        for path in folder.glob("*.py")
        for found in re.findall(r"(?s)def \w+\(.*?(?=\ndef |\n    def |\Z)", path.read_text(encoding="utf-8"))
        if "with_for_update()" in found
        for name in re.findall(r"tables\.(\w+)", found)
    }
    assert "bucket" in locking
    assert locking.isdisjoint(SPREAD)
