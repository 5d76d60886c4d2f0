"""The rules of entities: which kind they are, who may list, change and remove them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.assets.models import (
    Entity,
    EntityConceptLink,
    EntityLink,
    EntityType,
    EntityVersion,
    MetadataDescriptor,
    department_metadata_descriptor_link,
)
from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.contracts.assets import AssetReadyChanged
from services.common.crud.resource import CrudContext, SimpleRules
from services.common.database.sql_errors import MESSAGES, UNIQUE
from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.common.errors import Integrity
from services.common.json_types import JsonObject, Row, Values

RESERVED: Final = ("Shot", "Sequence", "Scene", "Episode", "Edit", "Concept")
"""Entity types with a meaning of their own; any other is a type of asset."""
KINDS: Final = ("asset", *(name.lower() for name in RESERVED))

# Not ``in_``, whose list SQLAlchemy leaves out of a RETURNING that is compiled by itself.
_is_reserved = EntityType.name == sa.any_(sa.literal(list(RESERVED), ARRAY(sa.Text)))
KIND: Final = (
    sa.select(sa.case((_is_reserved, EntityType.name), else_="Asset"))
    .where(EntityType.id == Entity.entity_type_id)
    .correlate(Entity)
    .scalar_subquery()
)
PLACE: Final = ("name", "entity_type_id", "parent_id")
"""What tells an entity of a production from the others."""
ONE_SITTING: Final = timedelta(minutes=1)
FIXED: Final = frozenset({"created_by", "shotgun_id"})


def kind_of(facts: Facts) -> str:
    """The name of an entity's events: ``asset``, ``shot`` and so on."""
    return str(facts["kind"] or "asset").lower()


def _in_team(ctx: CallContext, facts: Facts) -> bool:
    role = ctx.actor.role_in(facts["project_id"])
    return role is not None and (role != "vendor" or is_assigned(ctx, facts["id"]))


def is_assigned(ctx: CallContext, entity: UUID) -> bool:
    """Whether the caller has a task on the entity."""
    answer: bool = ctx.ask("tasks", "is_assigned_to_entity", ident=str(entity))
    return answer


def _created_it(ctx: CallContext, facts: Facts) -> bool:
    actor = ctx.actor
    return facts["created_by"] == actor.id and actor.role_in(facts["project_id"]) is not None


def _supervises_its_data(ctx: CallContext, facts: Facts) -> bool:
    """A supervisor who sends only ``data``, of descriptors of their departments."""
    actor = ctx.actor
    if actor.role_in(facts["project_id"]) != "supervisor" or set(facts["body"]) - {"data"}:
        return False
    return not actor.departments or _departments_describe(ctx, facts)


in_team: Final = Rule(
    "to be in the team, and a vendor to be assigned", _in_team, ("id", "project_id")
)
creator: Final = Rule("to have created it", _created_it, ("created_by", "project_id"))
data_supervisor: Final = Rule(
    "to supervise the production and its metadata", _supervises_its_data, ("project_id", "kind")
)


def in_team_of_asset(ctx: CallContext, facts: Facts) -> bool:
    """The same for an instance, by its asset."""
    return _in_team(ctx, {"id": facts["asset_id"], "project_id": facts["project_id"]})


instance_team: Final = Rule(
    "to be in the team, and a vendor to be assigned", in_team_of_asset, ("asset_id", "project_id")
)


def listed(ctx: CallContext, statement: Select) -> Select:
    """Entities of the caller's open productions; as vendor those with a task of theirs."""
    actor = ctx.actor
    as_vendor = {p for p in actor.open_projects if actor.projects.get(p) == "vendor"}
    condition: Condition = Entity.project_id.in_(actor.open_projects - as_vendor)
    if as_vendor:
        ids = [UUID(ident) for ident in ctx.ask("tasks", "assigned_entities")]
        condition |= Entity.project_id.in_(as_vendor) & Entity.id.in_(ids)
    return statement.where(condition)


def _departments_describe(ctx: CallContext, facts: Facts) -> bool:
    """Whether a descriptor of the caller's departments stands behind every key sent."""
    link = department_metadata_descriptor_link
    statement = (
        sa.select(MetadataDescriptor.field_name)
        .join(link, link.c.metadata_descriptor_id == MetadataDescriptor.id)
        .where(
            MetadataDescriptor.project_id == facts["project_id"],
            MetadataDescriptor.entity_type == facts["kind"],
            link.c.department_id.in_(ctx.actor.departments),
        )
    )
    with ctx.database.read() as connection:
        described = set(connection.execute(statement).scalars())
    return set(facts["body"].get("data") or {}) <= described


class EntityRules(SimpleRules):
    """Whose an entity is, what tells it from others, and what follows a change."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Make a new entity its caller's."""
        values["created_by"] = ctx.actor.id

    def rewrite_update(self, body: JsonObject) -> JsonObject:
        """Clients send ``"source_id": "null"`` for none."""
        return {k: None if k == "source_id" and v == "null" else v for k, v in body.items()}

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Merge ``data`` key by key; the row is locked, so nobody's key is lost.

        A null leaves it as it is. Raises Integrity for the name of another in the same place.
        """
        if isinstance(values.get("data"), dict):
            values["data"] = {**(row["data"] or {}), **values["data"]}
        elif "data" in values and values["data"] is None:
            del values["data"]
        if any(values.get(name, row[name]) != row[name] for name in PLACE):
            _refuse_twin(ctx, {**row, **values})

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, _body: JsonObject, _prepared: None
    ) -> None:
        """Shots count anew how many of their assets are ready; a shot keeps what it was."""
        if row["ready_for"] != before["ready_for"]:
            ctx.tx.emit(
                AssetReadyChanged(
                    asset_id=row["id"], ready_for=row["ready_for"], project_id=row["project_id"]
                )
            )
        if row["kind"] == "Shot" and _is_another_version(before, row):
            version = {
                "name": before["name"],
                "data": before["data"],
                "entity_id": before["id"],
                "person_id": ctx.actor.id,
            }
            ctx.tx.connection.execute(sa.insert(table_of(EntityVersion)).values(version))

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Remove the entity's casting and concept links."""
        for table in (table_of(EntityLink), table_of(EntityConceptLink)):
            either = sa.or_(table.c.entity_in_id == row["id"], table.c.entity_out_id == row["id"])
            ctx.tx.session.execute(sa.delete(table).where(either))


class WholeDataRules(EntityRules):
    """Those of the route that sets a shot's ``data`` as a whole."""

    def on_update(
        self, _ctx: CrudContext, _row: Row, _values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Set ``data`` to what was sent."""


def _refuse_twin(ctx: CallContext, row: Row) -> None:
    """Raise Integrity when another entity has the name; without parents the tables allow it."""
    table = table_of(Entity)
    same = [table.c[name].is_not_distinct_from(row[name]) for name in (*PLACE, "project_id")]
    twin = sa.select(table.c.id).where(*same, table.c.id != row["id"]).limit(1)
    if ctx.tx.connection.scalar(twin) is not None:
        raise Integrity(MESSAGES[UNIQUE])


def _is_another_version(before: Row, after: Row) -> bool:
    """Whether name or first frame changed, and not in one sitting with the change before."""
    first = [(row["name"], (row["data"] or {}).get("frame_in")) for row in (before, after)]
    return first[0] != first[1] and after["updated_at"] - before["updated_at"] > ONE_SITTING
