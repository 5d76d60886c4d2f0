"""The RPC method that searches people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.auth.policy.account_fields import sees_everybody, visible
from services.auth.policy.person_rules import people_seen
from services.common import bodies
from services.common.access.context import CallContext
from services.common.contracts.assets.search import MOST, Question
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.sql_types import Select
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.search.finding import SHORTEST, Search, Typed, searching
from services.common.search.phrases import NAME, Kind
from services.common.search.tables import entry

PERSONS: Final = "persons"
#: Of people, only the name is searched.
KIND: Final = Kind("person", "p", NAME)


class PersonSearchRpc(ResourceService):
    """Search in people."""

    @query
    def search_persons(self, data: JsonObject | None = None) -> JsonObject:
        """Search active people and bots by name, as ``assets.search_entities`` does entities.

        Clients find the people of their productions. Raises InvalidInput.
        """
        question = bodies.read(Question, data)
        if len(question.query) < SHORTEST or PERSONS not in question.index_names:
            return {}
        resource = self.registry[PERSONS]
        # Made before a connection is taken: whom a client sees, another service is asked for.
        entries = _entries(self)
        with searching(self.database) as connection:
            search = Search(Typed(connection, question.query), entries, KIND)
            ids = search.page(question.offset, min(question.limit, MOST))
            return {PERSONS: _read(self, connection, resource, ids) if ids else []}


def _entries(ctx: CallContext) -> Select:
    """The entries of the people whom the caller sees."""
    entries = sa.select(entry.c.id, entry.c.name, entry.c.doc)
    if sees_everybody(ctx.actor):
        return entries
    return entries.where(entry.c.id.in_(people_seen(ctx)))


def _read(
    ctx: CallContext, connection: Connection, resource: Resource, ids: Sequence[UUID]
) -> list[JsonObject]:
    """The people with these ids, in their order, as the list of people shows them."""
    only = visible(ctx.actor, single=False)
    columns = resource.columns(only, relations=False)
    rows = sa.select(*columns).where(resource.table.c.id.in_(ids))
    decoded = (msgspec.json.decode(text) for text in connection.scalars(rows_as_json(rows)))
    found = {row["id"]: {**row, "matched_terms": ["name"]} for row in decoded}
    return [found[str(ident)] for ident in ids if str(ident) in found]
