"""The service's table of contents."""

from services.common.config import FileSettings
from services.common.files import UPLOADS, Kept
from services.tasks import attachments, previews
from services.tasks.models import Base
from services.tasks.resources import RESOURCES
from services.tasks.rpc_attachment import AttachmentRpc
from services.tasks.rpc_comment import CommentRpc
from services.tasks.rpc_context import ContextRpc
from services.tasks.rpc_entity_previews import EntityPreviewRpc
from services.tasks.rpc_picture import PictureRpc
from services.tasks.rpc_standing import StandingRpc


class TasksService(
    AttachmentRpc, CommentRpc, ContextRpc, PictureRpc, EntityPreviewRpc, StandingRpc
):
    """Tasks, comments, previews, time."""

    name = "tasks"
    settings_class = FileSettings
    metadata = Base.metadata
    registry = RESOURCES
    kept = {
        attachments.PREFIX: Kept("attachment_file"),
        previews.PREFIX: Kept("preview_file", previews.NAMES),
        UPLOADS: Kept(None),
    }
