"""What templates use: reading it, linking it, and putting it in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.crud.templates import NewTaskStatusOfTemplate, NewTaskTypeOfTemplate
from services.common.contracts.types import UNSET, Body
from services.common.crud import cross_references
from services.common.crud.resource import Resource
from services.common.crud.resource_rules import CrudContext
from services.common.crud.row_json import rows_as_json
from services.common.database.tables import NOW, table_of
from services.common.errors import Integrity
from services.common.json_types import JsonObject, Row, Values
from services.crud import bit_rates
from services.crud.models import (
    ProjectTemplate,
    ProjectTemplateTaskStatusLink,
    ProjectTemplateTaskTypeLink,
)
from services.crud.parts import OF_TEMPLATE, STATUSES, TYPES, Part, link_defaults

TEMPLATE: Final = table_of(ProjectTemplate)
#: The links that have columns of their own.
LINKS: Final[Mapping[Part, Resource]] = {
    TYPES: Resource(path="template-task-type-links", model=ProjectTemplateTaskTypeLink),
    STATUSES: Resource(path="template-task-status-links", model=ProjectTemplateTaskStatusLink),
}
#: What lists show of links, by the name that it has there.
OF_LINK: Final[Mapping[Part, Mapping[str, str]]] = {
    TYPES: {
        name: name for name in ("priority", bit_rates.HIGH, bit_rates.LOW, "is_client_visible")
    },
    STATUSES: {
        "priority": "priority",
        "roles_for_board": "roles_for_board",
        "link_is_client_allowed": "is_client_allowed",
    },
}


# --- reading --------------------------------------------------------------------------------------


def rows_of(ctx: CrudContext, part: Part, ids: Collection[UUID]) -> dict[str, JsonObject]:
    """Those of the things that exist, as their resource shows them, by id."""
    if not ids:
        return {}
    if part.service == ctx.name:
        resource = ctx.registry[part.path]
        rows = sa.select(*resource.columns(None, relations=False))
        wanted = cross_references.in_ids(resource.table.c.id, ids)
        with ctx.database.read() as connection:
            texts = connection.scalars(rows_as_json(rows.where(wanted))).all()
        found = [msgspec.json.decode(text) for text in texts]
    else:
        texts = [str(ident) for ident in ids]
        found = ctx.ask(part.service, "list_rows_shown", path=part.path, ids=texts)
    return {row["id"]: row for row in found}


def listed(ctx: CrudContext, part: Part, template: UUID) -> list[JsonObject]:
    """What the template uses, in its order."""
    link = part.of_templates
    with ctx.database.read() as connection:
        links = connection.execute(sa.select(link).where(link.c[OF_TEMPLATE] == template))
        by_id = {str(row[part.key]): row for row in links.mappings()}
    rows = rows_of(ctx, part, [UUID(ident) for ident in by_id])
    shown = OF_LINK.get(part, {})
    used = [
        {**row, **{name: by_id[ident][column] for name, column in shown.items()}}
        for ident, row in rows.items()
    ]
    return sorted(used, key=_place) if part in LINKS else used


def _place(row: JsonObject) -> tuple[int, str]:
    return row["priority"] or 0, row["name"]


# --- linking --------------------------------------------------------------------------------------


def link_of(ctx: CrudContext, part: Part, template: Row, ident: UUID, body: Body) -> UUID:
    """Link a type or status to the locked template; returns the id of the link.

    What is linked already keeps what the body doesn't have. Raises Integrity.
    """
    link, changes = part.of_templates, _changes(body)
    ends = {OF_TEMPLATE: template["id"], part.key: ident}
    same = [link.c[name] == value for name, value in ends.items()]
    run = ctx.tx.connection
    before = run.execute(sa.select(link).where(*same)).mappings().first()
    bit_rates.check(changes, before or bit_rates.NOTHING, template, error=Integrity)
    values = {**link_defaults(link), **ends, **changes}
    upsert = (
        insert(link)
        .values(values)
        .on_conflict_do_update(index_elements=list(ends), set_={**changes, "updated_at": NOW})
    )
    found: UUID = run.execute(upsert.returning(link.c.id)).scalar_one()
    return found


def _changes(body: Body) -> Values:
    """What a body sets of a link."""
    if isinstance(body, NewTaskTypeOfTemplate):
        return _of_type(body)
    assert isinstance(body, NewTaskStatusOfTemplate)
    return _of_status(body)


def _of_type(body: NewTaskTypeOfTemplate) -> Values:
    plain: Values = {"priority": body.priority, "is_client_visible": body.is_client_visible}
    rates: Values = {
        bit_rates.HIGH: body.hd_bitrate_compression,
        bit_rates.LOW: body.ld_bitrate_compression,
    }
    changes = {name: value for name, value in plain.items() if value is not None}
    if all(rate is UNSET for rate in rates.values()):
        return changes
    return {**changes, **{name: None if rate is UNSET else rate for name, rate in rates.items()}}


def _of_status(body: NewTaskStatusOfTemplate) -> Values:
    changes: Values = {} if body.priority is None else {"priority": body.priority}
    if body.roles_for_board:
        changes["roles_for_board"] = body.roles_for_board
    if body.is_client_allowed is not UNSET:
        changes["is_client_allowed"] = body.is_client_allowed
    return changes


def touch(ctx: CrudContext, template: UUID) -> None:
    """Set the template's time of change."""
    change = sa.update(TEMPLATE).where(TEMPLATE.c.id == template)
    ctx.tx.connection.execute(change.values(updated_at=NOW))


def put_in_order(
    ctx: CrudContext, part: Part, template: UUID, ids: Collection[UUID]
) -> list[dict[str, Any]]:
    """Number the links of the locked template from 1, adding the missing; returns them so."""
    link, resource = part.of_templates, LINKS[part]
    # Of an id that is named twice the later place counts, as in a production's order.
    places = {ident: place for place, ident in enumerate(ids, start=1)}
    rows = [
        {**link_defaults(link), OF_TEMPLATE: template, part.key: ident, "priority": place}
        for ident, place in places.items()
    ]
    upsert = insert(link)
    upsert = upsert.on_conflict_do_update(
        index_elements=[OF_TEMPLATE, part.key],
        set_={"priority": upsert.excluded.priority, "updated_at": NOW},
    )
    ctx.tx.connection.execute(upsert, rows)
    shown = sa.select(*resource.columns(None, relations=False))
    shown = shown.where(
        link.c[OF_TEMPLATE] == template, cross_references.in_ids(link.c[part.key], ids)
    )
    texts = ctx.tx.connection.scalars(rows_as_json(shown))
    by_id = {row[part.key]: row for row in map(msgspec.json.decode, texts)}
    return [by_id[str(ident)] for ident in places]
