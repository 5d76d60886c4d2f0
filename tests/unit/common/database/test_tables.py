"""Declaring tables."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database import tables
from services.common.database.tables import Ref, TimestampedRow, table_of


class Base(tables.Base):
    """The root of these tables."""

    __abstract__ = True
    metadata = tables.new_metadata()


class Album(TimestampedRow, Base):
    """A table with every kind of column that the kernel declares."""

    __tablename__ = "album"

    title: Mapped[str] = tables.text(40)
    kind: Mapped[str] = tables.choice("live", "studio", invalid="No such kind.")
    project_id: Mapped[UUID | None] = tables.ref("crud.project", on_gone="null")
    parent_id: Mapped[UUID | None] = tables.link("album", on_gone="null")


class Note(TimestampedRow, Base):
    """A table whose lists have no pages."""

    __tablename__ = "note"
    paged = False

    album_id: Mapped[UUID] = tables.link("album", on_gone="part")
    production_id: Mapped[UUID | None] = tables.production_copy()


TAGS = tables.links(Base.metadata, "album_tag", ("album_id", "album"), ("person_id", "auth.person"))


def index_names(table: sa.Table) -> set[str]:
    """The names of a table's indexes."""
    return {str(index.name) for index in table.indexes}


def test_a_reference_to_another_service_has_no_foreign_key() -> None:
    """But an index, and what a deleted target does."""
    column = table_of(Album).c.project_id
    assert not column.foreign_keys
    assert column.info["ref"] == Ref("crud", "project", "null")
    assert column.index


def test_a_reference_within_the_service_has_a_foreign_key() -> None:
    """It cascades only in a forced delete."""
    column = table_of(Album).c.parent_id
    (key,) = column.foreign_keys
    assert (key.column.table.name, key.ondelete, column.info["on_gone"]) == ("album", None, "null")


def test_the_ends_of_a_link_table_are_declared_alike() -> None:
    """A target with a dot is another service's."""
    assert TAGS.c.album_id.foreign_keys
    assert TAGS.c.person_id.info["ref"] == Ref("auth", "person", "part")
    assert set(TAGS.primary_key.columns) == {TAGS.c.album_id, TAGS.c.person_id}
    (index,) = TAGS.indexes
    assert list(index.columns) == [TAGS.c.person_id]


def test_a_paged_table_has_an_index_in_the_order_of_pages() -> None:
    """With the production that lists are scoped by; a table without pages has none."""
    (newest,) = (index for index in table_of(Album).indexes if index.name == "ix_album_newest")
    assert newest.dialect_kwargs["postgresql_include"] == ["project_id"]
    assert "ix_note_newest" not in index_names(table_of(Note))


def test_the_production_of_a_row_is_its_own_or_a_copy() -> None:
    """A copy is internal: neither read nor written by clients."""
    assert tables.production_column(table_of(Album)) is table_of(Album).c.project_id
    copy = tables.production_column(table_of(Note))
    assert copy is table_of(Note).c.production_id
    assert tables.is_internal(copy)
    assert not tables.is_internal(table_of(Note).c.album_id)
    assert tables.production_column(TAGS) is None


def test_a_choice_is_declared_for_the_api_only() -> None:
    """An import keeps older values."""
    column = table_of(Album).c.kind
    assert column.info == {"choices": ("live", "studio"), "invalid": "No such kind."}
    assert not [rule for rule in table_of(Album).constraints if "kind" in str(rule.name)]


@pytest.mark.parametrize(
    "name", ["outbox", "inbox", "gone_row", "change_count", "row_count", "idempotency_key"]
)
def test_every_service_has_the_kernels_tables(name: str) -> None:
    """In its own schema."""
    assert name in tables.new_metadata().tables
