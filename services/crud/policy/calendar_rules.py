"""Hooks of generic CRUD for days off and the salary scale."""

from __future__ import annotations

from itertools import product
from typing import ClassVar, Final
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.contracts.crud.events import DayOffCovers
from services.common.crud.resource_rules import CrudContext, SimpleRules
from services.common.database.sql_errors import CHECK, MESSAGES, NOT_NULL
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.crud.models import DayOff, SalaryScale
from services.crud.policy.day_offs import REASON, sees_reason

POSITIONS: Final = table_of(SalaryScale).c.position.info["choices"]
SENIORITIES: Final = table_of(SalaryScale).c.seniority.info["choices"]
#: Those departments that lack a combination. Subqueries, not a join: so each is looked up by index.
INCOMPLETE: Final = """
SELECT wanted.id::text FROM unnest(%(departments)s::uuid[]) AS wanted (id)
WHERE (
  SELECT array_agg(concat_ws(' ', position, seniority)) @> %(combinations)s::text[]
  FROM salary_scale WHERE department_id = wanted.id
) IS NOT TRUE
"""
OVERLAP: Final = "Day off already exists for this period"


class DayOffRules(SimpleRules):
    """Periods of one person never overlap; who plans only doesn't read why somebody is away."""

    completes = frozenset({"read"})
    #: Absent for those who may not know.
    adds: ClassVar = {REASON: str | None}

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], _verb: str, _prepared: None
    ) -> None:
        """Leave the reason out for supervisors."""
        for row in rows:
            if not sees_reason(ctx, row["person_id"] and UUID(row["person_id"])):
                del row[REASON]

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Require a person and a period that overlaps no other. Raises Integrity, InvalidInput."""
        _check_complete(values)
        _refuse_overlap(ctx, values, None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check the changed period as a new one. Raises Integrity, InvalidInput."""
        _check_complete({**row, **values})
        _refuse_overlap(ctx, {**row, **values}, row["id"])

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, _prepared: None) -> None:
        """Emit ``day-off:covers``, upon which ``tasks`` deletes the time logged on these days."""
        _announce(ctx, row)

    def updated(
        self, ctx: CrudContext, _before: Row, row: Row, _body: JsonObject, _prepared: None
    ) -> None:
        """Emit ``day-off:covers`` for the new period."""
        _announce(ctx, row)


def _announce(ctx: CallContext, row: Row) -> None:
    if row["person_id"] is not None:
        ctx.tx.emit(
            DayOffCovers(
                day_off_id=row["id"],
                person_id=row["person_id"],
                date=row["date"].isoformat(),
                end_date=row["end_date"].isoformat(),
            )
        )


def _check_complete(values: Row) -> None:
    """Require the person and a period that ends after it begins. Raises Integrity."""
    if values["person_id"] is None:
        message = f"{MESSAGES[NOT_NULL]} 'person_id' must have a value."
        raise Integrity(message)
    if values["end_date"] < values["date"]:
        message = f"{MESSAGES[CHECK]} 'end_date' must not be before 'date'."
        raise Integrity(message)


def _refuse_overlap(ctx: CallContext, values: Row, ident: UUID | None) -> None:
    # An advisory lock: there may be no row yet to lock, and no constraint knows of periods.
    ctx.tx.lock_key(f"days off {values['person_id']}")
    table = DayOff
    overlapping = sa.select(table.id).where(
        table.person_id == values["person_id"],
        table.date <= values["end_date"],
        table.end_date >= values["date"],
        table.id != ident if ident else sa.true(),
    )
    if ctx.tx.session.scalar(overlapping.limit(1)):
        raise InvalidInput(OVERLAP)


class SalaryScaleRules(SimpleRules):
    """The scale has a fixed set of rows, which are created when they are first listed."""

    def on_create(
        self, _ctx: CrudContext, _values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Reject every create. Raises Integrity."""
        message = "Salary scale entries are created when they are listed; update them instead."
        raise Integrity(message)

    def before_list(self, ctx: CrudContext) -> None:
        """Create missing rows."""
        _fill_scale(ctx)


def _fill_scale(ctx: CrudContext) -> None:
    """Insert the missing rows of the scale: one per department, position and seniority.

    Emits ``salary-scale:new``.
    """
    # Asked for each time: ``auth`` owns departments, and a new one adds rows to the scale.
    found = ctx.ask("auth", "list_rows", path="departments", query={"fields": "id"})
    if not (departments := _incomplete(ctx, [row["id"] for row in found])):
        return
    table, run = table_of(SalaryScale), ctx.tx.connection
    # Locked: two concurrent lists would both find the rows missing, and insert them.
    ctx.tx.lock_key("salary scale")
    columns = (table.c.department_id, table.c.position, table.c.seniority)
    of_these = table.c.department_id == sa.any_(sa.cast(departments, sa.ARRAY(sa.Uuid)))
    existing = {tuple(row) for row in run.execute(sa.select(*columns).where(of_these))}
    combinations = set(product(departments, POSITIONS, SENIORITIES))
    rows = [
        {
            "id": uuid4(),
            "department_id": department,
            "position": position,
            "seniority": seniority,
            "salary": 0,
        }
        for department, position, seniority in sorted(combinations - existing, key=str)
    ]
    if rows:
        run.execute(sa.insert(table), rows)
    for row in rows:
        ctx.tx.emit(ctx.registry.event(ctx.registry["salary-scales"], "new", row))
    # Committed here, as the list is read outside the transaction; done again, it finds the rows.
    ctx.commit_now()
    ctx.tx.close()


def _incomplete(ctx: CrudContext, departments: list[str]) -> list[UUID]:
    """Those departments that lack a row of the scale, found without reading the others' rows."""
    pairs = [f"{position} {seniority}" for position, seniority in product(POSITIONS, SENIORITIES)]
    rows = ctx.database.rows(INCOMPLETE, departments=departments, combinations=pairs)
    return [UUID(ident) for (ident,) in rows]
