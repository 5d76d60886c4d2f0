"""The rules of days off, and of the salary scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.crud import DayOffCovers
from services.common.database.sql_errors import translated
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.crud.models import DayOff, SalaryScale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.rules import Actor

POSITIONS: Final = table_of(SalaryScale).c.position.info["choices"]
SENIORITIES: Final = table_of(SalaryScale).c.seniority.info["choices"]
OVERLAP: Final = "Day off already exists for this period"


def fixed(actor: Actor) -> frozenset[str]:
    """Only administrators move a day off to another person."""
    return frozenset() if actor.is_admin else frozenset({"person_id"})


def on_create(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Periods of one person never overlap, and say whose they are."""
    if values["person_id"] is None:
        message = "A required field is missing."
        raise Integrity(message)
    _refuse_overlap(work, values, None)


def on_update(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same for a change."""
    _refuse_overlap(work, {**row, **values}, row["id"])


def announce(work: Any, row: Mapping[str, Any], _body: Mapping[str, Any]) -> None:
    """Tell ``tasks``, which keeps the time people spend."""
    if row["person_id"] is not None:
        work.tx.emit(
            DayOffCovers(
                day_off_id=row["id"],
                person_id=row["person_id"],
                date=row["date"].isoformat(),
                end_date=row["end_date"].isoformat(),
            )
        )


def announce_change(
    work: Any, _before: Mapping[str, Any], row: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    """The same for a change."""
    announce(work, row, body)


def _refuse_overlap(work: Any, values: Mapping[str, Any], own: UUID | None) -> None:
    table = DayOff
    overlapping = sa.select(table.id).where(
        table.person_id == values["person_id"],
        table.date <= values["end_date"],
        table.end_date >= values["date"],
        table.id != own if own else sa.true(),
    )
    if work.tx.session.scalar(overlapping.limit(1)):
        raise InvalidInput(OVERLAP)


def no_new_scale(_work: Any, _values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """The scale has its fixed rows, made when it is listed. Raises Integrity."""
    message = "Salary scale entries are created when they are listed; update them instead."
    raise Integrity(message)


def fill_scale(work: Any) -> None:
    """Make the rows that the salary scale lacks: each department, position and seniority."""
    departments = [row["id"] for row in work.ask("auth", "list_rows", path="departments")]
    wanted = {
        (UUID(department), position, seniority)
        for department in departments
        for position in POSITIONS
        for seniority in SENIORITIES
    }
    table = table_of(SalaryScale)
    with translated(), work.database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('salary scale'))")
        columns = (table.c.department_id, table.c.position, table.c.seniority)
        known = {tuple(row) for row in connection.execute(sa.select(*columns))}
        rows = [
            {"department_id": d, "position": p, "seniority": s, "salary": 0}
            for d, p, s in sorted(wanted - known, key=str)
        ]
        if rows:
            connection.execute(sa.insert(table), rows)
