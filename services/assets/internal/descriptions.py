"""What this service's events are about, and who may hear of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import sqlalchemy as sa

from services.assets.models import Entity, department_metadata_descriptor_link
from services.assets.policy.kinds import DRAWN, KINDS
from services.common.contracts.full_events import ALL, STUDIO, Audience, Description
from services.common.crud.describing import Describer, Told, by_resource, idents, readers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from services.common.access.context import CallContext

#: Events of castings, which vendors don't see.
CASTING: Final = "casting-update"
DESCRIPTOR: Final = "metadata-descriptor"


def describe(ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events by the entity that they are about."""
    about = [_entity_of(one) for one in told]
    projects = _projects(ctx, [ident for ident in about if ident])
    departments = _departments(ctx, [one for one in told if one.subject == DESCRIPTOR])
    return [
        msgspec.structs.replace(
            by_resource(one, _audience(one, entity, departments)),
            project_id=one.project or one.ident("project_id") or projects.get(entity),
            entity_id=entity,
        )
        for one, entity in zip(told, about, strict=True)
    ]


def _projects(ctx: CallContext, ids: Sequence[UUID]) -> dict[UUID | None, UUID]:
    rows = sa.select(Entity.id, Entity.project_id).where(Entity.id.in_(sorted(set(ids))))
    with ctx.database.read() as connection:
        return dict(connection.execute(rows).all())


def _departments(ctx: CallContext, told: Sequence[Told]) -> dict[UUID | None, tuple[UUID, ...]]:
    ids = idents(told, "metadata_descriptor_id")
    link = department_metadata_descriptor_link.c
    found: dict[UUID | None, tuple[UUID, ...]] = {}
    if ids:
        rows = sa.select(link.metadata_descriptor_id, link.department_id).where(
            link.metadata_descriptor_id.in_(ids)
        )
        with ctx.database.read() as connection:
            for descriptor, department in connection.execute(rows):
                found[descriptor] = (*found.get(descriptor, ()), department)
    return found


def _entity_of(told: Told) -> UUID | None:
    if told.subject in KINDS:
        return told.ident(f"{told.subject.replace('-', '_')}_id")
    match told.subject:
        case "entity-link":
            return told.ident("entity_in_id")
        case "asset-instance" | "asset_instance":
            return told.ident("asset_id")
    return None


def _audience(
    told: Told, entity: UUID | None, departments: Mapping[UUID | None, tuple[UUID, ...]]
) -> Audience:
    whole = readers(told.resource)
    if told.subject in KINDS:
        client = () if told.subject in DRAWN else ("client",)
        vendor = () if told.name.endswith(CASTING) else ("vendor",)
        return Audience(roles=(*STUDIO, *client, *vendor), entity=entity, hidden=whole.hidden)
    match told.subject:
        case "asset-instance" | "asset_instance":
            return Audience(roles=ALL, entity=entity)
        case "entity-link":
            return Audience(roles=(*STUDIO, "client"))
        case descriptor if descriptor == DESCRIPTOR:
            client = ("client",) if told.row.get("for_client") else ()
            theirs = departments.get(told.ident("metadata_descriptor_id"), ())
            return Audience(roles=(*STUDIO, *client, "vendor"), departments=theirs)
    return whole


DESCRIBER: Final = Describer(describe, aliases={"asset_instance": "asset-instance"})
