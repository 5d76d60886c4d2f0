"""Bodies and answers of asset instances: numbered copies of an asset."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import Body, Id, RowOf, about

Description = Annotated[str, about("What this copy is.", "The llama", max_length=200)] | None


class InstanceRow(RowOf, kw_only=True):
    """A numbered copy of an asset in a scene or in another asset."""

    resource: ClassVar[str] = "asset-instances"


class NewInstanceInScene(Body, kw_only=True):
    """An asset to instantiate in a scene."""

    asset_id: Annotated[Id, about("The asset.")]
    description: Description = None


class NewInstanceInAsset(Body, kw_only=True):
    """An asset to instantiate in another asset."""

    asset_to_instantiate_id: Annotated[Id, about("The asset to instantiate.")]
    description: Description = None


class InstanceInShot(Body, kw_only=True):
    """An instance that appears in a shot."""

    asset_instance_id: Annotated[Id, about("The instance.")]


#: By the id of the asset, or of the shot or scene; of a scene ``None`` stands for none.
InstancesById = dict[str, list[InstanceRow]]
