"""The route tables: every HTTP route with its RPC method, required token and status."""

from typing import Final

from gateway.routes import assets, auth, chat, crud, live, tasks

ROUTES: Final = (
    *auth.ROUTES,
    *assets.ROUTES,
    *tasks.ROUTES,
    *chat.ROUTES,
    *crud.ROUTES,
    *live.ROUTES,
)

#: Paths that clients of this API know, and that no route serves: their last word would be taken for
#: a malformed id of the resource. One that gets its route counts no more.
UNSERVED: Final = (
    "/data/departments/hardware-items",
    "/data/departments/software-licenses",
    "/data/entities/guess-from-path",
    "/data/metadata-descriptors/all-projects",
    "/data/persons/task-dates",
    "/data/projects/{id}/metadata-descriptors/reorder",
    "/data/tasks/open-tasks",
)
