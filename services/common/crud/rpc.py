"""The five verbs over a service's registry, and the kernel's own questions between services."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.rules import Rule
from services.common.crud import cross_references, lists, row_statements
from services.common.crud.cross_references import RowsGone
from services.common.crud.validation import list_ids, row_id, values_for_create, values_for_update
from services.common.database import change_version, row_counts
from services.common.database.sql_errors import FOREIGN, MESSAGES, translated
from services.common.errors import Integrity, InvalidInput, NotFound, Refused, Unavailable
from services.common.events.subscriber import Delivery, on
from services.common.runtime.rpc_server import command, query
from services.common.runtime.scheduler import every
from services.common.runtime.service import Service
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.common.crud.resource import Registry, Resource

EMPTY: Final = (
    "Data are empty. Please verify that you sent JSON data and that you set the right headers."
)
UPDATED_STATUS, CREATED_STATUS, DELETED_STATUS = 200, 200, 204


class CrudRpc(Service):
    """Generic CRUD for every resource of ``registry``."""

    registry: Registry
    prepared: Any = None

    # --- reading ----------------------------------------------------------------------------

    @query
    def list_rows(self, path: str, query: dict[str, str] | None = None) -> Reply:
        """Rows of a resource as a JSON array, or a page of them in its envelope.

        ``query`` holds filters, ``relations``, ``fields``, ``page`` and ``limit``.
        Raises Forbidden, InvalidInput (a filter, a page).
        """
        resource = self.registry[path]
        resource.list.check(self, query or {})
        resource.before_list(self)
        if not resource.versioned or self.actor.works_as_vendor:
            return lists.list_rows(self, resource, query or {})
        return self.unless_held(lambda: lists.list_rows(self, resource, query or {}))

    @query
    def read_row(self, path: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """One row, with its to-many lists unless ``relations=false``.

        Raises InvalidInput (malformed id), NotFound, Forbidden.
        """
        resource = self.registry[path]
        uuid = self._row_id(resource, ident, reading=True)
        if not self.actor.is_admin:
            self._permit(resource, resource.read, uuid)
        plain = (query or {}).get("relations", "").lower() == "false"
        shown = self._shown(resource, uuid, relations=resource.always_relations or not plain)
        return resource.as_asked(self, shown, query or {})

    def _shown(self, resource: Resource, uuid: UUID, *, relations: bool) -> Reply:
        visible = resource.visible(self.actor, True)  # noqa: FBT003
        columns = resource.columns(visible, relations=relations, single=True)
        found = self.database.text(row_statements.shown(resource, columns), ident=str(uuid))
        if found is None:
            raise NotFound
        return Reply(self._completed(resource, found.encode(), "read"))

    def _permit(
        self, resource: Resource, rule: Rule, uuid: UUID, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Check a rule on a row before any transaction, so that it may ask other services.

        Returns the facts it was decided on. Raises NotFound before Forbidden.
        """
        needs = () if self.actor.is_admin else rule.needs
        names = ("id", *(name for name in needs if name != "id"))
        found = self.database.rows(row_statements.facts(resource, names), ident=str(uuid))
        if not found:
            raise NotFound
        facts = dict(zip(names, found[0], strict=True))
        rule.check(self, {**facts, "body": body or {}})
        return facts

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
    def create_row(self, path: str, data: Any = None) -> Reply:
        """Create a row; ``id`` and times are ours, a null counts as absent.

        Returns the row with its lists. Raises Forbidden, Integrity, InvalidInput.
        Emits ``<resource>:new``.
        """
        resource = self.registry[path]
        body = resource.rewrite(self._body(data, creating=True))
        self._check_create(resource, body)
        return self.create_known(resource, body)

    def create_known(self, resource: Resource, body: dict[str, Any]) -> Reply:
        """``create_row`` for a method that has decided whether the caller may."""
        known = resource.extra_body | resource.writable_lists
        fields = {k: v for k, v in body.items() if k not in resource.extra_body}
        values = values_for_create(resource.table, fields, resource.model.__name__, known)
        lists = self._lists(resource, body)
        found = self._targets(resource, values, lists)
        self.prepared = resource.prepare(self, body, None)
        resource.on_create(self, values, body)
        row = (
            self.tx.connection.execute(
                sa.insert(resource.table).values(values).returning(*resource.table.c)
            )
            .mappings()
            .one()
        )
        self._replace_lists(resource, row["id"], lists, found)
        facts = self._event_facts(resource, row)
        self.tx.emit(self.registry.event(resource, "new", facts))
        resource.created(self, facts, body)
        shown = self._completed(resource, self._created_view(resource, row["id"]), "new")
        return Reply(shown, status=CREATED_STATUS)

    def _created_view(self, resource: Resource, uuid: UUID) -> bytes:
        return resource.view(self.tx, uuid, relations=resource.created_relations)

    def _completed(self, resource: Resource, shown: bytes, verb: str) -> bytes:
        if resource.complete is None or verb not in resource.completed_verbs:
            return shown
        answer = msgspec.json.decode(shown)
        resource.complete(self, [answer], verb)
        return msgspec.json.encode(answer)

    def _check_create(self, resource: Resource, body: dict[str, Any]) -> None:
        if self.actor.is_admin:
            return
        if resource.facts_for_create is not None:
            resource.create.check(self, resource.facts_for_create(self, body))
            return
        facts: dict[str, Any] = {}
        for name in resource.create.needs:
            if body.get(name) is None:
                message = f"'{name}'"
                raise Integrity(message)
            values = values_for_update(resource.table, {name: body[name]}, frozenset())
            facts |= values
        resource.create.check(self, facts)

    @command
    def update_row(self, path: str, ident: str, data: Any = None) -> Reply:
        """Change the given fields of a row; unknown and fixed ones are ignored.

        Returns the row without its lists. Raises InvalidInput, NotFound, Forbidden, Integrity.
        Emits ``<resource>:update``.
        """
        resource = self.registry[path]
        return self.update_known(resource, self._row_id(resource, ident), data)

    def update_known(self, resource: Resource, uuid: UUID, data: Any) -> Reply:
        """``update_row`` for a method that has found the row by other means."""
        body = resource.rewrite_update(self._body(data))
        fixed = resource.fixed_for(self.actor)
        permitted = self._permit(resource, resource.update, uuid, body)
        values = values_for_update(resource.table, body, fixed)
        lists = self._lists(resource, {k: v for k, v in body.items() if k not in fixed})
        found = self._targets(resource, values, lists)
        self.prepared = resource.prepare(self, body, uuid)
        before = self._locked(resource, uuid, permitted)
        resource.on_update(self, before, values, body)
        facts = self._set(resource, uuid, values)
        self._replace_lists(resource, uuid, lists, found)
        self.tx.emit(self.registry.event(resource, "update", facts))
        resource.updated(self, before, facts, body)
        self.tx.write_events()  # in one message with what reads the row
        shown = self._completed(resource, self._updated_view(resource, uuid), "update")
        return Reply(shown, status=UPDATED_STATUS)

    def _updated_view(self, resource: Resource, uuid: UUID) -> bytes:
        visible = resource.visible(self.actor, True)  # noqa: FBT003
        columns = resource.columns(visible, relations=False, lists=resource.updated_lists)
        return str(self.tx.text(row_statements.shown(resource, columns), ident=str(uuid))).encode()

    def _set(self, resource: Resource, uuid: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set columns of a row; the row with its facts, as it is now."""
        statement = row_statements.changed(resource, tuple(values))
        given = {"values": msgspec.json.encode(values).decode()} if values else {}
        (row,) = self.tx.run(statement, ident=str(uuid), **given)
        return row_statements.as_known(resource, row)

    @command
    def delete_row(self, path: str, ident: str, query: dict[str, str] | None = None) -> Reply:
        """Remove a row. What still points at it refuses, unless ``force=true`` takes it along.

        Raises InvalidInput, NotFound, Forbidden, Integrity. Emits ``<resource>:delete``.
        """
        resource = self.registry[path]
        force = (query or {}).get("force", "").lower() == "true"
        return self.delete_known(resource, self._row_id(resource, ident), force=force)

    def delete_known(self, resource: Resource, uuid: UUID, *, force: bool = False) -> Reply:
        """``delete_row`` for a method that has found the row by other means."""
        cascade = force and resource.force_cascades
        permitted = self._permit(resource, resource.delete, uuid)
        self.prepared = resource.prepare(self, {"force": force}, uuid)
        if not cascade:
            with _linked(resource):
                cross_references.refuse_if_referenced(
                    self, self.name, resource.table.name, uuid, resource.frees
                )
        facts = self._locked(resource, uuid, permitted)
        resource.on_delete(self, facts, force)
        if cascade:
            cross_references.remove(self.tx, self.name, self.metadata, resource.table.name, [uuid])
        else:
            with _linked(resource), translated():
                self._drop(resource, uuid)
        self.tx.emit(self.registry.event(resource, "delete", facts))
        resource.deleted(self, facts)
        return Reply(b"", status=DELETED_STATUS)

    def _drop(self, resource: Resource, uuid: UUID) -> None:
        """Delete the row and its own link rows; any other reference to it refuses."""
        for many in resource.lists.values():
            if "id" not in many.table.c or many.writable:
                self.tx.connection.execute(sa.delete(many.table).where(many.own == uuid))
        table = resource.table
        self.tx.connection.execute(sa.delete(table).where(table.c.id == uuid))
        cross_references.announce(self.tx, self.name, table.name, [uuid])

    def _locked(
        self, resource: Resource, uuid: UUID, permitted: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The row, locked, with the resource's facts, as it was when the caller was permitted.

        Raises NotFound, or Unavailable if what decided it has changed in between.
        """
        found = self.tx.run(row_statements.locked(resource), ident=str(uuid))
        if not found:
            raise NotFound
        facts = row_statements.as_known(resource, found[0])
        if any(facts[name] != value for name, value in permitted.items()):
            message = "The record was changed meanwhile."
            raise Unavailable(message)
        return facts

    def _event_facts(self, resource: Resource, row: Mapping[Any, Any]) -> dict[str, Any]:
        """A written row as plain values, with the facts that are expressions."""
        facts, names = dict(row), tuple(resource.facts)
        if names:
            statement = row_statements.facts(resource, names)
            (found,) = self.tx.run(statement, ident=str(facts["id"]))
            facts |= zip(names, found, strict=True)
        return facts

    # --- bodies -----------------------------------------------------------------------------

    @staticmethod
    def _body(data: Any, *, creating: bool = False) -> dict[str, Any]:
        if data is None:
            raise InvalidInput(EMPTY)
        if not isinstance(data, dict):
            message = "The request body must be a JSON object."
            raise Integrity(message) if creating else InvalidInput(message)
        return {k: v for k, v in data.items() if k not in {"id", "created_at", "updated_at"}}

    @staticmethod
    def _lists(resource: Resource, body: Mapping[str, Any]) -> dict[str, list[UUID]]:
        return {
            name: list_ids(body[name])
            for name in resource.writable_lists
            if body.get(name) is not None
        }

    def _targets(
        self,
        resource: Resource,
        values: Mapping[str, Any],
        lists: Mapping[str, list[UUID]],
    ) -> cross_references.Wanted:
        """Which referenced rows of other services exist. Raises Integrity for an unknown one."""
        wanted: cross_references.Wanted = defaultdict(set)
        for name, value in values.items():
            ref = resource.table.c[name].info.get("ref")
            if ref and value is not None:
                wanted[ref.service, ref.table].add(value)
        for name, ids in lists.items():
            ref = resource.lists[name].other.info.get("ref")
            if ref:
                wanted[ref.service, ref.table] |= set(ids)
        found = cross_references.ask_existing(self, wanted)
        for name, value in values.items():
            ref = resource.table.c[name].info.get("ref")
            if ref and value is not None and value not in found[ref.service, ref.table]:
                raise Integrity(MESSAGES[FOREIGN])
        return found

    def _replace_lists(
        self,
        resource: Resource,
        ident: UUID,
        lists: Mapping[str, list[UUID]],
        found: cross_references.Wanted,
    ) -> None:
        """Replace to-many lists; ids that point nowhere are dropped silently."""
        for name, ids in lists.items():
            many = resource.lists[name]
            ref = many.other.info.get("ref")
            known = found[ref.service, ref.table] if ref else self._known_here(many.other, ids)
            self.tx.connection.execute(sa.delete(many.table).where(many.own == ident))
            rows = [{many.own.name: ident, many.other.name: i} for i in ids if i in known]
            if rows:
                self.tx.connection.execute(sa.insert(many.table), rows)

    def _known_here(self, column: sa.Column[Any], ids: list[UUID]) -> set[UUID]:
        target = next(iter(column.foreign_keys)).column.table.name
        return cross_references.existing(self.tx.connection, self.metadata, target, ids)

    # --- between services -------------------------------------------------------------------

    @query
    def read_plain(self, path: str, ident: str) -> Reply:
        """A row as lists show it to administrators; for services that decide the rights."""
        resource = self.registry[path]
        columns = resource.columns(None, relations=False)
        found = self.database.text(row_statements.shown(resource, columns), ident=ident)
        if found is None:
            raise NotFound
        return Reply(found.encode())

    @query
    def change_version(self, project_id: str | None = None) -> int:
        """How often a production's data, or any, has changed here."""
        return change_version.version(self.database, UUID(project_id) if project_id else None)

    @query
    def existing_rows(self, tables: dict[str, list[str]]) -> dict[str, list[str]]:
        """Of ids by table, those that exist here."""
        answer = {}
        with self.database.read() as connection:
            for table, ids in tables.items():
                wanted = [UUID(ident) for ident in ids]
                found = cross_references.existing(connection, self.metadata, table, wanted)
                answer[table] = [str(ident) for ident in found]
        return answer

    @query
    def references_row(self, service: str, table: str, ident: str, frees: list[str]) -> bool:
        """Whether a row here points at that row of another service (``frees`` don't count)."""
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
        """Keep the numbers of rows quick to sum, in a service that has tables counted."""
        if any(resource.counted for resource in self.registry):
            self.tx.run(row_counts.FOLD)

    # In any order: rows that are gone don't come back, and their ids are given to no others.
    @on("rows:gone")
    def forget_rows(self, delivery: Delivery) -> None:
        """Rows of another service are gone: empty or remove what points at them."""
        message = msgspec.convert(delivery.payload, RowsGone)
        if message.service != self.name:
            cross_references.follow(self.tx, self.name, self.metadata, message)
            change_version.touch(self.tx)


@contextmanager
def _linked(resource: Resource) -> Iterator[None]:
    """Say it in the resource's own words when something still points at the row."""
    try:
        yield
    except Integrity:
        if resource.still_linked:
            raise Refused(resource.still_linked) from None
        raise
