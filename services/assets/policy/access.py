"""The productions and entities a caller may see, and the data hidden from vendors.

Authorization comes first, and may call other services; its result is a ``EntityScope``, from which
statements get their conditions: lists are filtered in SQL, never in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.assets.models import (
    Entity,
    EntityLink,
    EntityType,
    MetadataDescriptor,
    department_metadata_descriptor_link,
)
from services.assets.policy.kinds import RESERVED
from services.assets.policy.rights import is_assigned
from services.common.access.context import CallContext
from services.common.crud import filters
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import Row

ENTITY: Final = table_of(Entity)
TYPE: Final = table_of(EntityType)
LINK: Final = table_of(EntityLink)
VENDOR: Final = "vendor"


class EntityScope(NamedTuple):
    """The entities a caller may see: those of ``projects``; as a vendor, only assigned ones."""

    #: None for all of the studio.
    projects: frozenset[UUID] | None = None
    as_vendor: frozenset[UUID] = frozenset()
    assigned: tuple[UUID, ...] = ()
    departments: frozenset[UUID] = frozenset()


def entity_scope(ctx: CallContext, project: UUID | None = None) -> EntityScope:
    """What the caller reaches of a production they may enter, or of all of theirs."""
    actor = ctx.actor
    if actor.is_admin:
        return EntityScope(frozenset({project}) if project else None)
    projects = frozenset({project}) if project else frozenset(actor.projects)
    as_vendor = frozenset(ident for ident in projects if actor.projects.get(ident) == VENDOR)
    # Only vendors are limited to what they are assigned to: nobody else pays for the call.
    assigned = ctx.ask("tasks", "list_assigned_entities") if as_vendor else []
    return EntityScope(projects, as_vendor, tuple(UUID(i) for i in assigned), actor.departments)


def assigned_scope(ctx: CallContext, project: UUID) -> EntityScope:
    """What the caller has work on in a production they may enter, whatever their role."""
    assigned = ctx.ask("tasks", "list_assigned_entities")
    projects = frozenset({project})
    return EntityScope(projects, projects, tuple(UUID(i) for i in assigned), ctx.actor.departments)


def facts_of(connection: Connection, ident: UUID, kind: str = "") -> Row:
    """Production, kind and parents of an entity, of that kind if one is named. Raises NotFound."""
    facts = next(iter(facts_of_many(connection, [ident])), None)
    if facts is None or (kind and facts["kind"].lower() != kind):
        raise NotFound
    return facts


def facts_of_many(connection: Connection, ids: Sequence[UUID]) -> Sequence[Row]:
    """Production, kind and parents of several entities; the unknown are left out."""
    statement = (
        sa.select(
            ENTITY.c.id,
            ENTITY.c.project_id,
            ENTITY.c.name,
            ENTITY.c.parent_id,
            ENTITY.c.source_id,
            ENTITY.c.created_by,
            ENTITY.c.entity_type_id,
            sa.case((TYPE.c.name.in_(RESERVED), TYPE.c.name), else_="Asset").label("kind"),
        )
        .join(TYPE, TYPE.c.id == ENTITY.c.entity_type_id)
        .where(ENTITY.c.id.in_(ids))
        .order_by(ENTITY.c.id)
    )
    entities: Sequence[Row] = connection.execute(statement).mappings().all()
    return entities


def readable_entity(ctx: CallContext, ident: str, kind: str = "") -> Row:
    """The facts of an entity that the caller may see: in the team, a vendor with a task on it.

    Raises NotFound, Forbidden.
    """
    with ctx.database.read() as connection:
        facts = facts_of(connection, known_id(ident), kind)
    role = ctx.actor.role_in(facts["project_id"])
    if role is None or (role == VENDOR and not is_assigned(ctx, facts["id"])):
        message = "This requires to be in the team, and a vendor to be assigned."
        raise Forbidden(message)
    return facts


def of_kind(kind: str, entity: Any = ENTITY) -> Condition:
    """Whether an entity is of that kind; assets are what has no reserved type."""
    condition: Condition
    if kind == "asset":
        reserved = sa.select(TYPE.c.id).where(TYPE.c.name.in_(RESERVED))
        condition = entity.c.entity_type_id.not_in(reserved)
    else:
        types = sa.select(TYPE.c.id).where(TYPE.c.name == kind.capitalize())
        condition = entity.c.entity_type_id.in_(types)
    return condition


def in_ids(column: Any, ids: Any) -> Condition:
    """Whether a column holds one of ``ids``, given as one array however many they are."""
    # One array parameter: IN would be another statement for each number of ids.
    array = sa.cast([str(ident) for ident in ids], sa.ARRAY(sa.Uuid(as_uuid=False)))
    condition: Condition = column == sa.any_(array)
    return condition


def scope_conditions(scope: EntityScope, kind: str) -> list[Condition]:
    """The conditions that limit entities of a kind to those that the caller may see."""
    conditions = [of_kind(kind)]
    if scope.projects is None:
        return conditions
    visible = in_ids(ENTITY.c.project_id, scope.projects - scope.as_vendor)
    if scope.as_vendor:
        as_vendor = in_ids(ENTITY.c.project_id, scope.as_vendor)
        visible = sa.or_(visible, sa.and_(as_vendor, _assigned(scope, kind)))
    return [*conditions, visible]


def _assigned(scope: EntityScope, kind: str) -> Condition:
    """Entities that a vendor is assigned to; sequences and episodes that contain such ones."""
    child, parent = ENTITY.alias("child"), ENTITY.alias("its_parent")
    assigned = in_ids(child.c.id, scope.assigned)
    if kind == "sequence":
        shots = sa.select(child.c.parent_id).where(assigned, of_kind("shot", child))
        return ENTITY.c.id.in_(shots)
    if kind == "episode":
        shots = (
            sa.select(parent.c.parent_id)
            .join(child, child.c.parent_id == parent.c.id)
            .where(assigned, of_kind("shot", child))
        )
        assets = sa.select(child.c.source_id).where(assigned, of_kind("asset", child))
        return sa.or_(ENTITY.c.id.in_(shots), ENTITY.c.id.in_(assets))
    return in_ids(ENTITY.c.id, scope.assigned)


def visible_data(scope: EntityScope, kind: str) -> Expression:
    """``data``; for vendors without the keys that belong to other departments."""
    if not scope.as_vendor:
        return ENTITY.c.data
    descriptor, link = table_of(MetadataDescriptor), department_metadata_descriptor_link
    bound = sa.exists().where(link.c.metadata_descriptor_id == descriptor.c.id)
    shared = bound.where(in_ids(link.c.department_id, scope.departments))
    hidden = (
        sa.select(sa.cast(descriptor.c.field_name, sa.Text))
        .where(
            descriptor.c.project_id == ENTITY.c.project_id,
            descriptor.c.entity_type == kind.capitalize(),
            bound,
            ~shared,
        )
        .correlate(ENTITY)
    )
    # ``jsonb - keys`` fails for a text or a number: one such row would fail vendors' whole lists.
    is_object = sa.func.jsonb_typeof(ENTITY.c.data) == "object"
    data = sa.case((is_object, ENTITY.c.data), else_=sa.literal_column("'{}'::jsonb"))
    readable = data.op("-")(sa.func.array(hidden.scalar_subquery()))
    return sa.case((in_ids(ENTITY.c.project_id, scope.as_vendor), readable), else_=ENTITY.c.data)


def query_id(query: Mapping[str, str], name: str, *words: str) -> UUID | str | None:
    """An id in a query string, or one of ``words``. Raises InvalidInput."""
    text = query.get(name)
    if text is None or text in words:
        return text
    return filters.named_uuid(name, text)
