"""Hooks of generic CRUD for entities."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.models import (
    Entity,
    EntityConceptLink,
    EntityLink,
    EntityType,
    EntityVersion,
)
from services.common.access.context import CallContext
from services.common.contracts.assets.events import AssetReadyChanged
from services.common.crud.deletion import removal
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.database.sql_errors import MESSAGES, UNIQUE
from services.common.database.tables import table_of
from services.common.database.transaction import Transaction
from services.common.errors import Integrity
from services.common.json_types import JsonObject, Row, Values
from services.common.values import object_or_empty

#: The columns that identify an entity in its production.
PLACE: Final = ("name", "entity_type_id", "parent_id")
TYPE: Final = table_of(EntityType)
CONCEPT, FOLDER = "Concept", "ConceptFolder"
#: Whether an entity is among those that a new parent lies in, itself included.
IN_ITSELF: Final = sa.text("""
WITH RECURSIVE above AS (
  SELECT CAST(:parent AS uuid) AS id
  UNION
  SELECT entity.parent_id FROM entity JOIN above USING (id) WHERE entity.parent_id IS NOT NULL
)
SELECT EXISTS (SELECT FROM above WHERE id = CAST(:ident AS uuid))
""")
#: Changes within this time are one version: artists save often.
ONE_SITTING: Final = timedelta(minutes=1)
FIXED: Final = frozenset({"shotgun_id"})
#: The columns that say what an entity is, and what others may do with it.
PLACEMENT: Final = frozenset({"entity_type_id", "parent_id", "source_id", "is_shared"})


class EntityRules(SimpleRules):
    """Sets the creator, refuses duplicates, merges data, and keeps versions of shots."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Set the creator. Raises Integrity for a parent that it can't have."""
        values["created_by"] = ctx.actor.id
        _check_parent(ctx, values)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Merge ``data`` by key; the row is locked, so concurrent updates keep all keys.

        A null ``data`` is ignored. Raises Integrity for another entity's name in the same place.
        """
        if isinstance(values.get("data"), dict):
            values["data"] = {**object_or_empty(row["data"]), **values["data"]}
        elif "data" in values and values["data"] is None:
            del values["data"]
        # Most updates keep name and place, and need no lock.
        if any(values.get(name, row[name]) != row[name] for name in PLACE):
            _refuse_twin(ctx, {**row, **values})

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, _body: JsonObject, _prepared: None
    ) -> None:
        """Emit a change of readiness; store the previous version of a shot.

        Raises Integrity for a new parent that it can't have.
        """
        if any(row[name] != before[name] for name in ("parent_id", "entity_type_id")):
            _check_parent(ctx, row)
            _refuse_circle(ctx, row)
        if row["ready_for"] != before["ready_for"]:
            ctx.tx.emit(
                AssetReadyChanged(
                    asset_id=row["id"], ready_for=row["ready_for"], project_id=row["project_id"]
                )
            )
        if row["kind"] == "Shot" and _is_another_version(before, row):
            # The state before the change: the current one is the entity itself.
            version = {
                "name": before["name"],
                "data": before["data"],
                "entity_id": before["id"],
                "person_id": ctx.actor.id,
            }
            ctx.tx.connection.execute(sa.insert(table_of(EntityVersion)).values(version))

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Remove the entity's casting and concept links: what it casts, and what casts it."""
        tables = (table_of(EntityLink), table_of(EntityConceptLink))
        columns = [table.c[end] for table in tables for end in ("entity_in_id", "entity_out_id")]
        removal.release(ctx, columns, [row["id"]])


class WholeDataRules(EntityRules):
    """The hooks of the route that replaces a shot's ``data``."""

    def on_update(
        self, _ctx: CrudContext, _row: Row, _values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Replace ``data``: nothing is merged."""


def lock_name(
    tx: Transaction, project: UUID, name: str, type_id: UUID, parent: UUID | None
) -> None:
    """Wait for concurrent writers of an entity of that name in the same place.

    An advisory lock: without a parent (NULL) the unique constraint allows duplicates.
    """
    tx.lock_key(f"{project}:{type_id}:{parent}:{name}")


def _refuse_twin(ctx: CallContext, row: Row) -> None:
    """Raise Integrity for a duplicate; the unique constraint allows it without a parent (NULL)."""
    lock_name(ctx.tx, row["project_id"], *(row[name] for name in PLACE))
    table = table_of(Entity)
    same_values = [table.c[name].is_not_distinct_from(row[name]) for name in (*PLACE, "project_id")]
    twin = sa.select(table.c.id).where(*same_values, table.c.id != row["id"]).limit(1)
    if ctx.tx.connection.scalar(twin) is not None:
        raise Integrity(MESSAGES[UNIQUE])


def _check_parent(ctx: CallContext, row: Row) -> None:
    """Raise Integrity unless concepts lie in folders of their production, and nothing else does."""
    parent = row.get("parent_id")
    if parent is None:
        return
    above, own_type, type_above = table_of(Entity), TYPE.alias("own"), TYPE.alias("above")
    kinds = (
        sa.select(own_type.c.name, type_above.c.name, above.c.project_id)
        .join_from(above, type_above, type_above.c.id == above.c.entity_type_id)
        .join(own_type, own_type.c.id == row["entity_type_id"])
        .where(above.c.id == parent)
    )
    # An unknown one is refused by the foreign key.
    own, kind, project = ctx.tx.connection.execute(kinds).one_or_none() or (None, None, None)
    lies_well = (own, kind, project) == (CONCEPT, FOLDER, row["project_id"])
    if {own, kind} & {CONCEPT, FOLDER} and not lies_well:
        message = (
            f"Invalid value for 'parent_id': '{parent}'. "
            "Expected a concept folder of the production for a concept, and none for others."
        )
        raise Integrity(message)


def _refuse_circle(ctx: CallContext, row: Row) -> None:
    """Raise Integrity if an entity would lie in itself: what reads upwards would never end."""
    if row["parent_id"] is None:
        return
    # One after the other: two entities put into each other at once would not see it.
    ctx.tx.lock_key(f"parents in {row['project_id']}")
    ends = {"parent": str(row["parent_id"]), "ident": str(row["id"])}
    if ctx.tx.connection.scalar(IN_ITSELF, ends):
        message = (
            f"Invalid value for 'parent_id': '{row['parent_id']}'. "
            "Expected an entity that does not lie in this one."
        )
        raise Integrity(message)


def _is_another_version(before: Row, after: Row) -> bool:
    """Whether name or first frame changed, later than ``ONE_SITTING`` after the last change."""
    names_and_frames = [
        (row["name"], object_or_empty(row["data"]).get("frame_in")) for row in (before, after)
    ]
    return (
        names_and_frames[0] != names_and_frames[1]
        and after["updated_at"] - before["updated_at"] > ONE_SITTING
    )
