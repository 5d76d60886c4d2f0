"""What becomes of a row whose target is deleted is known to whoever follows the events."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest
import sqlalchemy as sa

from deploy.docs.declarations import registries
from services.common.crud.cross_references import PRODUCTION
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.database.tables import OnGone, on_gone_of

#: Nulled without an event, though their targets may go without one.
SILENT: Final = {
    "tasks.news.preview_file_id": "is of the same task",
    "tasks.comment.preview_file_id": "is no longer used",
}


class Reference(NamedTuple):
    """A column that holds ids of a table, here or of another service."""

    service: str
    column: sa.Column[object]
    target: str

    @property
    def name(self) -> str:
        """Its name in declarations."""
        return f"{self.service}.{self.column.table.name}.{self.column.name}"

    @property
    def table(self) -> str:
        """The table that it is of."""
        return f"{self.service}.{self.column.table.name}"

    @property
    def on_gone(self) -> OnGone:
        """What it declares."""
        return on_gone_of(self.column)


def references() -> list[Reference]:
    """All references."""
    found = []
    for registry in registries():
        metadata = next(iter(registry)).table.metadata
        for column in (c for table in metadata.sorted_tables for c in table.c):
            if ref := column.info.get("ref"):
                target = f"{ref.service}.{ref.table}"
                found.append(Reference(registry.service, column, target))
            for key in column.foreign_keys:
                target = f"{registry.service}.{key.column.table.name}"
                found.append(Reference(registry.service, column, target))
    return found


REFERENCES: Final = references()
#: The resources by their tables.
SERVED: Final[dict[str, Resource]] = {
    f"{registry.service}.{resource.table.name}": resource
    for registry in registries()
    for resource in registry
}


def named(*on_gone: OnGone) -> list[Reference]:
    """The references that declare one of these."""
    return [reference for reference in REFERENCES if reference.on_gone in on_gone]


def test_a_row_tells_only_if_it_has_events() -> None:
    """Those of a resource."""
    assert [one.name for one in named("delete", "update") if one.table not in SERVED] == []


@pytest.mark.parametrize("registry", [*registries()], ids=lambda registry: registry.service)
def test_an_event_can_be_made_of_what_is_read_of_its_row(registry: Registry) -> None:
    """Its class has no field that a cascade doesn't know."""
    told = {
        (str(one.column.table.name), one.on_gone)
        for one in named("delete", "update")
        if one.service == registry.service
    }
    for table, verb in sorted(told):
        resource = registry.of_table(table)
        assert resource is not None
        facts: dict[str, Any] = dict.fromkeys(registry.event_facts(resource, verb), uuid4())
        assert registry.event(resource, verb, {**facts, "kind": None}).payload_json()


def test_a_row_is_a_part_of_what_has_events() -> None:
    """Or nobody would hear of its end; rows that no client reads have none."""
    parts = [one for one in named("part") if one.table in SERVED]
    assert [one.name for one in parts if one.target not in SERVED] == []


def test_a_column_is_nulled_silently_only_if_an_event_told_of_its_target() -> None:
    """What may go as a part of something else tells nothing itself: then the column's row does."""
    parts = {one.table for one in named("part") if one.target != PRODUCTION} & {*SERVED}
    assert {"tasks.preview_file", "crud.working_file"} <= parts
    silent = {one.name for one in named("null") if one.target in parts}
    silent |= {
        f"{table} {held}"
        for table, resource in SERVED.items()
        for held, on_gone in resource.rules.holds.items()
        if on_gone == "null" and held in parts
    }
    assert silent == {*SILENT}
