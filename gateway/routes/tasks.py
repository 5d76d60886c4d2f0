"""Routes of ``tasks``."""

from gateway.routes.table import data

PATHS = (
    "attachment-files", "comments", "news", "notifications", "preview-files",
    "status-automations", "subscriptions", "task-status", "task-types", "tasks", "time-spents",
)  # fmt: skip

ROUTES = tuple(route for path in PATHS for route in data(path, service="tasks"))
