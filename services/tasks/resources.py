"""What ``tasks`` serves by generic CRUD."""

from __future__ import annotations

from typing import Final

from services.common.permissions import any_of, anyone, is_self, manager, not_vendor
from services.common.resources import Registry, Resource
from services.tasks import access, comment_views, comments, rules
from services.tasks import models as m

RESOURCES: Final = Registry(
    "tasks",
    Resource(
        path="task-types",
        model=m.TaskType,
        list=anyone,
        read=anyone,
        prepare=rules.free_type,
        on_create=rules.check_type_name,
        on_update=rules.check_type_rename,
        frees=frozenset({"assets.task_type_asset_type_link.task_type_id"}),
    ),
    Resource(
        path="task-status",
        model=m.TaskStatus,
        list=anyone,
        read=anyone,
        on_create=rules.clear_other_default,
        on_update=rules.clear_other_default_on_update,
    ),
    Resource(
        path="tasks",
        model=m.Task,
        list=anyone,
        read=access.reader,
        create=manager,
        update=any_of(manager, access.task_supervisor),
        delete=manager,
        scope=access.listed_tasks,
        facts={"department_id": access.TASK_DEPARTMENT},
        facts_for_create=access.project_of_new_task,
        filters={"episode_id": rules.of_episode},
        rewrite=rules.named,
        prepare=rules.task_kind,
        on_create=rules.check_task,
        created=rules.announce_assignees,
        on_update=rules.merge_task_data,
        updated=rules.announce_assignment,
        force_cascades=True,
    ),
    Resource(
        path="comments",
        model=m.Comment,
        read=comments.may_read_comment,
        update=any_of(manager, comments.may_edit),
        fixed=frozenset({"mentions", "department_mentions"}),
        prepare=comments.prepare,
        on_update=comments.on_update,
        updated=comments.updated,
        on_delete=comments.on_delete,
        deleted=comments.deleted,
        delete=any_of(manager, is_self("person_id")),
        facts={"project_id": access.COMMENT_PROJECT, "task_id": access.COMMENT_TASK},
        complete=comments.complete,
        completed_verbs=frozenset({"read"}),
        as_asked=comment_views.with_previews,
    ),
    Resource(
        path="attachment-files",
        model=m.AttachmentFile,
        read=access.reader_by_task,
        facts={"task_id": access.ATTACHMENT_TASK},
        virtual={"comment": comments.WHOLE_COMMENT, "chat_message": comments.NO_MESSAGE},
        complete=comments.complete_attachments,
    ),
    Resource(
        path="preview-files",
        model=m.PreviewFile,
        list=anyone,
        read=access.preview_reader,
        update=any_of(manager, access.assignee),
        delete=manager,
        scope=access.listed_previews,
        facts={"project_id": access.PREVIEW_PROJECT},
        frees=frozenset({"assets.entity.preview_file_id"}),
        on_update=rules.move_revision,
        on_delete=rules.unlink_preview,
    ),
    Resource(
        path="time-spents",
        model=m.TimeSpent,
        delete=any_of(manager, is_self("person_id")),
        facts={"project_id": access.TIME_PROJECT},
        conditions=rules.time_range,
        created=rules.time_written,
        updated=rules.time_changed,
        deleted=rules.time_removed,
    ),
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
