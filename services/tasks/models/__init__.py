"""Tables of tasks, comments, previews, notifications and time spent."""

from services.tasks.models.base import Base
from services.tasks.models.comments import (
    AttachmentFile,
    Comment,
    PreviewFile,
    comment_acknoledgments,
    comment_department_mentions,
    comment_mentions,
    comment_preview_link,
)
from services.tasks.models.feed import News, Notification, Subscription
from services.tasks.models.work import Task, TimeSpent, task_person_link
from services.tasks.models.workflow import StatusAutomation, TaskStatus, TaskType

__all__ = [
    "AttachmentFile",
    "Base",
    "Comment",
    "News",
    "Notification",
    "PreviewFile",
    "StatusAutomation",
    "Subscription",
    "Task",
    "TaskStatus",
    "TaskType",
    "TimeSpent",
    "comment_acknoledgments",
    "comment_department_mentions",
    "comment_mentions",
    "comment_preview_link",
    "task_person_link",
]
