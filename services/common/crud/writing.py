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
from services.common.crud.deletion import removal
from services.common.crud.reading import check_may_reference_local, completed, permit
from services.common.crud.resource import Resource
from services.common.crud.resource_rules import CrudContext
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
    known_fields = resource.extra_body | resource.writable_lists
    ignored = resource.extra_body | resource.owned
    fields = {name: value for name, value in body.items() if name not in ignored}
    values = values_for_create(
        resource.table, fields, resource.model.__name__, known_fields, resource.renamed
    )
    lists = _lists_in(resource, fields)
    # Other services are called before the first statement: from then on a connection is held.
    targets = ask_targets(ctx, resource, values, lists)
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
    _replace_lists(ctx, resource, row["id"], lists, targets)
    facts = facts_of_row(ctx, resource, row)
    _emit(ctx, resource, "new", facts)
    rules.created(ctx, facts, body, prepared)
    body_json = resource.view(ctx.tx, row["id"], relations=resource.created_relations)
    return Reply(completed(ctx, resource, body_json, "new", prepared))


def _emit(ctx: CrudContext, resource: Resource, verb: str, facts: Row) -> None:
    event = ctx.registry.event(resource, verb, facts)
    # Where clients know the event without its production, the log has it all the same.
    untold = facts.get("project_id") if resource.tells_project is False else None
    ctx.tx.emit(event, project=untold)


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
    permitted_facts = permit(ctx, resource, resource.update, uuid, body)
    values = values_for_update(resource.table, body, fixed, resource.renamed)
    lists = _lists_in(resource, {name: value for name, value in body.items() if name not in fixed})
    targets = ask_targets(ctx, resource, _new_references(ctx, resource, uuid, values), lists)
    prepared = rules.prepare(ctx, body, uuid)
    # The rule was checked on an unlocked row, since it may call other services. Under the lock its
    # facts are compared: had they changed, the caller might no longer be allowed to do this.
    before = _locked(ctx, resource, uuid, permitted_facts)
    _check_columns(ctx, resource, before, values)
    rules.on_update(ctx, before, values, body, prepared)
    facts = _update_row(ctx, resource, uuid, values)
    _replace_lists(ctx, resource, uuid, lists, targets)
    _emit(ctx, resource, "update", facts)
    rules.updated(ctx, before, facts, body, prepared)
    ctx.tx.write_events()  # sent in one message with the SELECT below
    body_json = _updated_view(ctx, resource, uuid)
    return Reply(completed(ctx, resource, body_json, "update", prepared))


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


def _update_row(ctx: CrudContext, resource: Resource, uuid: UUID, values: Row) -> Row:
    """Update columns of a row; returns the row with its facts."""
    statement = row_statements.changed(resource, tuple(values))
    params = {"values": msgspec.json.encode(values).decode()} if values else {}
    (row,) = ctx.tx.run(statement, ident=str(uuid), **params)
    return row_statements.to_facts(resource, row)


def delete(ctx: CrudContext, resource: Resource, uuid: UUID, *, force: bool = False) -> Reply:
    """Delete a row; see ``CrudRpc.delete_row``."""
    cascade = force and resource.force_cascades
    permitted_facts = permit(ctx, resource, resource.delete, uuid)
    resource.rules.before_delete(ctx, uuid, force=force)
    prepared = resource.rules.prepare(ctx, {"force": force}, uuid)
    # A cascade deletes what references the row, here now and in other services by ``rows:gone``.
    if not cascade:
        with _refuse_while_linked(resource):
            cross_references.refuse_if_referenced(
                ctx, ctx.name, resource.table.name, uuid, resource.frees
            )
    facts = _locked(ctx, resource, uuid, permitted_facts)
    resource.rules.on_delete(ctx, facts, prepared)
    if cascade:
        removal.remove(ctx, resource.table.name, [uuid])
    else:
        with _refuse_while_linked(resource), as_service_errors():
            _delete_row(ctx, resource, uuid)
    _emit(ctx, resource, "delete", facts)
    resource.rules.deleted(ctx, facts, prepared)
    return Reply(b"")


def _delete_row(ctx: CrudContext, resource: Resource, uuid: UUID) -> None:
    """Delete the row and its link rows; any other foreign key to it prevents this."""
    for many in resource.lists.values():
        # A read-only list of rows with ids is the far side of a foreign key: those rows stay, and
        # prevent the delete.
        if "id" not in many.table.c or many.writable:
            ctx.tx.connection.execute(sa.delete(many.table).where(many.owner == uuid))
    table = resource.table
    ctx.tx.connection.execute(sa.delete(table).where(table.c.id == uuid))
    # Another service may have gained a reference since it was asked: this event removes it.
    removal.announce(ctx.tx, ctx.name, table.name, [uuid])


def _locked(ctx: CrudContext, resource: Resource, uuid: UUID, permitted_facts: Row) -> Row:
    """Lock the row and return it with its facts.

    Raises NotFound, or Unavailable if the facts the caller was authorized on have changed.
    """
    rows = ctx.tx.run(row_statements.locked(resource), ident=str(uuid))
    if not rows:
        raise NotFound
    facts = row_statements.to_facts(resource, rows[0])
    if any(facts[name] != value for name, value in permitted_facts.items()):
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
    return {
        name: value
        for name, value in data.items()
        if name not in {"id", "created_at", "updated_at"}
    }


def _lists_in(resource: Resource, body: JsonObject) -> dict[str, list[UUID]]:
    lists = {name: body[name] for name in resource.writable_lists if body.get(name) is not None}
    return {name: list_ids(name, ids) for name, ids in lists.items()}


def ask_targets(
    ctx: CrudContext,
    resource: Resource,
    values: Row,
    lists: Mapping[str, list[UUID]],
) -> cross_references.IdsByTable:
    """The referenced rows of other services that exist.

    Raises Forbidden if the caller may not reference one, here or there; Integrity if a column
    references a missing one. Unknown ids in lists are left out.
    """
    check_may_reference_local(ctx, _local_targets(resource, values, lists))
    references: cross_references.IdsByTable = defaultdict(set)
    for name, value in values.items():
        ref = resource.table.c[name].info.get("ref")
        if ref and value is not None:
            references[ref.service, ref.table].add(value)
    for name, ids in lists.items():
        ref = resource.lists[name].target.info.get("ref")
        if ref:
            references[ref.service, ref.table] |= set(ids)
    existing = cross_references.ask_existing(ctx, references)
    for name, value in values.items():
        ref = resource.table.c[name].info.get("ref")
        if ref and value is not None and value not in existing[ref.service, ref.table]:
            raise Integrity(MESSAGES[FOREIGN])
    return existing


def _local_targets(
    resource: Resource, values: Row, lists: Mapping[str, list[UUID]]
) -> dict[str, set[UUID]]:
    """The referenced rows of this service, by table."""
    targets: dict[str, set[UUID]] = defaultdict(set)
    columns = [(resource.table.c[name], [value]) for name, value in values.items() if value]
    columns += [(resource.lists[name].target, ids) for name, ids in lists.items()]
    for column, ids in columns:
        for key in column.foreign_keys:
            targets[key.column.table.name].update(ids)
    return targets


def _new_references(ctx: CrudContext, resource: Resource, uuid: UUID, values: Row) -> Row:
    """Those of ``values`` that reference something else than the row does now.

    Clients send rows back as they got them: what one references already is no new reference, also
    where the caller could not make it. Administrators reach everything.
    """
    names = resource.references
    if ctx.actor.is_admin or not any(name in values for name in names):
        return values
    rows = ctx.database.rows(row_statements.columns(resource, names), ident=str(uuid))
    before = dict(zip(names, rows[0], strict=True)) if rows else {}
    return {
        name: value for name, value in values.items() if name not in before or before[name] != value
    }


def _replace_lists(
    ctx: CrudContext,
    resource: Resource,
    ident: UUID,
    lists: Mapping[str, list[UUID]],
    existing: cross_references.IdsByTable,
) -> None:
    """Make to-many lists hold these ids; unknown ids are ignored."""
    for name, ids in lists.items():
        many = resource.lists[name]
        ref = many.target.info.get("ref")
        targets = existing[ref.service, ref.table] if ref else _existing_here(ctx, many.target, ids)
        wanted = targets.intersection(ids)
        links = sa.select(many.target).where(many.owner == ident)
        linked = set(ctx.tx.connection.scalars(links))
        # Only the difference: a link that stays keeps its other columns, such as its priority. The
        # row is locked, so two requests don't mix their lists.
        if dropped := linked - wanted:
            unlinked = (many.owner == ident) & cross_references.in_ids(many.target, dropped)
            ctx.tx.connection.execute(sa.delete(many.table).where(unlinked))
        if added := wanted - linked:
            rows = [{many.owner.name: ident, many.target.name: i} for i in ids if i in added]
            ctx.tx.connection.execute(sa.insert(many.table), rows)


def _existing_here(ctx: CrudContext, column: Column, ids: list[UUID]) -> set[UUID]:
    target = next(iter(column.foreign_keys)).column.table.name
    return cross_references.existing(ctx.tx.connection, ctx.metadata, target, ids)


@contextmanager
def _refuse_while_linked(resource: Resource) -> Iterator[None]:
    """Raise Refused with the resource's ``still_linked`` if a reference prevents a delete."""
    try:
        yield
    except Integrity:
        if resource.still_linked:
            raise Refused(resource.still_linked) from None
        raise
