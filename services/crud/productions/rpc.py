"""RPC methods that list productions, and the context that clients load at start."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.access.rules import only_persons
from services.common.contracts.crud.productions import ProductionQuery
from services.common.crud import json_parts
from services.common.crud.listing import filters, lists
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Select
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.crud.policy import production_rows, searches
from services.crud.policy.production_rows import PROJECT, SEAT, Extras, Rows
from services.crud.resources import RESOURCES
from services.crud.saved_searches import sql as saved

CONTEXT_SERVICES: Final = ("auth", "tasks", "assets")
#: Lists of the context that hold all rows of a resource.
PLAIN: Final = {
    "project_status": "project-status",
    "custom_actions": "custom-actions",
    "preview_background_files": "preview-background-files",
    "plugins": "plugins",
}
#: Members of an object whose JSON is passed on without decoding.
Members = dict[str, msgspec.Raw]


class OfAssets(Extras):
    """The part of ``assets``: its extras of productions, and the asset types."""

    asset_types: msgspec.Raw


#: Productions of any status.
ALL: Final = production_rows.listed(
    sa.select(
        *RESOURCES["projects"].columns(None, relations=False),
        production_rows.STATUS_NAME.label("project_status_name"),
    )
)


@cache
def _open(*, is_admin: bool) -> Select:
    """SELECT open productions with their settings, only those called ``name`` if given."""
    columns = RESOURCES["projects"].columns(None, relations=True)
    name = sa.cast(sa.bindparam("name", required=False), sa.Text)
    settings = (value.label(key) for key, value in production_rows.USES.items())
    return production_rows.listed(
        sa.select(*columns, *settings).where(
            production_rows.IS_OPEN,
            production_rows.seen_by(is_admin=is_admin),
            sa.or_(name.is_(None), PROJECT.c.name == name),
        )
    )


@cache
def _own_part(viewer: searches.Viewer) -> Select:
    """This service's part of the context, besides productions."""
    roles = sa.select(
        SEAT.project_id.label("key"), sa.func.to_json(SEAT.role).label("value")
    ).where(SEAT.person_id == production_rows.PERSON, SEAT.role.is_not(None))
    arrays = {
        name: json_parts.array(
            sa.select(*RESOURCES[path].columns(None, relations=False)), *RESOURCES[path].order
        )
        for name, path in PLAIN.items()
    }
    return json_parts.json_object(
        **arrays,
        project_roles=json_parts.mapping(roles),
        search_filters=saved.by_list(RESOURCES["search-filters"], viewer),
        search_filter_groups=saved.by_list(RESOURCES["search-filter-groups"], viewer),
    )


class ProductionRpc(ResourceService):
    """Lists of productions, and the context of clients."""

    @query
    def list_open_projects(self, query: dict[str, str] | None = None) -> Reply:
        """The caller's open productions with their settings, by name; all for administrators.

        ``query`` may hold the exact ``name``.
        """
        name = queries.read(ProductionQuery, query).name or None

        def build() -> Reply:
            return lists.compressed(production_rows.with_extras(self, self._open(name)))

        return self.not_modified_or(build, elsewhere=("assets",))

    def _open(self, name: str | None = None) -> Rows:
        return self._read(
            _open(is_admin=self.actor.is_admin), name=name, **searches.parameters(self.actor)
        )

    def _read(self, rows: Select, **parameters: object) -> Rows:
        return msgspec.json.decode(str(self.database.text(rows, **parameters)), type=Rows)

    @query
    def list_all_projects(self, query: dict[str, str] | None = None) -> Reply:
        """Productions of any status in whose teams the caller is, by name.

        Administrators get all, with ``project_status_name`` and the metadata descriptors of
        productions; with ``name`` in the query they get the one that matches. Raises NotFound.
        """
        name = queries.read(ProductionQuery, query).name or None
        if self.actor.is_admin and name is None:
            return self.not_modified_or(self._all_projects, elsewhere=("assets",))
        visible = production_rows.seen_by(self.actor.id, is_admin=self.actor.is_admin)
        rows = sa.select(*RESOURCES["projects"].columns(None, relations=False)).where(visible)
        if name is not None:
            rows = rows.where(filters.condition("name", PROJECT.c.name, name))
        order = RESOURCES["projects"].order
        if not self.actor.is_admin:
            return lists.json_array(self, rows, *order)
        reply = lists.json_array(self, rows.limit(1), *order)
        if reply.body == b"[]":
            raise NotFound
        return reply

    def _all_projects(self) -> Reply:
        limits: JsonObject = {"shows": [], "entity_type": "Project"}
        return lists.compressed(production_rows.with_extras(self, self._read(ALL), **limits))

    # --- the context ----------------------------------------------------------------------------

    @query
    def read_user_context(self) -> Reply:
        """The data that a client loads at start, as the caller may see it.

        An object of lists: people, departments, types, statuses, productions, saved searches and
        more. Raises Forbidden for bots.
        """
        only_persons(self)
        return self.not_modified_or(self._context, elsewhere=CONTEXT_SERVICES)

    def _context(self) -> Reply:
        # All calls are started before the first reply is awaited: the context takes as long as the
        # slowest of them, not as long as their sum.
        people = self.ask_ahead_raw("auth", "read_context_part")
        work = self.ask_ahead_raw("tasks", "read_context_part")
        rows = self._open()
        assets_part = self.ask_ahead_raw(
            "assets", "read_context_part", **production_rows.question(rows)
        )
        members = msgspec.json.decode(self._own_part().body, type=Members)
        extras = msgspec.json.decode(assets_part(), type=OfAssets)
        context = {
            **members,
            "projects": msgspec.Raw(production_rows.completed(rows, extras)),
            "asset_types": extras.asset_types,
            **msgspec.json.decode(work(), type=Members),
            **msgspec.json.decode(people(), type=Members),
        }
        return lists.compressed(msgspec.json.encode(context))

    def _own_part(self) -> Reply:
        """This service's part of the context, besides productions."""
        statement = _own_part(searches.Viewer.of(self.actor))
        return json_parts.read(self.database, statement, **searches.parameters(self.actor))
