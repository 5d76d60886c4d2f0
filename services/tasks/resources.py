"""The resources that ``tasks`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.common.access.rules import any_of, anyone, manager, not_vendor
from services.common.contracts.tasks.comments import CommentQuery
from services.common.contracts.tasks.time_spent import TimeSpentsQuery
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.tasks import models as m
from services.tasks.attachments import rules as attachments
from services.tasks.comments.rules import FIXED, SET_BY_ROUTES, CommentRules
from services.tasks.policy import access
from services.tasks.policy.comments import ATTACHMENTS, COMMENTS
from services.tasks.policy.news import NEWS
from services.tasks.policy.notifications import NOTIFICATIONS
from services.tasks.policy.previews import PREVIEWS
from services.tasks.policy.tasks import TASKS
from services.tasks.policy.time_spents import TIMES
from services.tasks.previews import rules as previews
from services.tasks.work import rules, time_rules

RESOURCES: Final = Registry(
    "tasks",
    Resource(
        path="task-types",
        model=m.TaskType,
        list=anyone,
        read=anyone,
        rules=rules.TaskTypeRules(),
        # ``assets`` and ``crud`` remove the links of a deleted type.
        frees=frozenset(
            {
                "assets.task_type_asset_type_link.task_type_id",
                "crud.project_task_type_software_link.task_type_id",
            }
        ),
    ),
    Resource(
        path="task-status",
        model=m.TaskStatus,
        list=anyone,
        read=anyone,
        rules=rules.TaskStatusRules(),
    ),
    Resource(
        path="tasks",
        model=m.Task,
        list=anyone,
        policy=TASKS,
        read=TASKS.reader,
        create=manager,
        update=any_of(manager, access.task_supervisor),
        delete=manager,
        facts={"department_id": access.TASK_DEPARTMENT},
        filters={"episode_id": rules.of_episode},
        owned=rules.COUNTED,
        rules=rules.TaskRules(),
        force_cascades=True,
    ),
    Resource(
        path="comments",
        model=m.Comment,
        policy=COMMENTS,
        read=COMMENTS.reader,
        update=COMMENTS.may["edit"],
        fixed=FIXED,
        owned=SET_BY_ROUTES,
        row_query=CommentQuery,
        rules=CommentRules(),
        delete=COMMENTS.may["delete"],
        facts={
            "project_id": access.COMMENT_PROJECT,
            "task_id": access.COMMENT_TASK,
            "department_id": access.COMMENT_DEPARTMENT,
        },
    ),
    Resource(
        path="attachment-files",
        model=m.AttachmentFile,
        policy=ATTACHMENTS,
        read=ATTACHMENTS.reader,
        facts={"project_id": access.ATTACHMENT_PROJECT},
        virtual={"comment": attachments.WHOLE_COMMENT, "chat_message": attachments.NO_MESSAGE},
        rules=attachments.AttachmentRules(),
    ),
    Resource(
        path="preview-files",
        model=m.PreviewFile,
        policy=PREVIEWS,
        list=anyone,
        # Rows as in lists. Pictures, and the previews of a task or an entity, are for its readers.
        read=PREVIEWS.viewer,
        update=any_of(manager, access.assignee, access.work_supervisor),
        delete=manager,
        facts={
            "project_id": access.PREVIEW_PROJECT,
            "department_id": access.PREVIEW_DEPARTMENT,
        },
        filters={"project_id": previews.of_project},
        tells_project=False,
        fixed=previews.fixed,
        # The entity that shows it gets another main preview.
        frees=frozenset({"assets.entity.preview_file_id"}),
        rules=previews.PreviewRules(),
    ),
    Resource(
        path="time-spents",
        model=m.TimeSpent,
        policy=TIMES,
        delete=TIMES.may["delete"],
        facts={"project_id": access.TIME_PROJECT},
        tells_project=False,
        list_query=TimeSpentsQuery,
        conditions=time_rules.time_range,
        rules=time_rules.TimeSpentRules(),
    ),
    Resource(
        path="notifications",
        model=m.Notification,
        policy=NOTIFICATIONS,
        renamed={"type": "notification_type"},
    ),
    Resource(path="news", model=m.News, policy=NEWS),
    Resource(path="subscriptions", model=m.Subscription),
    Resource(
        path="status-automations",
        model=m.StatusAutomation,
        list=not_vendor,
        still_linked="This automation is used in a project.",
    ),
)
