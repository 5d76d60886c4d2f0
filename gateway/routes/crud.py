"""Routes of ``crud``: the studio's records."""

from gateway.routes.table import Body, Route, avatar, data

PATHS = (
    "budget-entries", "budgets", "custom-actions", "day-offs", "file-status",
    "hardware-items", "milestones", "output-files", "output-types", "playlists", "plugins",
    "preview-background-files", "production-schedule-version-task-links",
    "production-schedule-versions", "project-status", "project-templates", "projects",
    "salary-scales", "schedule-items", "search-filter-groups", "search-filters", "softwares",
    "working-files",
)  # fmt: skip

# fmt: off
ROUTES = (
    Route("GET",  "/data/events/last",       "crud.last_events", query=True, repeat=True),
    Route("POST", "/data/task-type-links",   "crud.link_task_type",   status=201, body=Body.JSON),
    Route("POST", "/data/task-status-links", "crud.link_task_status", status=201, body=Body.JSON),
    Route("GET",    "/data/projects/{project_id}/team",             "crud.show_team"),
    Route("POST",   "/data/projects/{project_id}/team",             "crud.join_team",   status=201, body=Body.LENIENT),
    Route("PUT",    "/data/projects/{project_id}/team/{person_id}", "crud.change_seat", body=Body.LENIENT),
    Route("DELETE", "/data/projects/{project_id}/team/{person_id}", "crud.leave_team",  status=204),
    Route("POST", "/pictures/preview-background-files/{ident}",           "crud.upload_background", status=201, body=Body.MULTIPART, slow=True),
    Route("GET",  "/pictures/preview-background-files/{file}",            "crud.send_background", answer="file"),
    Route("GET",  "/pictures/thumbnails/preview-background-files/{file}", "crud.send_background_thumbnail", answer="file"),
    *avatar("projects", service="crud"),
    *data("events", service="crud"),
    *(route for path in PATHS for route in data(path, service="crud")),
)
# fmt: on
