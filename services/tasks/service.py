"""The service's table of contents."""

from services.tasks.models import Base
from services.tasks.resources import RESOURCES
from services.common.crud import CrudRpc


class TasksService(CrudRpc):
    """Tasks, comments, previews, time."""

    name = "tasks"
    metadata = Base.metadata
    registry = RESOURCES
