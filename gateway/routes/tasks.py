"""Routes of ``tasks``."""

from gateway.routes.table import Body, Route, data

PATHS = (
    "attachment-files", "comments", "news", "notifications", "preview-files",
    "status-automations", "subscriptions", "task-status", "task-types", "tasks", "time-spents",
)  # fmt: skip

# fmt: off
FILES = (
    Route("GET",  "/data/attachment-files/{ident}/file/{name}", "tasks.send_attachment", answer="file"),
    Route("POST", "/actions/tasks/{task_id}/comments/{comment_id}/add-preview", "tasks.add_preview", status=201, body=Body.LENIENT),
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

ROUTES = (*(route for path in PATHS for route in data(path, service="tasks")), *FILES)
