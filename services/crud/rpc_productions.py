"""Lists of productions, and what a client reads before anything else."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from services.common import listing, parts
from services.common.client import Reply
from services.common.crud import CrudRpc
from services.common.errors import Forbidden, NotFound
from services.common.rpc import query
from services.crud import productions, saved
from services.crud.productions import PROJECT, SEAT, Extras
from services.crud.projects import STATUS_NAME

ASKED: Final = ("auth", "tasks", "assets")
PLAIN: Final = {
    "project_status": "project-status",
    "custom_actions": "custom-actions",
    "preview_background_files": "preview-background-files",
    "plugins": "plugins",
}
"""Lists of the context that hold all rows of a resource."""
Members = dict[str, msgspec.Raw]
"""Members of an object that are passed on as they came."""


class OfAssets(Extras):
    """The part of ``assets``: what it knows of productions, and its types."""

    asset_types: msgspec.Raw


class ProductionRpc(CrudRpc):
    """Productions, and the studio around them."""

    @query
    def list_open_projects(self, query: dict[str, str] | None = None) -> Reply:
        """Open productions of the caller (all for administrators), by name, with what they use.

        ``query`` may hold the exact ``name``.
        """
        name = (query or {}).get("name")

        def build() -> Reply:
            rows = self._open(name)
            asked = [("assets", "project_extras", productions.question(rows))] if rows else []
            extras = [msgspec.json.decode(found, type=Extras) for found in self.ask_all_raw(asked)]
            return listing.compressed(productions.completed(rows, extras[0]) if rows else b"[]")

        return self.unless_held(build, elsewhere=("assets",))

    def _open(self, name: str | None = None) -> productions.Rows:
        columns = self.registry["projects"].columns(None, relations=True)
        rows = sa.select(*columns, *productions.USES).where(
            productions.IS_OPEN, productions.seen_by(self.actor)
        )
        return self._read(rows if name is None else rows.where(PROJECT.c.name == name))

    def _read(self, rows: sa.Select[Any]) -> productions.Rows:
        with self.database.read() as connection:
            found = connection.execute(productions.with_json(rows))
            return [(ident, kind, text) for ident, kind, text in found]

    @query
    def list_all_projects(self, query: dict[str, str] | None = None) -> Reply:
        """Productions of any status: of the caller's teams, by name.

        Administrators get all of them with ``project_status_name`` and the descriptors that are
        for productions; asking for a ``name`` they get the one like it, or NotFound.
        """
        name = (query or {}).get("name")
        rows = sa.select(*self.registry["projects"].columns(None, relations=False)).where(
            productions.seen_by(self.actor)
        )
        if name is not None:
            rows = rows.where(PROJECT.c.name.ilike(name))
        if not self.actor.is_admin:
            return listing.plain(self, rows.order_by(PROJECT.c.name))
        if name is not None:
            found = self._read(rows.limit(1))
            if not found:
                raise NotFound
            return Reply(f"[{found[0][2]}]".encode())
        return self.unless_held(lambda: self._all_of_them(rows), elsewhere=("assets",))

    def _all_of_them(self, rows: sa.Select[Any]) -> Reply:
        found = self._read(rows.add_columns(STATUS_NAME.label("project_status_name")))
        question = {**productions.question(found), "shows": [], "entity_type": "Project"}
        asked = self.ask_raw("assets", "project_extras", **question)
        extras = msgspec.json.decode(asked, type=Extras)
        return listing.compressed(productions.completed(found, extras))

    # --- the context ----------------------------------------------------------------------------

    @query
    def user_context(self) -> Reply:
        """All that a client needs to know of the studio before it shows its first page.

        Lists of people, types, statuses, productions and saved searches, as the caller may see
        them. Bots are Forbidden.
        """
        if self.actor.is_bot:
            message = "This requires a person."
            raise Forbidden(message)
        return self.unless_held(self._context, elsewhere=ASKED)

    def _context(self) -> Reply:
        people = self.ask_ahead_raw("auth", "context_part")
        work = self.ask_ahead_raw("tasks", "context_part")
        rows = self._open()
        things = self.ask_ahead_raw("assets", "context_part", **productions.question(rows))
        own = msgspec.json.decode(self._own_part().body, type=Members)
        extras = msgspec.json.decode(things(), type=OfAssets)
        context = {
            **own,
            "projects": msgspec.Raw(productions.completed(rows, extras)),
            "asset_types": extras.asset_types,
            **msgspec.json.decode(work(), type=Members),
            **msgspec.json.decode(people(), type=Members),
        }
        return listing.compressed(msgspec.json.encode(context))

    def _own_part(self) -> Reply:
        """What this service holds of the context, besides productions."""
        roles = sa.select(
            SEAT.project_id.label("key"), sa.func.to_json(SEAT.role).label("value")
        ).where(SEAT.person_id == self.actor.id, SEAT.role.is_not(None))
        plain = {
            name: parts.array(sa.select(*self.registry[path].columns(None, relations=False)))
            for name, path in PLAIN.items()
        }
        return parts.whole(
            self.database,
            **plain,
            project_roles=parts.mapping(roles),
            search_filters=saved.by_list(self.registry["search-filters"], self.actor),
            search_filter_groups=saved.by_list(self.registry["search-filter-groups"], self.actor),
        )
