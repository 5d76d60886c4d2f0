"""Routes of ``tasks``."""

from gateway.routes.table import Route, data

PATHS = (
    "attachment-files", "comments", "news", "notifications", "preview-files",
    "status-automations", "subscriptions", "task-status", "task-types", "tasks", "time-spents",
)  # fmt: skip

# fmt: off
FILES = (
    Route("GET", "/data/attachment-files/{ident}/file/{name}", "tasks.send_attachment", answer="file"),
)
# fmt: on

ROUTES = (*(route for path in PATHS for route in data(path, service="tasks")), *FILES)
