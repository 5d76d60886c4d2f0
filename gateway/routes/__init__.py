"""The route tables: every HTTP route with its RPC method, required token and status."""

from typing import Final

from gateway.routes import assets, auth, chat, crud, tasks

ROUTES: Final = (*auth.ROUTES, *assets.ROUTES, *tasks.ROUTES, *chat.ROUTES, *crud.ROUTES)
