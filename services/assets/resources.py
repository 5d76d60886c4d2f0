"""What ``assets`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.assets.models import (
    AssetInstance,
    Entity,
    EntityLink,
    EntityType,
    MetadataDescriptor,
)
from services.assets.policy import kinds, rights
from services.assets.policy.castings import INSTANCE_PROJECT, INSTANCE_SHARED, INSTANCES
from services.assets.policy.descriptors import DESCRIPTORS
from services.assets.policy.entities import ENTITIES
from services.assets.policy.entity_rules import FIXED, PLACEMENT, EntityRules
from services.assets.policy.entity_types import EntityTypeRules
from services.common.access.rules import any_of, anyone, manager
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.database.tables import table_of

RESOURCES: Final = Registry(
    "assets",
    Resource(
        path="entities",
        model=Entity,
        policy=ENTITIES,
        list=anyone,
        read=ENTITIES.reader,
        create=manager,
        update=any_of(manager, rights.creator, rights.data_supervisor),
        delete=rights.remover,
        kind=kinds.KIND,
        facts={"kind": kinds.KIND},
        event=kinds.kind_of,
        events=kinds.KINDS,
        fixed=FIXED,
        # Set by hooks and castings only.
        owned=frozenset({"created_by", "nb_entities_out"}),
        # Who created a concept may not make it what only managers create.
        writes={manager: PLACEMENT},
        # Other productions may cast a shared asset.
        shared=table_of(Entity).c.is_shared,
        updated_lists=tuple(Entity.lists),
        counted="entity_type_id",
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
        policy=INSTANCES,
        read=INSTANCES.reader,
        update=INSTANCES.reader,
        facts={"project_id": INSTANCE_PROJECT},
        shared=INSTANCE_SHARED,
        fixed=frozenset({"number"}),
    ),
    Resource(
        path="metadata-descriptors",
        model=MetadataDescriptor,
        policy=DESCRIPTORS,
        list=anyone,
        # The values of all entities stand under it; the descriptors' own routes move them along.
        fixed=frozenset({"field_name"}),
        relations_without_query=True,
    ),
)
