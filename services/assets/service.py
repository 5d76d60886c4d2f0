"""The service's table of contents."""

from services.assets.models import Base
from services.assets.resources import RESOURCES
from services.common.crud import CrudRpc


class AssetsService(CrudRpc):
    """Assets, shots and what appears where."""

    name = "assets"
    metadata = Base.metadata
    registry = RESOURCES
