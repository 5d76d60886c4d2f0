"""The service's table of contents."""

from services.common.config import FileSettings
from services.common.files import Kept
from services.tasks import attachments
from services.tasks.models import Base
from services.tasks.resources import RESOURCES
from services.tasks.rpc_attachment import AttachmentRpc
from services.tasks.rpc_standing import StandingRpc


class TasksService(AttachmentRpc, StandingRpc):
    """Tasks, comments, previews, time."""

    name = "tasks"
    settings_class = FileSettings
    metadata = Base.metadata
    registry = RESOURCES
    kept = {
        attachments.PREFIX: Kept("attachment_file"),
        "uploads": Kept(None),
    }
