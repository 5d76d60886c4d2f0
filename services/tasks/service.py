"""The service, composed of its RPC mixins."""

from services.common.config import FileSettings
from services.common.crud.describing import DescriptionRpc
from services.common.crud.rpc import CrudRpc
from services.common.files.row_files import RowFiles
from services.common.files.rpc import FilesRpc
from services.common.files.storage_access import UPLOADS
from services.tasks.attachments import files as attachments
from services.tasks.attachments.rpc import AttachmentRpc
from services.tasks.comments.rpc_actions import CommentActionRpc
from services.tasks.comments.rpc_read import CommentReadRpc
from services.tasks.comments.rpc_replies import ReplyRpc
from services.tasks.comments.rpc_write import CommentWriteRpc
from services.tasks.feed.rpc_news import NewsRpc
from services.tasks.feed.rpc_notifications import NotificationRpc
from services.tasks.feed.rpc_subscriptions import SubscriptionRpc
from services.tasks.figures.rpc_quotas import QuotaRpc
from services.tasks.figures.rpc_shots import QuotaShotRpc
from services.tasks.figures.rpc_statistics import StatisticsRpc
from services.tasks.internal.casting_stats import CastingStatsRpc
from services.tasks.internal.context import ContextRpc
from services.tasks.internal.descriptions import DESCRIBER
from services.tasks.internal.handlers import InternalHandlers
from services.tasks.internal.rpc import InternalRpc
from services.tasks.internal.schedule import TaskScheduleRpc
from services.tasks.internal.sums import SumRpc
from services.tasks.models import Base
from services.tasks.overview.rpc import OverviewRpc
from services.tasks.policy.comments import ATTACHMENTS, COMMENTS
from services.tasks.policy.figures import EPISODE_STATS, QUOTAS, RETAKE_STATS
from services.tasks.policy.news import NEWS
from services.tasks.policy.notifications import NOTIFICATIONS
from services.tasks.policy.previews import PREVIEWS
from services.tasks.policy.tasks import TASKS
from services.tasks.policy.time_spents import TIMES
from services.tasks.previews import kinds as previews
from services.tasks.previews.rpc_actions import PreviewActionRpc
from services.tasks.previews.rpc_download import PreviewDownloadRpc
from services.tasks.previews.rpc_entity import EntityPreviewRpc
from services.tasks.previews.rpc_upload import PreviewUploadRpc
from services.tasks.resources import RESOURCES
from services.tasks.work.rpc_assignment import AssignmentRpc
from services.tasks.work.rpc_create import TaskCreationRpc
from services.tasks.work.rpc_project_tasks import ProjectTaskRpc
from services.tasks.work.rpc_project_time import ProjectTimeRpc
from services.tasks.work.rpc_read import TaskReadRpc
from services.tasks.work.rpc_related import RelatedRowsRpc
from services.tasks.work.rpc_time import TimeRpc
from services.tasks.work.rpc_types import TaskTypeRpc
from services.tasks.work.rpc_workload import WorkloadRpc


class TasksService(
    CrudRpc,
    FilesRpc,
    # attachments
    AttachmentRpc,
    # comments
    CommentActionRpc,
    CommentReadRpc,
    CommentWriteRpc,
    ReplyRpc,
    # feed
    NewsRpc,
    NotificationRpc,
    SubscriptionRpc,
    # figures
    QuotaRpc,
    QuotaShotRpc,
    StatisticsRpc,
    # overview
    OverviewRpc,
    # previews
    EntityPreviewRpc,
    PreviewActionRpc,
    PreviewDownloadRpc,
    PreviewUploadRpc,
    # work
    AssignmentRpc,
    ProjectTaskRpc,
    ProjectTimeRpc,
    RelatedRowsRpc,
    TaskCreationRpc,
    TaskReadRpc,
    TimeRpc,
    TaskTypeRpc,
    WorkloadRpc,
    # internal
    CastingStatsRpc,
    ContextRpc,
    InternalHandlers,
    InternalRpc,
    SumRpc,
    TaskScheduleRpc,
    DescriptionRpc,
):
    """Tasks, comments, previews, time."""

    name = "tasks"
    settings_class = FileSettings
    metadata = Base.metadata
    registry = RESOURCES
    describer = DESCRIBER
    policies = (
        TASKS,
        COMMENTS,
        ATTACHMENTS,
        PREVIEWS,
        NEWS,
        NOTIFICATIONS,
        TIMES,
        QUOTAS,
        EPISODE_STATS,
        RETAKE_STATS,
    )
    row_files = (
        RowFiles(attachments.PREFIX, "attachment_file"),
        previews.FILES,
        RowFiles(UPLOADS, None),
    )
