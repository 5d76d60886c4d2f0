"""Routes of ``tasks``."""

from typing import Any

from gateway.routes.table import Body, Route, data
from services.common.contracts.shapes import AttachedFile, Success
from services.common.contracts.tasks import comments as c
from services.common.contracts.tasks import feed as f
from services.common.contracts.tasks import figures as g
from services.common.contracts.tasks import overview as o
from services.common.contracts.tasks import previews as p
from services.common.contracts.tasks import time_spent as t
from services.common.contracts.tasks import work as w
from services.common.contracts.tasks.workflow import TaskTypeRow, TypesInOrder
from services.common.contracts.types import Id, ListedId, Page, PageQuery

PATHS = (
    "attachment-files",
    "comments",
    "news",
    "notifications",
    "preview-files",
    "status-automations",
    "subscriptions",
    "task-status",
    "task-types",
    "tasks",
    "time-spents",
)

COMMENT = "/data/tasks/{task_id}/comments/{comment_id}"
ACT = "/actions/tasks/{task_id}"
QUOTAS = "/data/projects/{project_id}/quotas"
QUOTA_SHOTS = "/data/persons/{person_id}/quota-shots"
SPENT = "/data/persons/{person_id}/time-spents"
BESIDE = "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{ident}"
CHOSEN = "/actions/preview-files/{ident}"
KINDS = ("asset", "shot", "sequence", "episode", "scene", "edit", "concept")
PLURALS = {kind: f"{kind}s" for kind in KINDS}


def with_attachments(
    path: str, rpc: str, *, returns: Any, takes: Any = None, status: int = 201, bare: bool = False
) -> Route:
    """A POST of a comment or reply, with or without attachments."""
    return Route(
        "POST",
        path,
        rpc,
        status=status,
        body=Body.MULTIPART,
        files="attachments",
        bare=bare,
        author=True,
        takes=takes,
        returns=returns,
    )


def kind_routes(kind: str) -> tuple[Route, ...]:
    """The routes about tasks of one kind of entity."""
    path, fixed = f"/data/{PLURALS[kind]}", (("kind", kind),)
    query, view, in_full = o.VIEWS[kind]
    detail = (
        Route("GET", f"{path}/{{ident}}", "tasks.read_entity_detail", fixed=fixed, returns=in_full),
    )
    return (
        Route(
            "GET",
            f"{path}/with-tasks",
            "tasks.list_with_tasks",
            query=query,
            slow=True,
            fixed=fixed,
            returns=view,
        ),
        Route(
            "GET",
            f"{path}/{{ident}}/tasks",
            "tasks.list_entity_tasks",
            query=w.TaskQuery,
            fixed=fixed,
            returns=list[w.NamedTask],
        ),
        Route(
            "GET",
            f"{path}/{{ident}}/task-types",
            "tasks.list_entity_task_types",
            fixed=fixed,
            returns=list[TaskTypeRow],
        ),
        Route(
            "GET",
            f"{path}/{{ident}}/preview-files",
            "tasks.list_previews_of",
            fixed=fixed,
            returns=p.RevisionsByType,
        ),
        *(detail if in_full else ()),
    )


def own_routes(kind: str) -> tuple[Route, ...]:
    """The caller's own tasks on an entity."""
    path, fixed = f"/data/user/{PLURALS[kind]}/{{ident}}", (("kind", kind), ("own", True))
    return (
        Route(
            "GET",
            f"{path}/tasks",
            "tasks.list_entity_tasks",
            query=w.TaskQuery,
            fixed=fixed,
            returns=list[w.TaskRow],
        ),
        Route(
            "GET",
            f"{path}/task-types",
            "tasks.list_entity_task_types",
            fixed=fixed,
            returns=list[TaskTypeRow],
        ),
    )


#: The pages of a production's rows that scripts read, by the resource's path.
PROJECT_ROWS: dict[str, Any] = {
    "notifications": list[f.NotificationRow] | Page[f.NotificationRow],
    "subscriptions": list[f.SubscriptionRow] | Page[f.SubscriptionRow],
    "preview-files": list[p.PreviewFileRow] | Page[p.PreviewFileRow],
}


# fmt: off
COMMENTS = (
    with_attachments(ACT + "/comment", "tasks.comment_task", returns=c.PostedComment, takes=c.NewComment),
    with_attachments("/actions/projects/{project_id}/tasks/comment-many", "tasks.comment_many", returns=list[c.PostedComment], takes=list[c.ListedComment], bare=True),
    with_attachments("/actions/tasks/batch-comment", "tasks.batch_comment", returns=list[c.PostedWithPreviews], takes=c.CommentBatch),
    with_attachments(ACT + "/batch-comment", "tasks.batch_comment", returns=list[c.PostedWithPreviews], takes=c.CommentBatch),
    with_attachments(ACT + "/comments/{comment_id}/add-attachment", "tasks.add_attachments", returns=list[AttachedFile]),
    Route("GET",    "/data/tasks/{task_id}/comments", "tasks.list_task_comments", returns=list[c.CommentOfTask]),
    Route("GET",    COMMENT,                        "tasks.read_task_comment", returns=c.CommentRow),
    Route("DELETE", COMMENT,                        "tasks.delete_comment_of_task", status=204),
    Route("POST",   COMMENT + "/ack",               "tasks.acknowledge_comment", returns=c.AcknowledgedComment),
    with_attachments(COMMENT + "/reply", "tasks.reply_to_comment", returns=c.PostedReply, takes=c.NewReply, status=200),
    Route("DELETE", COMMENT + "/reply/{reply_id}",  "tasks.delete_reply", returns=c.CommentRow),
    Route("DELETE", COMMENT + "/attachments/{attachment_id}", "tasks.delete_attachment", status=204),
    Route("GET",    "/data/projects/{project_id}/comments", "tasks.list_project_comments", returns=list[c.CommentRow] | Page[c.CommentRow], query=PageQuery, slow=True),
)
WORK = (
    Route("POST", "/actions/projects/{project_id}/task-types/{task_type_id}/{kind}/create-tasks", "tasks.create_tasks", returns=list[w.NewTask], takes=list[ListedId], status=201, body=Body.VALUE, query=w.EntitiesQuery, slow=True),
    Route("POST", "/actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{kind}", "tasks.create_tasks", returns=list[w.NewTask], takes=list[ListedId], status=201, body=Body.VALUE, query=w.EntitiesQuery, slow=True),
    Route("POST", "/data/entities/{entity_id}/tasks", "tasks.create_entity_tasks", returns=list[w.NewTask], takes=w.TaskTypesOfEntity, status=201, body=Body.LENIENT),
    Route("PUT",  ACT + "/assign",                    "tasks.assign_task", returns=w.TaskRow, takes=w.Assignee, body=Body.LENIENT),
    Route("PUT",  "/actions/persons/{person_id}/assign",      "tasks.assign_tasks", returns=list[w.TaskRow], takes=w.AssignedTasks, body=Body.LENIENT),
    Route("PUT",  "/actions/tasks/clear-assignation",         "tasks.clear_assignation", returns=list[Id], takes=w.UnassignedTasks, body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/full",       "tasks.read_task_in_full", returns=w.TaskInFull),
    Route("GET",  "/data/entities/{ident}/entities-linked/with-tasks", "tasks.list_linked_with_tasks", returns=list[o.LinkingEntity]),
    Route("GET",  "/data/user/tasks",                 "tasks.list_own_tasks", returns=list[w.TaskOfPerson]),
    Route("GET",  "/data/user/done-tasks",            "tasks.list_own_tasks", returns=list[w.TaskOfPerson], fixed=(("done", True),)),
    Route("GET",  "/data/user/tasks-to-check",        "tasks.list_tasks_to_check", returns=list[w.TaskOfPerson]),
    Route("GET",  "/data/user/tasks-to-check/filter-values", "tasks.list_values_to_check", returns=w.ValuesToCheck),
    Route("GET",  "/data/persons/{person_id}/tasks",      "tasks.list_person_tasks", returns=list[w.TaskOfPerson]),
    Route("GET",  "/data/persons/{person_id}/done-tasks", "tasks.list_person_tasks", returns=list[w.TaskOfPerson], fixed=(("done", True),)),
    Route("GET",  "/data/persons/{person_id}/related-tasks/{task_type_id}", "tasks.list_person_tasks_of_type", returns=list[w.TaskOfPerson]),
    Route("GET",  "/data/entities/{ident}/task-types/{task_type_id}/tasks", "tasks.list_entity_tasks", returns=list[w.NamedTask], query=w.TaskQuery, fixed=(("kind", ""),)),
    Route("GET",  "/data/sequences/{ident}/shot-tasks", "tasks.list_tasks_below", returns=list[w.NamedTask], query=w.TaskQuery, fixed=(("kind", "shot"), ("of", "sequence"))),
    Route("GET",  "/data/episodes/{ident}/shot-tasks",  "tasks.list_tasks_below", returns=list[w.NamedTask], query=w.TaskQuery, fixed=(("kind", "shot"), ("of", "episode"))),
    Route("GET",  "/data/episodes/{ident}/asset-tasks", "tasks.list_tasks_below", returns=list[w.NamedTask], query=w.TaskQuery, fixed=(("kind", "asset"), ("of", "episode"))),
    *(route for kind in ("asset", "shot", "sequence", "scene") for route in own_routes(kind)),
    Route("GET",  "/data/projects/{project_id}/tasks",    "tasks.list_project_tasks", returns=list[w.TaskRow] | Page[w.TaskRow], query=w.TasksOfProductionQuery, slow=True),
    Route("POST", "/actions/task-types/reorder", "tasks.reorder_task_types", returns=list[TaskTypeRow], takes=TypesInOrder, body=Body.JSON),
    Route("POST", "/actions/projects/{project_id}/delete-tasks", "tasks.delete_tasks", returns=list[Id], takes=list[ListedId], body=Body.VALUE, slow=True),
    Route("DELETE", "/actions/projects/{project_id}/task-types/{task_type_id}/delete-tasks", "tasks.delete_tasks_of_type", status=204, slow=True),
)
TIME = (
    Route("GET",  ACT + "/time-spents",                          "tasks.list_time_spent_on_task", returns=t.TimeByPerson),
    Route("GET",  ACT + "/time-spents/{day}",                    "tasks.list_time_spent_on_task", returns=t.TimeByPerson),
    Route("POST", ACT + "/time-spents/{day}/persons/{person_id}",     "tasks.set_time_spent", returns=t.TimeSpentRow, takes=t.Logged, status=201, body=Body.LENIENT),
    Route("POST", ACT + "/time-spents/{day}/persons/{person_id}/add", "tasks.set_time_spent", returns=t.TimeSpentRow, takes=t.Logged, status=201, body=Body.LENIENT, fixed=(("add", True),)),
    Route("GET",  "/data/user/time-spents",                      "tasks.list_time_spent_by_person", returns=list[t.TimeSpentRow], query=t.TimeQuery),
    Route("GET",  "/data/user/time-spents/{day}",                "tasks.list_time_spent_by_person", returns=list[t.TimeSpentRow]),
    Route("GET",  "/data/user/tasks/{task_id}/time-spents/{day}", "tasks.list_time_spent_today", returns=t.OwnTimeOnDay),
    Route("GET",  "/data/projects/{project_id}/time-spents",      "tasks.list_project_time_spents", returns=list[t.TimeSpentRow], slow=True),
    Route("GET",  "/data/projects/{project_id}/task-types/{task_type_id}/time-spents", "tasks.list_time_spents_of_type", returns=t.TimeOfPeople, query=t.TimePeriodQuery, slow=True),
    Route("GET",  SPENT,                                         "tasks.list_time_spent_by_person", returns=list[t.TimeSpentRow], query=t.TimeQuery),
    Route("GET",  SPENT + "/{day}",                              "tasks.list_time_spent_by_person", returns=list[t.TimeSpentRow]),
    Route("GET",  SPENT + "/week/{year}/{week}",                 "tasks.list_time_spent_by_person", returns=list[t.TimeOnTask]),
    Route("GET",  SPENT + "/month/all/{year}/{month}",           "tasks.list_time_spent_by_person", returns=list[t.TimeSpentRow]),
    Route("GET",  SPENT + "/year/{year}",                        "tasks.list_time_spent_by_person", returns=list[t.TimeOnTask]),
)
FIGURES = (
    Route("GET", QUOTAS + "/{task_type_id}",                         "tasks.list_quotas_of_type", returns=g.Quotas, query=g.QuotaQuery, slow=True),
    Route("GET", QUOTAS + "/persons/{person_id}",                    "tasks.list_quotas_of_person", returns=g.Quotas, query=g.QuotaQuery, slow=True),
    Route("GET", QUOTA_SHOTS + "/day/{year}/{month}/{day_of_month}", "tasks.list_quota_shots", returns=list[g.CountedShot], query=g.QuotaShotQuery),
    Route("GET", QUOTA_SHOTS + "/month/{year}/{month}",              "tasks.list_quota_shots", returns=list[g.CountedShot], query=g.QuotaShotQuery),
    Route("GET", QUOTA_SHOTS + "/week/{year}/{week}",                "tasks.list_quota_shots", returns=list[g.CountedShot], query=g.QuotaShotQuery),
    Route("GET", "/data/projects/{project_id}/episodes/stats",        "tasks.list_episode_stats", returns=g.EpisodeStatistics, slow=True),
    Route("GET", "/data/projects/{project_id}/episodes/retake-stats", "tasks.list_retake_stats", returns=g.RetakeStatistics, slow=True),
    Route("GET", "/stats",                                           "tasks.show_studio_stats", returns=g.StudioFigures),
)
FEEDS = (
    Route("GET",    "/data/user/notifications",              "tasks.list_notifications", returns=list[f.OwnNotification], query=f.NotificationQuery),
    Route("GET",    "/data/user/notifications/{ident}",      "tasks.read_notification", returns=f.OwnNotification),
    Route("PUT",    "/data/user/notifications/{ident}",      "tasks.mark_notification", returns=f.OwnNotification, takes=f.ReadMark, body=Body.LENIENT),
    Route("POST",   "/actions/user/notifications/mark-all-as-read", "tasks.mark_all_notifications", returns=Success),
    Route("POST",   "/actions/user/tasks/{task_id}/subscribe",   "tasks.subscribe", returns=f.SubscriptionRow, status=201),
    Route("DELETE", "/actions/user/tasks/{task_id}/unsubscribe", "tasks.unsubscribe", status=204),
    Route("GET",    "/data/user/tasks/{task_id}/subscribed",     "tasks.is_subscribed", returns=bool),
    *(Route("GET", f"/data/projects/{{project_id}}/{path}", "tasks.list_project_rows", returns=PROJECT_ROWS[path], query=PageQuery, slow=True, fixed=(("kind", path),))
      for path in ("notifications", "subscriptions", "preview-files")),
    Route("GET",    "/data/projects/news",                   "tasks.list_news_of_projects", returns=f.NewsPage, query=f.NewsOfProductionsQuery),
    Route("GET",    "/data/projects/{project_id}/news",      "tasks.list_project_news", returns=f.NewsPage, query=f.NewsQuery),
    Route("GET",    "/data/projects/{project_id}/news/{ident}", "tasks.read_project_news", returns=f.NewsEntry),
    Route("GET",    "/data/entities/{entity_id}/news",       "tasks.list_entity_news", returns=Page[f.NewsEntry]),
)
FILES = (
    Route("GET",  "/data/projects/{project_id}/attachment-files", "tasks.list_project_attachments", returns=list[c.AttachmentFileRow], slow=True),
    Route("GET",  "/data/attachment-files/{ident}/file/{name}", "tasks.send_attachment", answer="file"),
    Route("POST", "/actions/tasks/{task_id}/comments/{comment_id}/add-preview", "tasks.add_preview", returns=p.PreviewFileRow, takes=p.NewPreview, status=201, body=Body.LENIENT),
    Route("POST",   BESIDE, "tasks.add_preview_beside", returns=p.PreviewFileRow, status=201),
    Route("DELETE", BESIDE, "tasks.remove_comment_preview", status=204),
    Route("PUT",  CHOSEN + "/set-main-preview",   "tasks.set_main_preview", returns=p.EntityWithPreview, takes=p.MainFrame, body=Body.LENIENT),
    Route("PUT",  CHOSEN + "/update-annotations", "tasks.annotate_preview", returns=p.PreviewFileRow, takes=p.DrawingChanges, body=Body.LENIENT),
    Route("PUT",  CHOSEN + "/update-position",    "tasks.place_preview", returns=list[p.PreviewFileRow], takes=p.NewPlace, body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/previews", "tasks.list_task_previews", returns=list[p.PreviewFileRow]),
    Route("GET",  "/data/playlists/entities/{entity_id}/preview-files", "tasks.list_entity_previews", returns=p.RevisionsByType),
    Route("POST", "/pictures/preview-files/{ident}",                 "tasks.upload_preview", returns=p.PreviewFileRow, status=201, body=Body.MULTIPART, slow=True),
    Route("GET",  "/pictures/thumbnails/preview-files/{file}",        "tasks.send_picture", answer="file", fixed=(("shape", "thumbnail"),)),
    Route("GET",  "/pictures/thumbnails-square/preview-files/{file}", "tasks.send_picture", answer="file", fixed=(("shape", "square"),)),
    Route("GET",  "/pictures/previews/preview-files/{file}",          "tasks.send_picture", answer="file", fixed=(("shape", "preview"),)),
    Route("GET",  "/pictures/originals/preview-files/{file}",         "tasks.send_original", answer="file"),
    Route("GET",  "/pictures/originals/preview-files/{ident}/download", "tasks.download_preview", answer="file"),
    Route("GET",  "/movies/originals/preview-files/{ident}/download", "tasks.download_preview", answer="file"),
    Route("GET",  "/movies/originals/preview-files/{file}",           "tasks.send_movie", answer="file"),
    Route("GET",  "/movies/low/preview-files/{file}",                 "tasks.send_movie", answer="file"),
    Route("GET",  "/movies/source/preview-files/{file}",              "tasks.send_movie", answer="file"),
    Route("GET",  "/movies/tiles/preview-files/{file}",               "tasks.send_tiles", answer="file"),
)
# fmt: on

ROUTES = (
    *(route for kind in KINDS for route in kind_routes(kind)),
    *COMMENTS,
    *WORK,
    *TIME,
    *FIGURES,
    *FEEDS,
    *FILES,
    *(route for path in PATHS for route in data(path, service="tasks")),
)
