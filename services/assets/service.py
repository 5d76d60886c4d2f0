"""The service's table of contents."""

from services.assets.models import Base
from services.assets.resources import RESOURCES
from services.assets.rpc_entity import EntityRpc
from services.assets.rpc_main_preview import MainPreviewRpc


class AssetsService(EntityRpc, MainPreviewRpc):
    """Assets, shots and what appears where."""

    name = "assets"
    metadata = Base.metadata
    registry = RESOURCES
