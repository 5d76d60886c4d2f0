"""RPC methods of generic CRUD: the five verbs, and the kernel's own calls between services."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.contracts.references import REFERENCED_BY
from services.common.contracts.types import DeletionQuery
from services.common.crud import cross_references, reading, row_statements, writing
from services.common.crud.cross_references import RowsGone
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.service_state import state_of
from services.common.crud.validation import row_id
from services.common.database import change_version, row_counts
from services.common.errors import InvalidInput, NotFound
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.json_types import Json, JsonObject
from services.common.runtime.positions import WAIT_SECONDS, Outcome, outcome_of
from services.common.runtime.rpc_server import command, query
from services.common.runtime.scheduler import every
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.common.crud.resource import Resource


def _references_them(service: str, delivery: Delivery) -> bool:
    """Whether tables of the service reference the one whose rows are gone."""
    payload = delivery.payload
    return service in REFERENCED_BY.get(f"{payload['service']}.{payload['table']}", ())


class CrudRpc(ResourceService):
    """Generic CRUD for every resource of ``registry``."""

    # --- reading ----------------------------------------------------------------------------

    @query
    def list_rows(self, path: str, query: dict[str, str] | None = None) -> Reply:
        """Rows of a resource as a JSON array, or a page of them in its envelope.

        ``query`` holds filters, ``relations``, ``fields``, ``page`` and ``limit``.
        Raises Forbidden, InvalidInput (a filter, a page).
        """
        resource = self.registry[path]
        resource.list.check(self, query or {})
        resource.rules.before_list(self)
        # A vendor's list depends on assignments, which another service owns: they don't change the
        # version here, so no ETag may be used.
        if not resource.versioned or self.actor.works_as_vendor:
            return lists.list_rows(self, resource, query or {})
        return self.not_modified_or(
            lambda: lists.list_rows(self, resource, query or {}),
            elsewhere=resource.elsewhere(self.actor),
        )

    @query
    def read_row(self, path: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """One row, with its to-many lists unless ``relations=false``.

        Raises InvalidInput (malformed id), NotFound, Forbidden.
        """
        resource = self.registry[path]
        asked = queries.read(resource.row_query, query)
        uuid = self._row_id(resource, ident, reading=True)
        # Administrators pass every rule; without the check their read is one statement.
        if not self.actor.is_admin:
            reading.permit(self, resource, resource.read, uuid)
        relations = resource.always_relations or asked.relations
        reply = reading.read_row(self, resource, uuid, relations=relations)
        return resource.rules.reply_for(self, reply, asked)

    @staticmethod
    def _row_id(resource: Resource, ident: str, *, reading: bool = False) -> UUID:
        try:
            return row_id(ident)
        except InvalidInput:
            if reading and resource.bad_id_is_unknown:
                raise NotFound from None
            raise

    # --- writing ----------------------------------------------------------------------------

    @command
    def create_row(self, path: str, data: Json = None) -> Reply:
        """Create a row; ``id`` and times are ours, a null counts as absent.

        Returns the row with its lists. Raises Forbidden, Integrity, InvalidInput.
        Emits ``<resource>:new``.
        """
        resource = self.registry[path]
        body = resource.columns_in(writing.body_object(data, creating=True))
        body = resource.rules.rewrite(body)
        writing.check_create(self, resource, body)
        return writing.create(self, resource, body)

    @command
    def update_row(
        self, path: str, ident: str, data: Json = None, caller: JsonObject | None = None
    ) -> Reply:
        """Change the given fields of a row; unknown and fixed ones are ignored.

        ``caller`` is for rules that ask for a proof: the client's address and cookies.
        Returns the row without its lists. Raises InvalidInput, NotFound, Forbidden, Integrity.
        Emits ``<resource>:update``.
        """
        resource = self.registry[path]
        self.call["caller"] = caller
        return writing.update(self, resource, self._row_id(resource, ident), data)

    @command
    def delete_row(self, path: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """Remove a row. What still points at it refuses, unless ``force=true`` takes it along.

        Raises InvalidInput, NotFound, Forbidden, Integrity. Emits ``<resource>:delete``.
        """
        resource, asked = self.registry[path], queries.read(DeletionQuery, query)
        return writing.delete(self, resource, self._row_id(resource, ident), force=asked.force)

    # --- between services -------------------------------------------------------------------

    @query
    def read_plain(self, path: str, ident: str) -> Reply:
        """A row as administrators see it in lists; for other services, which authorize."""
        resource = self.registry[path]
        columns = resource.columns(None, relations=False)
        text = self.database.text(row_statements.shown(resource, columns), ident=ident)
        if text is None:
            raise NotFound
        return Reply(text.encode())

    @query
    def list_rows_shown(self, path: str, ids: list[str]) -> Reply:
        """Rows of a resource without relations, in its order; for others, which authorize."""
        resource = self.registry[path]
        rows = sa.select(*resource.columns(None, relations=False))
        wanted = cross_references.in_ids(resource.table.c.id, [UUID(ident) for ident in ids])
        return lists.json_array(self, rows.where(wanted), *resource.order)

    @query
    def read_change_version(self, project_id: str | None = None) -> int:
        """The change version of a production's data here; without an id, of all data."""
        return change_version.version(self.database, UUID(project_id) if project_id else None)

    @query
    def report_state(self) -> JsonObject:
        """The release here, the outbox, and the queues of event handlers; for other services.

        Raises Unavailable.
        """
        return state_of(self)

    @query
    def await_events(self, events: list[str], seconds: float) -> Outcome:
        """Wait up to ``seconds`` until these events are handled here; for other services."""
        bounded = min(max(0.0, seconds), WAIT_SECONDS)
        return outcome_of(self.handled, [UUID(event) for event in events], bounded)

    @query
    def find_existing_rows(self, tables: dict[str, list[str]]) -> dict[str, list[str]]:
        """Those ids, by table, that exist here; for other services.

        Raises Forbidden if the caller may not reference one of them.
        """
        existing = {}
        with self.database.read() as connection:
            for table, ids in tables.items():
                row_ids = [UUID(ident) for ident in ids]
                rows = cross_references.existing(connection, self.metadata, table, row_ids)
                existing[table] = [str(ident) for ident in rows]
        reading.check_may_reference_local(
            self, {table: [UUID(ident) for ident in ids] for table, ids in existing.items()}
        )
        return existing

    @query
    def references_row(self, service: str, table: str, ident: str, frees: list[str]) -> bool:
        """Whether a row here references that row of another service; ``frees`` don't count."""
        tests = [
            sa.exists().where(column == UUID(ident))
            for column in cross_references.refs_to(self.metadata, service, table)
            if f"{self.name}.{column.table.name}.{column.name}" not in frees
        ]
        if not tests:
            return False
        with self.database.read() as connection:
            return bool(connection.scalar(sa.select(sa.or_(*tests))))

    @every(row_counts.FOLD_SECONDS)
    def fold_counts(self) -> None:
        """Fold the rows of ``row_count``."""
        self.tx.run(row_counts.FOLD)

    # Unordered: deleted rows don't come back, and their ids are never reused. Recorded last: parts
    # of the work have committed by then, and a redelivered event must go on with the others.
    @on("rows:gone", inbox=Inbox.LAST, concerns=_references_them)
    def forget_rows(self, delivery: Delivery) -> None:
        """Null or delete what references the deleted rows of another service."""
        message = msgspec.convert(delivery.payload, RowsGone)
        # What is told of is theirs who deleted the rows.
        self.tx.author = delivery.actor_id
        cross_references.follow_in_parts(self, message)
        cross_references.follow_deletion(self, message)
        change_version.touch(self.tx)
