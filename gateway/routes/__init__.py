"""The route tables: every HTTP route, the RPC it stands for, who may try, and what it answers."""

from typing import Final

from gateway.routes import assets, auth, chat, crud, tasks

ROUTES: Final = (*auth.ROUTES, *assets.ROUTES, *tasks.ROUTES, *chat.ROUTES, *crud.ROUTES)
