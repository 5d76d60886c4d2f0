"""RPC methods of saved searches and their groups."""

from __future__ import annotations

from functools import cache
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies
from services.common.access.rules import only_persons
from services.common.contracts.crud.saved_searches import CHANGES, NEW
from services.common.contracts.types import Body
from services.common.crud import json_parts, writing
from services.common.crud.deletion import removal
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Select
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, InvalidInput, NotFound
from services.common.json_types import Json, JsonObject, Row, Values
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import SearchFilter, SearchFilterGroup
from services.crud.policy import searches
from services.crud.policy.searches import seen_by_caller, sharer, shares
from services.crud.resources import RESOURCES
from services.crud.saved_searches import sql as saved

FILTER: Final = table_of(SearchFilter)
GROUP: Final = table_of(SearchFilterGroup)
KINDS: Final = {"filters": "search-filters", "filter-groups": "search-filter-groups"}
#: The columns that a search has of its group.
FOLLOWED: Final = ("is_shared", "project_id")
ELSEWHERE: Final = "A search filter should be of the production of its search filter group."
SAME: Final = (
    "A search filter should have the same value for is_shared than its search filter group."
)


@cache
def _listed(path: str, viewer: searches.Viewer) -> Select:
    # Cached: a prepared statement is found by the identity of its expression.
    return sa.select(saved.by_list(RESOURCES[path], viewer))


@cache
def _one(path: str, viewer: searches.Viewer) -> Select:
    resource = RESOURCES[path]
    rows = sa.select(*resource.columns(None, relations=False)).where(
        resource.table.c.id == json_parts.ident("ident"),
        searches.visible_to(viewer, resource.table),
    )
    return rows_as_json(rows)


class SavedSearchRpc(ResourceService):
    """Saved searches and their groups; ``kind`` is a key of ``KINDS``."""

    @query
    def list_saved(self, kind: str) -> Reply:
        """The caller's own and those shared with them: ``{list type: {project id: [row]}}``.

        Those without a production are under ``"all"``. Raises Forbidden for bots.
        """
        only_persons(self)
        statement = _listed(KINDS[kind], searches.Viewer.of(self.actor))
        params = searches.parameters(self.actor)
        return self.not_modified_or(lambda: json_parts.read(self.database, statement, **params))

    @query
    def read_saved(self, kind: str, ident: str) -> Reply:
        """A search or group that is visible to the caller. Raises Forbidden, NotFound."""
        only_persons(self)
        resource = self.registry[KINDS[kind]]
        statement = _one(resource.path, searches.Viewer.of(self.actor))
        params = searches.parameters(self.actor)
        text = self.database.text(statement, ident=str(known_id(ident)), **params)
        if text is None:
            raise NotFound
        return Reply(text.encode())

    @command
    def save(self, kind: str, data: Json = None) -> Reply:
        """Save a search (its text is ``query``) or a group of searches for the caller.

        Only managers share with their production; for others ``is_shared`` is stored as false.
        Raises Forbidden, InvalidInput, Integrity. Emits ``search-filter:new``.
        """
        only_persons(self)
        resource = self.registry[KINDS[kind]]
        values = {**_columns(bodies.read(NEW[kind], data)), "person_id": self.actor.id}
        self._enter(values["project_id"])
        # Asks other services whether the references exist: before the transaction opens.
        writing.ask_targets(self, resource, values, {})
        values["is_shared"] = values["is_shared"] and shares(self, values)
        self._check_group(values, entering=True)
        ident = self.tx.connection.scalar(
            sa.insert(resource.table).values(values).returning(resource.table.c.id)
        )
        return self._emit_and_show(resource, "new", {**values, "id": ident})

    @command
    def change_saved(self, kind: str, ident: str, data: Json = None) -> Reply:
        """Change a search or group of the caller; administrators change any.

        What is shared is changed only by those who may share it; others may take it back. The
        searches of a group are shared and moved with it. Raises Forbidden, NotFound, InvalidInput,
        Integrity. Emits ``search-filter:update``.
        """
        only_persons(self)
        resource = self.registry[KINDS[kind]]
        values = _columns(bodies.read(CHANGES[kind], data))
        self._enter(values.get("project_id"))
        writing.ask_targets(self, resource, values, {})
        row = self._own(resource, ident)
        after = {**row, **values}
        if row["is_shared"] and after["is_shared"]:
            sharer.check(self, row)
        if after["is_shared"] and not shares(self, after):
            after["is_shared"] = values["is_shared"] = False
        place = ("search_filter_group_id", "project_id")
        self._check_group(after, entering=any(after.get(name) != row.get(name) for name in place))
        table = resource.table
        self.tx.connection.execute(
            sa.update(table).where(table.c.id == row["id"]).values({**values, "updated_at": NOW})
        )
        if table is GROUP and any(after[name] != row[name] for name in FOLLOWED):
            self._follow(row, after)
        return self._emit_and_show(resource, "update", after)

    @command
    def forget_saved(self, kind: str, ident: str) -> Reply:
        """Delete a search of the caller, or a group with its searches; administrators delete any.

        Raises Forbidden, NotFound. Emits ``search-filter:delete``.
        """
        only_persons(self)
        resource = self.registry[KINDS[kind]]
        row = self._own(resource, ident)
        if resource.table is GROUP:
            in_group = FILTER.c.search_filter_group_id == row["id"]
            filters = self.tx.connection.scalars(sa.select(FILTER.c.id).where(in_group)).all()
            removal.remove(self, FILTER.name, filters)
        removal.remove(self, resource.table.name, [row["id"]])
        self.tx.emit(self.registry.event(resource, "delete", row))
        return Reply(b"")

    # --- rights and rows ------------------------------------------------------------------------

    def _enter(self, project: UUID | None) -> None:
        if project is not None and self.actor.role_in(project) is None:
            message = "This requires to be in the production's team."
            raise Forbidden(message)

    def _own(self, resource: Resource, ident: str) -> JsonObject:
        """The caller's own row, locked. Raises NotFound."""
        row = self.tx.locked(resource.table, known_id(ident))
        # Not Forbidden, which would reveal that somebody has a search with this id.
        if not self.actor.is_admin and row["person_id"] != self.actor.id:
            raise NotFound
        return row

    def _check_group(self, values: Values, *, entering: bool) -> None:
        """Check that a search has its group's ``is_shared``. Raises InvalidInput.

        ``entering`` another group, or moving, it must be one that the caller sees, of the search's
        production: who shares the group shares its searches.
        """
        group = values.get("search_filter_group_id")
        if group is None:
            return
        known = sa.select(*(GROUP.c[name] for name in FOLLOWED)).where(GROUP.c.id == group)
        if entering and not self.actor.is_admin:
            known = known.where(seen_by_caller(self, GROUP))
        found = self.tx.connection.execute(known).mappings().first()
        if found is None:
            message = f"SearchFilterGroup with id {group} not found"
            raise InvalidInput(message)
        if found["is_shared"] != values["is_shared"]:
            raise InvalidInput(SAME)
        if entering and found["project_id"] != values["project_id"]:
            raise InvalidInput(ELSEWHERE)

    def _follow(self, before: Row, group: Row) -> None:
        """Share and move the searches of a group with it.

        Those of others or of another production, which imports bring, leave it instead: who may
        share the group need not be who may share them.
        """
        inside = FILTER.c.search_filter_group_id == group["id"]
        follows = sa.and_(
            FILTER.c.person_id.is_not_distinct_from(before["person_id"]),
            FILTER.c.project_id.is_not_distinct_from(before["project_id"]),
        )
        left = {
            "search_filter_group_id": None,
            "is_shared": FILTER.c.is_shared if group["is_shared"] else False,
        }
        change, run = sa.update(FILTER).where(inside), self.tx.connection
        run.execute(change.where(~follows).values(left))
        run.execute(change.values({name: group[name] for name in FOLLOWED}))

    def _emit_and_show(self, resource: Resource, verb: str, facts: Row) -> Reply:
        self.tx.emit(self.registry.event(resource, verb, facts))
        return Reply(resource.view(self.tx, facts["id"], relations=False))


def _columns(body: Body) -> Values:
    """The columns in a body; ``query`` is another name for ``search_query``."""
    values = bodies.given(body)
    if "query" in values:
        values["search_query"] = values.pop("query")
    return values
