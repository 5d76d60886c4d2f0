"""The descriptors that productions get of templates, all of them in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.descriptors.write import DEPARTMENTS, Keys, lock_keys
from services.assets.policy.descriptors import DESCRIPTOR
from services.common.contracts.assets.descriptors import TYPES
from services.common.crud import cross_references
from services.common.crud.resource_rules import CrudContext
from services.common.crud.validation import BadValue, default_of, parse_id, read_value
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.common.values import array_or_empty

#: What a template's descriptor gives: its key is made from its name, its place is the last.
GIVEN: Final = ("entity_type", "name", "data_type", "choices", "for_client", "task_type_id")
DEPARTMENT, TASK_TYPE = ("auth", "department"), ("tasks", "task_type")


def existing_references(
    ctx: CrudContext, descriptors: Sequence[JsonObject]
) -> cross_references.IdsByTable:
    """Those of the rows that a template's descriptors name that there are; calls their owners.

    The descriptors are kept as JSON: nobody looked the ids up, and no delete changes them.
    """
    types = {values["task_type_id"] for values in map(_values, descriptors) if values}
    departments = {ident for one in descriptors for ident in _departments(one)}
    references = {DEPARTMENT: departments, TASK_TYPE: types - {None}}
    return cross_references.ask_existing(ctx, references)


def describe(
    ctx: CrudContext,
    project: UUID,
    descriptors: Sequence[JsonObject],
    known: cross_references.IdsByTable,
) -> list[UUID]:
    """Add a template's descriptors, but those that the production would not take.

    Returns the ids of the new ones.
    """
    types = {ident for ident in known[TASK_TYPE] if not cross_references.was_deleted(ctx, ident)}
    wanted = [
        ({**values, "id": uuid4(), "project_id": project}, _departments(descriptor))
        for descriptor in descriptors
        if (values := _values(descriptor)) and values["task_type_id"] in {None, *types}
    ]
    rows = _with_keys(ctx, project, [row for row, _ in wanted])
    if not rows:
        return []
    insertion = insert(DESCRIPTOR).on_conflict_do_nothing().returning(DESCRIPTOR.c.id)
    added = set(ctx.tx.connection.scalars(insertion, rows))
    links = [
        {"metadata_descriptor_id": row["id"], "department_id": department}
        for row, departments in wanted
        for department in departments
        if row["id"] in added and department in known[DEPARTMENT]
    ]
    if links:
        ctx.tx.connection.execute(sa.insert(DEPARTMENTS), links)
    return [row["id"] for row in rows if row["id"] in added]


def _with_keys(ctx: CrudContext, project: UUID, rows: Sequence[Values]) -> list[Row]:
    """The rows whose names are free, with their keys; others wait until they are written."""
    # In one order, so that two templates don't deadlock.
    for entity_type in sorted({row["entity_type"] for row in rows}):
        lock_keys(ctx.tx, project, entity_type)
    present = sa.select(DESCRIPTOR).where(DESCRIPTOR.c.project_id == project)
    taken: dict[tuple[str, UUID | None], Keys] = defaultdict(Keys)
    for there in ctx.tx.connection.execute(present).mappings():
        taken[there["entity_type"], there["task_type_id"]].add(there["name"], there["field_name"])
    found: list[Row] = []
    for row in rows:
        keys = taken[row["entity_type"], row["task_type_id"]]
        try:
            found.append({**row, "field_name": keys.make(row["name"])})
        except InvalidInput:
            continue  # it has one of that name
    return found


def _values(descriptor: JsonObject) -> Values:
    """The values of a template's descriptor; empty if no production could have it."""
    given = {name: descriptor[name] for name in GIVEN if descriptor.get(name) is not None}
    try:
        values = {name: read_value(DESCRIPTOR.c[name], value) for name, value in given.items()}
    except BadValue:
        return {}  # a template may hold what was never checked
    kind, of_tasks = values.get("task_type_id"), values.get("entity_type") == "Task"
    complete = values.get("name") and values.get("entity_type") in TYPES
    if not complete or of_tasks != (kind is not None):
        return {}
    # All of them, as the rows are written with one statement.
    return {name: values.get(name, default_of(DESCRIPTOR.c[name])) for name in GIVEN}


def _departments(descriptor: JsonObject) -> list[UUID]:
    """The departments of a template's descriptor, as far as they are ids."""
    found = []
    for ident in array_or_empty(descriptor.get("departments")):
        try:
            found.append(parse_id(ident))
        except BadValue:
            continue
    return list(dict.fromkeys(found))
