"""Writing one row by generic CRUD: checks and calls first, then row, to-many lists, event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.crud import cross_references, row_statements
from services.common.crud.reading import check_local_reach, completed, permit
from services.common.crud.resource import CrudContext, Resource
from services.common.crud.validation import list_ids, values_for_create, values_for_update
from services.common.database.sql_errors import FOREIGN, MESSAGES, as_service_errors
from services.common.database.sql_types import Column
from services.common.errors import Integrity, InvalidInput, NotFound, Refused, Unavailable
from services.common.json_types import Json, JsonObject, Row, Values
from services.common.wire.rpc_protocol import Reply

EMPTY: Final = (
    "Data are empty. Please verify that you sent JSON data and that you set the right headers."
)


def create(ctx: CrudContext, resource: Resource, body: JsonObject) -> Reply:
    """Create a row; does not authorize.

    Returns the row. Raises Integrity, InvalidInput. Emits ``<resource>:new``.
    """
    known = resource.extra_body | resource.writable_lists
    ignored = resource.extra_body | resource.owned
    fields = {k: v for k, v in body.items() if k not in ignored}
    values = values_for_create(resource.table, fields, resource.model.__name__, known)
    lists = _lists_in(resource, fields)
    # Other services are called before the first statement: from then on a connection is held.
    found = ask_targets(ctx, resource, values, lists)
    rules = resource.rules
    prepared = rules.prepare(ctx, body, None)
    rules.on_create(ctx, values, body, prepared)
    row = (
        ctx.tx.connection.execute(
            sa.insert(resource.table).values(values).returning(*resource.table.c)
        )
        .mappings()
        .one()
    )
    _replace_lists(ctx, resource, row["id"], lists, found)
    facts = facts_of_row(ctx, resource, row)
    ctx.tx.emit(ctx.registry.event(resource, "new", facts))
    rules.created(ctx, facts, body, prepared)
    shown = resource.view(ctx.tx, row["id"], relations=resource.created_relations)
    return Reply(completed(ctx, resource, shown, "new", prepared))


def check_create(ctx: CrudContext, resource: Resource, body: JsonObject) -> None:
    """Authorize a create. Raises Forbidden, and Integrity if a field that decides is missing."""
    if ctx.actor.is_admin:
        return
    facts_of_rules = resource.rules.facts_for_create(ctx, body)
    if facts_of_rules is not None:
        resource.create.check(ctx, facts_of_rules)
        return
    facts: Values = {}
    for name in resource.create.needs:
        if body.get(name) is None:
            message = f"'{name}'"
            raise Integrity(message)
        values = values_for_update(resource.table, {name: body[name]}, frozenset())
        facts |= values
    resource.create.check(ctx, facts)


def update(ctx: CrudContext, resource: Resource, uuid: UUID, data: Json) -> Reply:
    """Change fields of a row; see ``CrudRpc.update_row``."""
    rules = resource.rules
    body = rules.rewrite_update(resource.columns_in(body_object(data)))
    fixed = resource.fixed_for(ctx.actor)
    permitted = permit(ctx, resource, resource.update, uuid, body)
    values = values_for_update(resource.table, body, fixed)
    lists = _lists_in(resource, {k: v for k, v in body.items() if k not in fixed})
    found = ask_targets(ctx, resource, _moved(ctx, resource, uuid, values), lists)
    prepared = rules.prepare(ctx, body, uuid)
    # The rule was checked on an unlocked row, since it may call other services. Under the lock its
    # facts are compared: had they changed, the caller might no longer be allowed to do this.
    before = _locked(ctx, resource, uuid, permitted)
    _check_columns(ctx, resource, before, values)
    rules.on_update(ctx, before, values, body, prepared)
    facts = _set(ctx, resource, uuid, values)
    _replace_lists(ctx, resource, uuid, lists, found)
    ctx.tx.emit(ctx.registry.event(resource, "update", facts))
    rules.updated(ctx, before, facts, body, prepared)
    ctx.tx.write_events()  # sent in one message with the SELECT below
    shown = _updated_view(ctx, resource, uuid)
    return Reply(completed(ctx, resource, shown, "update", prepared))


def _check_columns(ctx: CrudContext, resource: Resource, before: Row, values: Row) -> None:
    """Raise Forbidden for a change of a column that is another's to write (``Resource.writes``).

    Clients send rows back as they got them: what a column holds already is no change.
    """
    for rule, names in resource.writes.items():
        if any(name in values and values[name] != before[name] for name in names):
            rule.check(ctx, before)


def _updated_view(ctx: CrudContext, resource: Resource, uuid: UUID) -> bytes:
    visible = resource.visible(ctx.actor, True)  # noqa: FBT003
    columns = resource.columns(visible, relations=False, lists=resource.updated_lists)
    columns = resource.shown(ctx.actor, columns)
    return str(ctx.tx.text(row_statements.shown(resource, columns), ident=str(uuid))).encode()


def _set(ctx: CrudContext, resource: Resource, uuid: UUID, values: Row) -> Row:
    """Update columns of a row; returns the row with its facts."""
    statement = row_statements.changed(resource, tuple(values))
    given = {"values": msgspec.json.encode(values).decode()} if values else {}
    (row,) = ctx.tx.run(statement, ident=str(uuid), **given)
    return row_statements.as_known(resource, row)


def delete(ctx: CrudContext, resource: Resource, uuid: UUID, *, force: bool = False) -> Reply:
    """Delete a row; see ``CrudRpc.delete_row``."""
    cascade = force and resource.force_cascades
    permitted = permit(ctx, resource, resource.delete, uuid)
    resource.rules.before_delete(ctx, uuid, force=force)
    prepared = resource.rules.prepare(ctx, {"force": force}, uuid)
    # A cascade deletes what references the row, here now and in other services by ``rows:gone``.
    if not cascade:
        with _linked(resource):
            cross_references.refuse_if_referenced(
                ctx, ctx.name, resource.table.name, uuid, resource.frees
            )
    facts = _locked(ctx, resource, uuid, permitted)
    resource.rules.on_delete(ctx, facts, prepared)
    if cascade:
        cross_references.remove(ctx.tx, ctx.name, ctx.metadata, resource.table.name, [uuid])
    else:
        with _linked(resource), as_service_errors():
            _drop(ctx, resource, uuid)
    ctx.tx.emit(ctx.registry.event(resource, "delete", facts))
    resource.rules.deleted(ctx, facts, prepared)
    return Reply(b"")


def _drop(ctx: CrudContext, resource: Resource, uuid: UUID) -> None:
    """Delete the row and its link rows; any other foreign key to it prevents this."""
    for many in resource.lists.values():
        # A read-only list of rows with ids is the far side of a foreign key: those rows stay, and
        # prevent the delete.
        if "id" not in many.table.c or many.writable:
            ctx.tx.connection.execute(sa.delete(many.table).where(many.own == uuid))
    table = resource.table
    ctx.tx.connection.execute(sa.delete(table).where(table.c.id == uuid))
    # Another service may have gained a reference since it was asked: this event removes it.
    cross_references.announce(ctx.tx, ctx.name, table.name, [uuid])


def _locked(ctx: CrudContext, resource: Resource, uuid: UUID, permitted: Row) -> Row:
    """Lock the row and return it with its facts.

    Raises NotFound, or Unavailable if the facts the caller was authorized on have changed.
    """
    rows = ctx.tx.run(row_statements.locked(resource), ident=str(uuid))
    if not rows:
        raise NotFound
    facts = row_statements.as_known(resource, rows[0])
    if any(facts[name] != value for name, value in permitted.items()):
        message = "The record was changed meanwhile."
        raise Unavailable(message)
    return facts


def facts_of_row(ctx: CrudContext, resource: Resource, row: Row) -> Row:
    """A written row as a dict, with the facts that are SQL expressions."""
    facts, names = dict(row), tuple(resource.facts)
    if names:
        statement = row_statements.facts(resource, names)
        (values,) = ctx.tx.run(statement, ident=str(facts["id"]))
        facts |= zip(names, values, strict=True)
    return facts


def body_object(data: Json, *, creating: bool = False) -> JsonObject:
    """The body without id and times. Raises InvalidInput or Integrity if it is not an object."""
    if data is None:
        raise InvalidInput(EMPTY)
    if not isinstance(data, dict):
        message = "The request body must be a JSON object."
        raise Integrity(message) if creating else InvalidInput(message)
    return {k: v for k, v in data.items() if k not in {"id", "created_at", "updated_at"}}


def _lists_in(resource: Resource, body: JsonObject) -> dict[str, list[UUID]]:
    given = {name: body[name] for name in resource.writable_lists if body.get(name) is not None}
    return {name: list_ids(name, ids) for name, ids in given.items()}


def ask_targets(
    ctx: CrudContext,
    resource: Resource,
    values: Row,
    lists: Mapping[str, list[UUID]],
) -> cross_references.Wanted:
    """The referenced rows of other services that exist.

    Raises Forbidden if the caller may not reference one, here or there; Integrity if a column
    references a missing one. Unknown ids in lists are left out.
    """
    check_local_reach(ctx, _local_targets(resource, values, lists))
    wanted: cross_references.Wanted = defaultdict(set)
    for name, value in values.items():
        ref = resource.table.c[name].info.get("ref")
        if ref and value is not None:
            wanted[ref.service, ref.table].add(value)
    for name, ids in lists.items():
        ref = resource.lists[name].other.info.get("ref")
        if ref:
            wanted[ref.service, ref.table] |= set(ids)
    found = cross_references.ask_existing(ctx, wanted)
    for name, value in values.items():
        ref = resource.table.c[name].info.get("ref")
        if ref and value is not None and value not in found[ref.service, ref.table]:
            raise Integrity(MESSAGES[FOREIGN])
    return found


def _local_targets(
    resource: Resource, values: Row, lists: Mapping[str, list[UUID]]
) -> dict[str, set[UUID]]:
    """The referenced rows of this service, by table."""
    targets: dict[str, set[UUID]] = defaultdict(set)
    columns = [(resource.table.c[name], [value]) for name, value in values.items() if value]
    columns += [(resource.lists[name].other, ids) for name, ids in lists.items()]
    for column, ids in columns:
        for key in column.foreign_keys:
            targets[key.column.table.name].update(ids)
    return targets


def _moved(ctx: CrudContext, resource: Resource, uuid: UUID, values: Row) -> Row:
    """Those of ``values`` that reference something else than the row does now.

    Clients send rows back as they got them: what one references already is no new reference, also
    where the caller could not make it. Administrators reach everything.
    """
    names = resource.references
    if ctx.actor.is_admin or not any(name in values for name in names):
        return values
    found = ctx.database.rows(row_statements.columns(resource, names), ident=str(uuid))
    before = dict(zip(names, found[0], strict=True)) if found else {}
    return {k: v for k, v in values.items() if k not in before or before[k] != v}


def _replace_lists(
    ctx: CrudContext,
    resource: Resource,
    ident: UUID,
    lists: Mapping[str, list[UUID]],
    found: cross_references.Wanted,
) -> None:
    """Replace to-many lists; unknown ids are ignored."""
    for name, ids in lists.items():
        many = resource.lists[name]
        ref = many.other.info.get("ref")
        known = found[ref.service, ref.table] if ref else _known_here(ctx, many.other, ids)
        # Deleted and inserted as a whole. The row is locked, so two requests don't mix their lists.
        ctx.tx.connection.execute(sa.delete(many.table).where(many.own == ident))
        rows = [{many.own.name: ident, many.other.name: i} for i in ids if i in known]
        if rows:
            ctx.tx.connection.execute(sa.insert(many.table), rows)


def _known_here(ctx: CrudContext, column: Column, ids: list[UUID]) -> set[UUID]:
    target = next(iter(column.foreign_keys)).column.table.name
    return cross_references.existing(ctx.tx.connection, ctx.metadata, target, ids)


@contextmanager
def _linked(resource: Resource) -> Iterator[None]:
    """Raise Refused with the resource's ``still_linked`` if a reference prevents a delete."""
    try:
        yield
    except Integrity:
        if resource.still_linked:
            raise Refused(resource.still_linked) from None
        raise
