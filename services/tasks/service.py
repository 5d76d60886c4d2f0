"""The service's table of contents."""

from services.common.config import FileSettings
from services.common.crud.rpc import CrudRpc
from services.common.files.rpc import FilesRpc, Kept
from services.common.files.storage_access import UPLOADS
from services.tasks import attachments, previews
from services.tasks.models import Base
from services.tasks.resources import RESOURCES
from services.tasks.rpc_around import AroundRpc
from services.tasks.rpc_assignment import AssignmentRpc
from services.tasks.rpc_attachment import AttachmentRpc
from services.tasks.rpc_casting_stats import CastingStatsRpc
from services.tasks.rpc_comment import CommentRpc
from services.tasks.rpc_context import ContextRpc
from services.tasks.rpc_conversation import ConversationRpc
from services.tasks.rpc_entity_previews import EntityPreviewRpc
from services.tasks.rpc_feed import FeedRpc
from services.tasks.rpc_news import NewsRpc
from services.tasks.rpc_picture import PictureRpc
from services.tasks.rpc_preview_actions import PreviewActionRpc
from services.tasks.rpc_standing import StandingRpc
from services.tasks.rpc_time import TimeRpc
from services.tasks.rpc_view import ViewRpc
from services.tasks.rpc_workload import WorkloadRpc


class TasksService(
    CrudRpc,
    FilesRpc,
    ContextRpc,
    CastingStatsRpc,
    ConversationRpc,
    FeedRpc,
    NewsRpc,
    TimeRpc,
    ViewRpc,
    WorkloadRpc,
    AssignmentRpc,
    AttachmentRpc,
    CommentRpc,
    PreviewActionRpc,
    PictureRpc,
    EntityPreviewRpc,
    AroundRpc,
    StandingRpc,
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
