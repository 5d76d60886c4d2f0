"""What ``assets`` serves by generic CRUD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from services.assets import entities, types
from services.assets.models import (
    AssetInstance,
    Entity,
    EntityLink,
    EntityType,
    MetadataDescriptor,
)
from services.common.access.rules import any_of, anyone, manager
from services.common.crud.resource import Registry, Resource

if TYPE_CHECKING:
    from services.common.access.rules import Work


def _of_open_projects(work: Work, statement: sa.Select[Any]) -> sa.Select[Any]:
    return statement.where(MetadataDescriptor.project_id.in_(work.actor.open_projects))


INSTANCE_PROJECT: Final = (
    sa.select(Entity.project_id)
    .where(Entity.id == AssetInstance.asset_id)
    .correlate(AssetInstance)
    .scalar_subquery()
)

RESOURCES: Final = Registry(
    "assets",
    Resource(
        path="entities",
        model=Entity,
        list=anyone,
        read=entities.in_team,
        create=manager,
        update=any_of(manager, entities.creator, entities.data_supervisor),
        delete=any_of(entities.creator, manager),
        scope=entities.listed,
        counted=True,
        kind=entities.KIND,
        facts={"kind": entities.KIND},
        event=entities.kind_of,
        events=entities.KINDS,
        fixed=entities.FIXED,
        updated_lists=tuple(Entity.lists),
        rewrite_update=entities.null_text,
        on_create=entities.on_create,
        on_update=entities.on_update,
        updated=entities.updated,
        on_delete=entities.on_delete,
    ),
    Resource(
        path="entity-types",
        model=EntityType,
        event="asset-type",
        list=anyone,
        read=anyone,
        updated_lists=("task_types",),
        on_create=types.on_create,
    ),
    Resource(path="entity-links", model=EntityLink),
    Resource(
        path="asset-instances",
        model=AssetInstance,
        read=entities.instance_team,
        update=entities.instance_team,
        facts={"project_id": INSTANCE_PROJECT},
        fixed=frozenset({"number"}),
    ),
    Resource(
        path="metadata-descriptors",
        model=MetadataDescriptor,
        list=anyone,
        scope=_of_open_projects,
        relations_without_query=True,
    ),
)
