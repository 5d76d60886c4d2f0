"""The service's table of contents."""

from services.tasks.models import Base
from services.tasks.resources import RESOURCES
from services.tasks.rpc_standing import StandingRpc


class TasksService(StandingRpc):
    """Tasks, comments, previews, time."""

    name = "tasks"
    metadata = Base.metadata
    registry = RESOURCES
