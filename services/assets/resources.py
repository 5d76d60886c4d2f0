"""What ``assets`` serves by generic CRUD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from services.assets.models import (
    AssetInstance,
    Entity,
    EntityLink,
    EntityType,
    MetadataDescriptor,
)
from services.assets.policy import kinds, rights
from services.assets.policy.entity_rules import FIXED, EntityRules
from services.assets.policy.entity_types import EntityTypeRules
from services.common.access.rules import any_of, anyone, manager
from services.common.crud.resource import (
    Registry,
    Resource,
    WholeProductions,
    whole_open_productions,
)
from services.common.database.sql_types import Select
from services.common.database.tables import table_of

if TYPE_CHECKING:
    from services.common.access.context import CallContext


def _of_open_projects(ctx: CallContext, statement: Select) -> Select:
    return statement.where(MetadataDescriptor.project_id.in_(ctx.actor.open_projects))


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
        read=rights.in_team,
        create=manager,
        update=any_of(manager, rights.creator, rights.data_supervisor),
        delete=any_of(rights.creator, manager),
        scope=rights.listed,
        whole=whole_open_productions,
        kind=kinds.KIND,
        facts={"kind": kinds.KIND},
        event=kinds.kind_of,
        events=kinds.KINDS,
        fixed=FIXED,
        # Set by hooks and castings only.
        owned=frozenset({"created_by", "nb_entities_out"}),
        # Other productions may cast a shared asset.
        shared=table_of(Entity).c.is_shared,
        updated_lists=tuple(Entity.lists),
        rules=EntityRules(),
    ),
    Resource(
        path="entity-types",
        model=EntityType,
        event="asset-type",
        list=anyone,
        read=anyone,
        updated_lists=("task_types",),
        rules=EntityTypeRules(),
    ),
    Resource(path="entity-links", model=EntityLink),
    Resource(
        path="asset-instances",
        model=AssetInstance,
        read=rights.instance_team,
        update=rights.instance_team,
        facts={"project_id": INSTANCE_PROJECT},
        fixed=frozenset({"number"}),
    ),
    Resource(
        path="metadata-descriptors",
        model=MetadataDescriptor,
        list=anyone,
        scope=_of_open_projects,
        whole=lambda actor: WholeProductions(actor.open_projects),
        # The values of all entities stand under it; the descriptors' own routes move them along.
        fixed=frozenset({"field_name"}),
        relations_without_query=True,
    ),
)
