"""The service's table of contents."""

from services.assets.models import Base
from services.assets.resources import RESOURCES
from services.assets.rpc_asset_types import AssetTypeRpc
from services.assets.rpc_cast_asset import CastAssetRpc
from services.assets.rpc_casting import CastingRpc
from services.assets.rpc_context import ContextRpc
from services.assets.rpc_creation import CreationRpc
from services.assets.rpc_descriptors import DescriptorRpc
from services.assets.rpc_entity import EntityRpc
from services.assets.rpc_entity_links import EntityLinkRpc
from services.assets.rpc_heads import HeadRpc
from services.assets.rpc_instances import InstanceRpc
from services.assets.rpc_lists import ListRpc
from services.assets.rpc_main_preview import MainPreviewRpc
from services.assets.rpc_own import OwnRpc
from services.assets.rpc_removal import RemovalRpc
from services.common.crud.rpc import CrudRpc


class AssetsService(
    CrudRpc,
    AssetTypeRpc,
    CastAssetRpc,
    CastingRpc,
    ContextRpc,
    CreationRpc,
    DescriptorRpc,
    EntityLinkRpc,
    EntityRpc,
    HeadRpc,
    InstanceRpc,
    ListRpc,
    MainPreviewRpc,
    OwnRpc,
    RemovalRpc,
):
    """Assets, shots and what appears where."""

    name = "assets"
    metadata = Base.metadata
    registry = RESOURCES
