"""The service, composed of its RPC mixins."""

from services.assets.casting.rpc import CastingRpc
from services.assets.casting.rpc_cast_asset import CastAssetRpc
from services.assets.casting.rpc_links import EntityLinkRpc
from services.assets.casting.rpc_removal import LinkRemovalRpc
from services.assets.descriptors.rpc import DescriptorRpc
from services.assets.descriptors.rpc_shared import SharedDescriptorRpc
from services.assets.entities.rpc_asset_types import AssetTypeRpc
from services.assets.entities.rpc_create import CreationRpc
from services.assets.entities.rpc_folders import ConceptFolderRpc
from services.assets.entities.rpc_lengths import ShotLengthRpc
from services.assets.entities.rpc_lists import ListRpc
from services.assets.entities.rpc_own_entities import OwnEntityRpc
from services.assets.entities.rpc_removal import RemovalRpc
from services.assets.entities.rpc_sharing import SharingRpc
from services.assets.instances.rpc import InstanceRpc
from services.assets.internal.context import ContextRpc
from services.assets.internal.descriptions import DESCRIBER
from services.assets.internal.figures import FigureRpc
from services.assets.internal.handlers import InternalHandlers
from services.assets.internal.main_preview import MainPreviewRpc
from services.assets.internal.rpc import InternalRpc
from services.assets.internal.schedule import ScheduleObjectsRpc
from services.assets.models import Base
from services.assets.overview.rpc import OverviewRpc
from services.assets.policy.castings import CASTINGS, INSTANCES
from services.assets.policy.descriptors import DESCRIPTORS
from services.assets.policy.entities import BY_KIND, ENTITIES
from services.assets.resources import RESOURCES
from services.assets.search.rpc import SearchRpc
from services.common.crud.describing import DescriptionRpc
from services.common.crud.rpc import CrudRpc


class AssetsService(
    CrudRpc,
    # casting
    CastAssetRpc,
    CastingRpc,
    EntityLinkRpc,
    LinkRemovalRpc,
    # descriptors
    DescriptorRpc,
    SharedDescriptorRpc,
    # entities
    AssetTypeRpc,
    ConceptFolderRpc,
    CreationRpc,
    ListRpc,
    OwnEntityRpc,
    RemovalRpc,
    SharingRpc,
    ShotLengthRpc,
    # instances
    InstanceRpc,
    # overview
    OverviewRpc,
    # search
    SearchRpc,
    # internal
    ContextRpc,
    FigureRpc,
    InternalHandlers,
    InternalRpc,
    MainPreviewRpc,
    ScheduleObjectsRpc,
    DescriptionRpc,
):
    """Assets, shots and what appears where."""

    name = "assets"
    metadata = Base.metadata
    registry = RESOURCES
    describer = DESCRIBER
    policies = (ENTITIES, *BY_KIND.values(), DESCRIPTORS, CASTINGS, INSTANCES)
