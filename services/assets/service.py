"""The service's table of contents."""

from services.assets.models import Base
from services.assets.resources import RESOURCES
from services.assets.rpc_entity import EntityRpc


class AssetsService(EntityRpc):
    """Assets, shots and what appears where."""

    name = "assets"
    metadata = Base.metadata
    registry = RESOURCES
