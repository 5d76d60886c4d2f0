"""The order of a production's metadata descriptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from services.assets.policy.access import in_ids
from services.assets.policy.descriptors import DESCRIPTOR
from services.common.crud.resource_rules import CrudContext
from services.common.crud.row_json import rows_as_json
from services.common.database.tables import NOW
from services.common.database.transaction import Transaction
from services.common.json_types import Row


def place(tx: Transaction, rows: Sequence[Row], places: Mapping[UUID, int | None]) -> list[UUID]:
    """Number locked descriptors from 1: those with a place by it, the others after them by name.

    Returns their ids in order.
    """

    def rank(row: Row) -> tuple[int, str, UUID]:
        asked = places.get(row["id"])
        return (len(rows) + len(places) if asked is None else asked, row["name"], row["id"])

    ordered: list[UUID] = [row["id"] for row in sorted(rows, key=rank)]
    given = (
        sa.func.unnest(
            sa.cast([str(ident) for ident in ordered], sa.ARRAY(sa.Uuid(as_uuid=False))),
            sa.cast(list(range(1, len(ordered) + 1)), sa.ARRAY(sa.Integer)),
        )
        .table_valued("id", "place", name="given")
        .render_derived()
    )
    tx.connection.execute(
        sa.update(DESCRIPTOR)
        .where(DESCRIPTOR.c.id == given.c.id)
        .values(position=given.c.place, updated_at=NOW)
    )
    return ordered


def as_shown(ctx: CrudContext, idents: Sequence[UUID]) -> bytes:
    """The JSON of descriptors with their departments, in this order."""
    columns = ctx.registry["metadata-descriptors"].columns(None, relations=True)
    texts = [str(ident) for ident in idents]
    order = sa.func.array_position(
        sa.cast(texts, sa.ARRAY(sa.Uuid(as_uuid=False))), DESCRIPTOR.c.id
    )
    rows = sa.select(*columns).where(in_ids(DESCRIPTOR.c.id, idents)).order_by(order)
    found = ctx.tx.connection.scalars(rows_as_json(rows)).all()
    return f"[{','.join(found)}]".encode()
