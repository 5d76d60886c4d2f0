"""RPC methods of the entries of budgets."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.crud.budgets import BudgetEntryChanges, NewBudgetEntry
from services.common.contracts.crud.events import (
    BudgetEntryCreated,
    BudgetEntryDeleted,
    BudgetEntryUpdated,
)
from services.common.crud.deletion import removal
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import path_id
from services.common.database.tables import NOW
from services.common.json_types import Json, Values
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.budgets.rows import (
    ENTRIES,
    amounts,
    budget_of,
    check_references,
    locked_budget,
    locked_entry,
    new_entry,
    permitted,
)

#: What lists leave out.
UNLISTED: Final = frozenset({"created_at", "updated_at", "type"})


class BudgetEntryRpc(ResourceService):
    """Entries of budgets, for the managers of the production."""

    @query
    def list_budget_entries(self, project_id: str, budget_id: str) -> Reply:
        """The entries of a budget of the production. Raises InvalidInput, NotFound, Forbidden."""
        budget = budget_of(self, permitted(self, project_id), budget_id)
        columns = self.registry["budget-entries"].columns(None, relations=False)
        rows = sa.select(*(column for column in columns if column.name not in UNLISTED))
        rows = rows.where(ENTRIES.c.budget_id == budget)
        return lists.json_array(self, rows, ENTRIES.c.created_at, ENTRIES.c.id)

    @query
    def read_budget_entry(self, project_id: str, budget_id: str, entry_id: str) -> Reply:
        """An entry of a budget of the production. Raises InvalidInput, NotFound, Forbidden."""
        budget = budget_of(self, permitted(self, project_id), budget_id)
        rows = sa.select(*self.registry["budget-entries"].columns(None, relations=False)).where(
            ENTRIES.c.id == path_id(entry_id), ENTRIES.c.budget_id == budget
        )
        return lists.json_row(self, rows)

    @command
    def create_budget_entry(self, project_id: str, budget_id: str, data: Json = None) -> Reply:
        """Add an entry to a budget of the production. Returns it.

        Raises InvalidInput, NotFound, Forbidden, Integrity (an unknown department or person).
        Emits ``budget-entry:create``.
        """
        body = bodies.read(NewBudgetEntry, data)
        project, budget = permitted(self, project_id), path_id(budget_id)
        values = new_entry(budget, body)
        budget_of(self, project, budget_id)
        check_references(self, values)
        locked_budget(self, project, budget)
        insertion = sa.insert(ENTRIES).values(values).returning(ENTRIES.c.id)
        entry = self.tx.connection.execute(insertion).scalar_one()
        ids = {"budget_id": budget, "budget_entry_id": entry, "project_id": project}
        self.tx.emit(BudgetEntryCreated(**ids))
        return self._shown_entry(entry)

    @command
    def update_budget_entry(
        self, project_id: str, budget_id: str, entry_id: str, data: Json = None
    ) -> Reply:
        """Replace an entry of a budget of the production; absent required fields stay.

        Returns it. Raises InvalidInput, NotFound, Forbidden, Integrity.
        Emits ``budget-entry:update``.
        """
        values = _replacement(bodies.read(BudgetEntryChanges, data))
        project, budget = permitted(self, project_id), path_id(budget_id)
        entry = path_id(entry_id)
        budget_of(self, project, budget_id)
        check_references(self, values)
        locked_entry(self, project, budget, entry)
        change = sa.update(ENTRIES).where(ENTRIES.c.id == entry)
        self.tx.connection.execute(change.values({**values, "updated_at": NOW}))
        ids = {"budget_id": budget, "budget_entry_id": entry, "project_id": project}
        self.tx.emit(BudgetEntryUpdated(**ids))
        return self._shown_entry(entry)

    @command
    def delete_budget_entry(self, project_id: str, budget_id: str, entry_id: str) -> Reply:
        """Remove an entry from a budget of the production.

        Raises InvalidInput, NotFound, Forbidden. Emits ``budget-entry:delete``.
        """
        project, budget = permitted(self, project_id), path_id(budget_id)
        row = locked_entry(self, project, budget, path_id(entry_id))
        removal.remove(self, "budget_entry", [row["id"]])
        ids = {"budget_id": budget, "budget_entry_id": row["id"], "project_id": project}
        self.tx.emit(BudgetEntryDeleted(**ids))
        return Reply(b"")

    def _shown_entry(self, entry: UUID) -> Reply:
        return Reply(self.registry["budget-entries"].view(self.tx, entry, relations=False))


def _replacement(body: BudgetEntryChanges) -> Values:
    """What a body sets of an entry. Raises InvalidInput."""
    required: Values = {
        "department_id": body.department_id,
        "start_date": body.start_date,
        "months_duration": body.months_duration,
        "daily_salary": body.daily_salary,
    }
    return {
        **{name: value for name, value in required.items() if value is not None},
        "person_id": body.person_id,
        "position": body.position,
        "seniority": body.seniority,
        "exceptions": amounts(body.exceptions),
    }
