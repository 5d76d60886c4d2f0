"""Routes of ``crud``: the studio's records."""

from gateway.routes.table import Body, Route, avatar, data

PATHS = (
    "budget-entries",
    "budgets",
    "custom-actions",
    "day-offs",
    "file-status",
    "hardware-items",
    "milestones",
    "output-files",
    "output-types",
    "playlists",
    "plugins",
    "preview-background-files",
    "production-schedule-version-task-links",
    "production-schedule-versions",
    "project-status",
    "project-templates",
    "projects",
    "salary-scales",
    "schedule-items",
    "search-filter-groups",
    "search-filters",
    "softwares",
    "working-files",
)

SETTINGS = "/data/projects/{project_id}/settings"


def chosen(kind: str, *, listed: bool = True) -> tuple[Route, ...]:
    """The routes of a production's settings of one kind: list, add, remove."""
    path, fixed = f"{SETTINGS}/{kind}", (("kind", kind),)
    return (
        *((Route("GET", path, "crud.list_chosen", fixed=fixed),) if listed else ()),
        Route("POST", path, "crud.choose", status=201, body=Body.LENIENT, fixed=fixed),
        Route("DELETE", path + "/{ident}", "crud.drop", status=204, fixed=fixed),
    )


def own(kind: str) -> tuple[Route, ...]:
    """The routes of the caller's saved searches, or of their groups."""
    row_path, fixed = f"/data/user/{kind}/{{ident}}", (("kind", kind),)
    return (
        Route("GET", f"/data/user/{kind}", "crud.list_saved", fixed=fixed),
        Route(
            "POST", f"/data/user/{kind}", "crud.save", status=201, body=Body.LENIENT, fixed=fixed
        ),
        Route("GET", row_path, "crud.read_saved", fixed=fixed),
        Route("PUT", row_path, "crud.change_saved", body=Body.LENIENT, fixed=fixed),
        Route("DELETE", row_path, "crud.forget_saved", status=204, fixed=fixed),
    )


def outputs(owner: str) -> tuple[Route, ...]:
    """The routes that create an owner's output files, and number their revisions."""
    return (
        Route(
            "POST",
            f"{owner}/output-files/new",
            "crud.new_output_file",
            status=201,
            body=Body.LENIENT,
        ),
        Route(
            "POST",
            f"{owner}/output-files/next-revision",
            "crud.read_next_output_revision",
            body=Body.LENIENT,
        ),
    )


# fmt: off
ROUTES = (
    Route("GET",  "/data/events/last",       "crud.list_last_events", query=True, repeat=True, reads_log=True),
    Route("GET",  "/data/events/names",      "crud.list_event_names", slow=True, reads_log=True),
    Route("POST", "/data/task-type-links",   "crud.link_task_type",   status=201, body=Body.JSON),
    Route("POST", "/data/task-status-links", "crud.link_task_status", status=201, body=Body.JSON),
    Route("GET",  "/data/user/context",      "crud.read_user_context", slow=True),
    Route("GET",  "/data/projects/open",     "crud.list_open_projects", query=True, slow=True),
    Route("GET",  "/data/user/projects/open", "crud.list_open_projects", query=True, slow=True),
    Route("GET",  "/data/projects/all",      "crud.list_all_projects", query=True, slow=True),
    Route("GET",  "/data/projects/{project_id}/task-types", "crud.list_chosen", fixed=(("kind", "task-types"),)),
    *chosen("task-types"),
    *chosen("task-status"),
    *chosen("asset-types", listed=False),
    *chosen("status-automations"),
    *chosen("preview-background-files"),
    Route("POST", SETTINGS + "/batch",       "crud.choose_many", body=Body.LENIENT),
    Route("GET",  "/data/projects/{project_id}/schedule-items", "crud.list_plans", fixed=(("kind", "schedule-items"),)),
    Route("GET",  "/data/projects/{project_id}/milestones",     "crud.list_plans", fixed=(("kind", "milestones"),)),
    Route("GET",  "/data/persons/{person_id}/day-offs",         "crud.list_absences"),
    Route("GET",  "/data/user/day-offs/{day}", "crud.read_own_absence"),
    Route("GET",  "/data/persons/{person_id}/day-offs/year/{year}",          "crud.list_absences"),
    Route("GET",  "/data/persons/{person_id}/day-offs/month/{year}/{month}", "crud.list_absences"),
    Route("GET",  "/data/persons/{person_id}/day-offs/week/{year}/{week}",   "crud.list_absences"),
    Route("GET",  "/data/projects/{project_id}/playlists", "crud.list_project_playlists"),
    Route("GET",  "/data/projects/{project_id}/episodes/{episode_id}/playlists", "crud.list_project_playlists"),
    Route("POST", "/actions/playlists/{ident}/add-entity", "crud.add_to_playlist", body=Body.LENIENT),
    *own("filters"),
    *own("filter-groups"),
    Route("GET",    "/data/projects/{project_id}/team",             "crud.show_team"),
    Route("POST",   "/data/projects/{project_id}/team",             "crud.join_team",   status=201, body=Body.LENIENT),
    Route("PUT",    "/data/projects/{project_id}/team/{person_id}", "crud.change_seat", body=Body.LENIENT),
    Route("DELETE", "/data/projects/{project_id}/team/{person_id}", "crud.leave_team",  status=204),
    Route("POST", "/pictures/preview-background-files/{ident}",           "crud.upload_background", status=201, body=Body.MULTIPART, slow=True),
    Route("GET",  "/pictures/preview-background-files/{file}",            "crud.send_background", answer="file"),
    Route("GET",  "/pictures/thumbnails/preview-background-files/{file}", "crud.send_background_thumbnail", answer="file"),
    Route("POST", "/data/tasks/{task_id}/working-files/new",            "crud.new_working_file", status=201, body=Body.LENIENT),
    Route("GET",  "/data/tasks/{task_id}/working-files",                "crud.list_working_files_of_task"),
    Route("GET",  "/data/tasks/{task_id}/working-files/last-revisions", "crud.list_last_working_files"),
    Route("GET",  "/data/entities/{entity_id}/working-files",           "crud.list_working_files_of_entity", query=True),
    Route("PUT",  "/actions/working-files/{ident}/comment",             "crud.comment_working_file", body=Body.LENIENT),
    Route("PUT",  "/actions/working-files/{ident}/modified",            "crud.touch_working_file"),
    *outputs("/data/entities/{ident}"),
    *outputs("/data/asset-instances/{ident}/entities/{temporal_id}"),
    Route("GET",  "/data/entities/{ident}/output-types",                "crud.list_output_types_of"),
    Route("GET",  "/data/entities/{ident}/output-files",                "crud.list_output_files_of", query=True),
    Route("GET",  "/data/entities/{ident}/output-files/last-revisions", "crud.list_output_files_of", query=True, fixed=(("last", True),)),
    Route("GET",  "/data/asset-instances/{ident}/output-files",         "crud.list_output_files_of", query=True, fixed=(("of", "instance"),)),
    *avatar("projects", service="crud"),
    *data("events", service="crud"),
    *(route for path in PATHS for route in data(path, service="crud")),
)
# fmt: on
