"""The policies of castings, and of instances of assets."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.assets.models import AssetInstance, Entity
from services.assets.policy.access import LINK, in_ids
from services.assets.policy.entities import ENTITIES, assigned_entities
from services.common.access.context import CallContext
from services.common.access.policy import ALL, STUDIO, Policy, Sight
from services.common.access.rules import Facts, manager
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of

#: The production of an instance is its asset's.
INSTANCE_PROJECT: Final = (
    sa.select(Entity.project_id)
    .where(Entity.id == AssetInstance.asset_id)
    .correlate(AssetInstance)
    .scalar_subquery()
)
#: Everybody may put copies of a shared asset somewhere.
INSTANCE_SHARED: Final = (
    sa.select(Entity.is_shared)
    .where(Entity.id == AssetInstance.asset_id)
    .correlate(AssetInstance)
    .scalar_subquery()
)


def _of_assigned(ctx: CallContext, instances: sa.FromClause) -> Condition:
    return in_ids(instances.c.asset_id, assigned_entities(ctx))


def _reads_asset(ctx: CallContext, facts: Facts) -> bool:
    asset = {"id": facts["asset_id"], "project_id": facts["project_id"], "kind": "Asset"}
    return ENTITIES.reader.test(ctx, asset)


CASTINGS: Final = Policy(
    kind="castings",
    table=LINK,
    project=LINK.c.production_id,
    sees={**STUDIO, "client": ALL},
    may={"replace": manager},
)
INSTANCES: Final = Policy(
    kind="asset-instances",
    table=table_of(AssetInstance),
    project=INSTANCE_PROJECT,
    sees={
        **STUDIO,
        "client": ALL,
        "vendor": Sight(
            "of assets assigned to them", _of_assigned, one=_reads_asset, needs=("asset_id",)
        ),
    },
)
