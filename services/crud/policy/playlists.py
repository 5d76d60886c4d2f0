"""The policy of playlists."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Policy, Sight
from services.common.access.rules import Facts, Rule, any_of, manager
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.crud.models import Playlist


def _for_clients(_ctx: CallContext, playlists: sa.FromClause) -> Condition:
    found: Condition = playlists.c.for_client.is_(True)
    return found


def _is_for_clients(_ctx: CallContext, facts: Facts) -> bool:
    return facts["for_client"] is True


def _own(ctx: CallContext, facts: Facts) -> bool:
    supervises = ctx.actor.role_in(facts["project_id"]) == "supervisor"
    return supervises and facts["created_by"] in {ctx.actor.id, None}


# Playlists created by a deleted person (or imported without one) have no creator: any supervisor of
# the production may change these.
own_playlist: Final = Rule(
    "to supervise the production and have made the playlist", _own, ("project_id", "created_by")
)
keeper: Final = any_of(manager, own_playlist)
PLAYLISTS: Final = Policy(
    kind="playlists",
    table=table_of(Playlist),
    project=table_of(Playlist).c.project_id,
    sees={
        **STUDIO,
        "client": Sight("for clients", _for_clients, one=_is_for_clients, needs=("for_client",)),
    },
    may={"add entities": keeper},
    lists_closed=True,
)
