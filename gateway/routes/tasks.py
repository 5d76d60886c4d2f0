"""Routes of ``tasks``."""

from gateway.routes.table import Body, Route, data

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
SPENT = "/data/persons/{person_id}/time-spents"
BESIDE = "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{ident}"
CHOSEN = "/actions/preview-files/{ident}"
KINDS = ("asset", "shot", "sequence", "episode", "scene", "edit", "concept")
PLURALS = {kind: f"{kind}s" for kind in KINDS}


def with_attachments(path: str, rpc: str, *, status: int = 201, bare: bool = False) -> Route:
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
    )


def kind_routes(kind: str) -> tuple[Route, ...]:
    """The routes about tasks of one kind of entity."""
    path, fixed = f"/data/{PLURALS[kind]}", (("kind", kind),)
    detail = (Route("GET", f"{path}/{{ident}}", "tasks.read_entity_detail", fixed=fixed),)
    return (
        Route(
            "GET", f"{path}/with-tasks", "tasks.list_with_tasks", query=True, slow=True, fixed=fixed
        ),
        Route("GET", f"{path}/{{ident}}/tasks", "tasks.list_entity_tasks", query=True, fixed=fixed),
        Route("GET", f"{path}/{{ident}}/task-types", "tasks.list_entity_task_types", fixed=fixed),
        Route("GET", f"{path}/{{ident}}/preview-files", "tasks.list_previews_of", fixed=fixed),
        *(detail if kind in {"asset", "shot", "edit", "concept"} else ()),
    )


def own_routes(kind: str) -> tuple[Route, ...]:
    """The caller's own tasks on an entity."""
    path, fixed = f"/data/user/{PLURALS[kind]}/{{ident}}", (("kind", kind), ("own", True))
    return (
        Route("GET", f"{path}/tasks", "tasks.list_entity_tasks", query=True, fixed=fixed),
        Route("GET", f"{path}/task-types", "tasks.list_entity_task_types", fixed=fixed),
    )


# fmt: off
COMMENTS = (
    with_attachments(ACT + "/comment", "tasks.comment_task"),
    with_attachments("/actions/projects/{project_id}/tasks/comment-many", "tasks.comment_many", bare=True),
    with_attachments("/actions/tasks/batch-comment", "tasks.batch_comment"),
    with_attachments(ACT + "/batch-comment", "tasks.batch_comment"),
    with_attachments(ACT + "/comments/{comment_id}/add-attachment", "tasks.add_attachments"),
    Route("GET",    "/data/tasks/{task_id}/comments", "tasks.list_task_comments"),
    Route("GET",    COMMENT,                        "tasks.read_task_comment"),
    Route("DELETE", COMMENT,                        "tasks.delete_comment_of_task", status=204),
    Route("POST",   COMMENT + "/ack",               "tasks.acknowledge_comment"),
    with_attachments(COMMENT + "/reply", "tasks.reply_to_comment", status=200),
    Route("DELETE", COMMENT + "/reply/{reply_id}",  "tasks.delete_reply"),
    Route("DELETE", COMMENT + "/attachments/{attachment_id}", "tasks.delete_attachment", status=204),
    Route("GET",    "/data/projects/{project_id}/comments", "tasks.list_project_comments", query=True, slow=True),
)
WORK = (
    Route("POST", "/actions/projects/{project_id}/task-types/{task_type_id}/{kind}/create-tasks", "tasks.create_tasks", status=201, body=Body.VALUE, query=True, slow=True),
    Route("POST", "/actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{kind}", "tasks.create_tasks", status=201, body=Body.VALUE, query=True, slow=True),
    Route("POST", "/data/entities/{entity_id}/tasks", "tasks.create_entity_tasks", status=201, body=Body.LENIENT),
    Route("PUT",  ACT + "/assign",                    "tasks.assign_task",  body=Body.LENIENT),
    Route("PUT",  "/actions/persons/{person_id}/assign",      "tasks.assign_tasks", body=Body.LENIENT),
    Route("PUT",  "/actions/tasks/clear-assignation",         "tasks.clear_assignation", body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/full",       "tasks.read_task_in_full"),
    Route("GET",  "/data/entities/{ident}/entities-linked/with-tasks", "tasks.list_linked_with_tasks"),
    Route("GET",  "/data/user/tasks",                 "tasks.list_own_tasks"),
    Route("GET",  "/data/user/done-tasks",            "tasks.list_own_tasks", fixed=(("done", True),)),
    Route("GET",  "/data/user/tasks-to-check",        "tasks.list_tasks_to_check"),
    Route("GET",  "/data/persons/{person_id}/tasks",      "tasks.list_person_tasks"),
    Route("GET",  "/data/persons/{person_id}/done-tasks", "tasks.list_person_tasks", fixed=(("done", True),)),
    Route("GET",  "/data/persons/{person_id}/related-tasks/{task_type_id}", "tasks.list_person_tasks_of_type"),
    Route("GET",  "/data/entities/{ident}/task-types/{task_type_id}/tasks", "tasks.list_entity_tasks", query=True, fixed=(("kind", ""),)),
    Route("GET",  "/data/sequences/{ident}/shot-tasks", "tasks.list_tasks_below", query=True, fixed=(("kind", "shot"),  ("of", "sequence"))),
    Route("GET",  "/data/episodes/{ident}/shot-tasks",  "tasks.list_tasks_below", query=True, fixed=(("kind", "shot"),  ("of", "episode"))),
    Route("GET",  "/data/episodes/{ident}/asset-tasks", "tasks.list_tasks_below", query=True, fixed=(("kind", "asset"), ("of", "episode"))),
    *(route for kind in ("asset", "shot", "sequence", "scene") for route in own_routes(kind)),
    Route("GET",  "/data/projects/{project_id}/tasks",    "tasks.list_project_tasks", query=True, slow=True),
    Route("POST", "/actions/projects/{project_id}/delete-tasks", "tasks.delete_tasks", body=Body.VALUE, slow=True),
    Route("DELETE", "/actions/projects/{project_id}/task-types/{task_type_id}/delete-tasks", "tasks.delete_tasks_of_type", status=204, slow=True),
)
TIME = (
    Route("GET",  ACT + "/time-spents",                          "tasks.list_time_spent_on_task"),
    Route("GET",  ACT + "/time-spents/{day}",                    "tasks.list_time_spent_on_task"),
    Route("POST", ACT + "/time-spents/{day}/persons/{person_id}",     "tasks.set_time_spent", status=201, body=Body.LENIENT),
    Route("POST", ACT + "/time-spents/{day}/persons/{person_id}/add", "tasks.set_time_spent", status=201, body=Body.LENIENT, fixed=(("add", True),)),
    Route("GET",  "/data/user/time-spents",                      "tasks.list_time_spent_by_person", query=True),
    Route("GET",  "/data/user/time-spents/{day}",                "tasks.list_time_spent_by_person"),
    Route("GET",  "/data/user/tasks/{task_id}/time-spents/{day}", "tasks.list_time_spent_today"),
    Route("GET",  SPENT,                                         "tasks.list_time_spent_by_person", query=True),
    Route("GET",  SPENT + "/{day}",                              "tasks.list_time_spent_by_person"),
    Route("GET",  SPENT + "/week/{year}/{week}",                 "tasks.list_time_spent_by_person"),
    Route("GET",  SPENT + "/month/all/{year}/{month}",           "tasks.list_time_spent_by_person"),
    Route("GET",  SPENT + "/year/{year}",                        "tasks.list_time_spent_by_person"),
)
FEEDS = (
    Route("GET",    "/data/user/notifications",              "tasks.list_notifications", query=True),
    Route("GET",    "/data/user/notifications/{ident}",      "tasks.read_notification"),
    Route("PUT",    "/data/user/notifications/{ident}",      "tasks.mark_notification", body=Body.LENIENT),
    Route("POST",   "/actions/user/notifications/mark-all-as-read", "tasks.mark_all_notifications"),
    Route("POST",   "/actions/user/tasks/{task_id}/subscribe",   "tasks.subscribe", status=201),
    Route("DELETE", "/actions/user/tasks/{task_id}/unsubscribe", "tasks.unsubscribe", status=204),
    Route("GET",    "/data/user/tasks/{task_id}/subscribed",     "tasks.is_subscribed"),
    *(Route("GET", f"/data/projects/{{project_id}}/{path}", "tasks.list_project_rows", query=True, slow=True, fixed=(("kind", path),))
      for path in ("notifications", "subscriptions", "preview-files")),
    Route("GET",    "/data/projects/news",                   "tasks.list_news_of_projects", query=True),
    Route("GET",    "/data/projects/{project_id}/news",      "tasks.list_project_news", query=True),
    Route("GET",    "/data/projects/{project_id}/news/{ident}", "tasks.read_project_news"),
    Route("GET",    "/data/entities/{entity_id}/news",       "tasks.list_entity_news"),
)
FILES = (
    Route("GET",  "/data/attachment-files/{ident}/file/{name}", "tasks.send_attachment", answer="file"),
    Route("POST", "/actions/tasks/{task_id}/comments/{comment_id}/add-preview", "tasks.add_preview", status=201, body=Body.LENIENT),
    Route("POST",   BESIDE, "tasks.add_preview_beside", status=201),
    Route("DELETE", BESIDE, "tasks.remove_comment_preview", status=204),
    Route("PUT",  CHOSEN + "/set-main-preview",   "tasks.set_main_preview", body=Body.LENIENT),
    Route("PUT",  CHOSEN + "/update-annotations", "tasks.annotate_preview", body=Body.LENIENT),
    Route("PUT",  CHOSEN + "/update-position",    "tasks.place_preview",    body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/previews", "tasks.list_task_previews"),
    Route("GET",  "/data/playlists/entities/{entity_id}/preview-files", "tasks.list_entity_previews"),
    Route("POST", "/pictures/preview-files/{ident}",                 "tasks.upload_preview", status=201, body=Body.MULTIPART, slow=True),
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
    *FEEDS,
    *FILES,
    *(route for path in PATHS for route in data(path, service="tasks")),
)
