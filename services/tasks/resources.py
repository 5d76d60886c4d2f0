"""The resources that ``tasks`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.common.access.rules import any_of, anyone, is_self, manager, not_vendor
from services.common.crud.resource import Registry, Resource
from services.tasks import models as m
from services.tasks.attachments import rules as attachments
from services.tasks.comments import access as comments
from services.tasks.comments.rules import CommentRules
from services.tasks.policy import access
from services.tasks.policy.tasks import PREVIEWS, TASKS
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
        # ``assets`` removes the links of a deleted type.
        frees=frozenset({"assets.task_type_asset_type_link.task_type_id"}),
    ),
    Resource(
        path="task-status",
        model=m.TaskStatus,
        list=anyone,
        read=anyone,
        rules=rules.TaskStatusRules(),
        order=(m.TaskStatus.created_at, m.TaskStatus.id),
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
        read=comments.may_read_comment,
        update=any_of(manager, comments.may_edit),
        fixed=comments.FIXED,
        owned=comments.SET_BY_ROUTES,
        rules=CommentRules(),
        delete=any_of(manager, is_self("person_id")),
        facts={"project_id": access.COMMENT_PROJECT, "task_id": access.COMMENT_TASK},
    ),
    Resource(
        path="attachment-files",
        model=m.AttachmentFile,
        read=access.reader_by_task,
        facts={"task_id": access.ATTACHMENT_TASK},
        virtual={"comment": attachments.WHOLE_COMMENT, "chat_message": attachments.NO_MESSAGE},
        rules=attachments.AttachmentRules(),
    ),
    Resource(
        path="preview-files",
        model=m.PreviewFile,
        policy=PREVIEWS,
        list=anyone,
        read=PREVIEWS.reader,
        update=any_of(manager, access.assignee),
        delete=manager,
        facts={"project_id": access.PREVIEW_PROJECT},
        fixed=previews.fixed,
        # The entity that shows it gets another main preview.
        frees=frozenset({"assets.entity.preview_file_id"}),
        rules=previews.PreviewRules(),
    ),
    Resource(
        path="time-spents",
        model=m.TimeSpent,
        delete=any_of(manager, is_self("person_id")),
        facts={"project_id": access.TIME_PROJECT},
        conditions=time_rules.time_range,
        rules=time_rules.TimeSpentRules(),
    ),
    # Renamed, as ``type`` is the kind of row in every JSON object.
    Resource(path="notifications", model=m.Notification, renamed={"type": "notification_type"}),
    Resource(path="news", model=m.News),
    Resource(path="subscriptions", model=m.Subscription),
    Resource(
        path="status-automations",
        model=m.StatusAutomation,
        list=not_vendor,
        still_linked="This automation is used in a project.",
    ),
)
