"""RPC methods of the budgets of productions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies
from services.common.access.rules import admin
from services.common.contracts.crud.budgets import BudgetChanges, NewBudget
from services.common.contracts.crud.events import BudgetCreated
from services.common.crud.deletion import removal
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import path_id
from services.common.database.tables import NOW, table_of
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.budgets.rows import (
    BUDGETS,
    budget_of,
    is_budget,
    locked_budget,
    permitted,
)
from services.crud.models import Project

BRIEF: Final = ("id", "project_id", "revision", "name", "currency")


class BudgetRpc(ResourceService):
    """Budgets, for the managers of their production."""

    @query
    def list_budgets(self, project_id: str) -> Reply:
        """The production's budgets in brief. Raises InvalidInput, NotFound, Forbidden."""
        project = permitted(self, project_id)
        rows = sa.select(*(BUDGETS.c[name] for name in BRIEF))
        rows = rows.where(BUDGETS.c.project_id == project)
        return lists.json_array(self, rows, BUDGETS.c.revision, BUDGETS.c.id)

    @query
    def read_budget(self, project_id: str, budget_id: str) -> Reply:
        """A budget of the production. Raises InvalidInput, NotFound, Forbidden."""
        budget = budget_of(self, permitted(self, project_id), budget_id)
        rows = sa.select(*self.registry["budgets"].columns(None, relations=False))
        with self.database.read() as connection:
            text = connection.scalar(rows_as_json(rows.where(BUDGETS.c.id == budget)))
        return Reply((text or "").encode())

    @command
    def create_budget(self, project_id: str, data: Json = None) -> Reply:
        """Add a budget with the next revision. Returns it.

        Raises InvalidInput, NotFound, Forbidden. Emits ``budget:create``.
        """
        body = bodies.read(NewBudget, data)
        project = permitted(self, project_id)
        # Locked, so that of two new budgets each gets a revision of its own.
        self.tx.locked(table_of(Project), project)
        newest = sa.select(sa.func.coalesce(sa.func.max(BUDGETS.c.revision), 0))
        last: int = self.tx.connection.scalar(newest.where(BUDGETS.c.project_id == project)) or 0
        values = {"project_id": project, "name": body.name, "currency": body.currency}
        insertion = sa.insert(BUDGETS).values(revision=last + 1, **values)
        budget = self.tx.connection.execute(insertion.returning(BUDGETS.c.id)).scalar_one()
        self.tx.emit(BudgetCreated(budget_id=budget, project_id=project))
        return self._shown_budget(budget)

    @command
    def update_budget(self, project_id: str, budget_id: str, data: Json = None) -> Reply:
        """Change the name or the currency of a budget. Returns it.

        Raises InvalidInput, NotFound, Forbidden. Emits ``budget:update``.
        """
        body = bodies.read(BudgetChanges, data)
        project, budget = permitted(self, project_id), path_id(budget_id)
        row = locked_budget(self, project, budget)
        given = {"name": body.name, "currency": body.currency}
        values = {name: value for name, value in given.items() if value is not None}
        change = sa.update(BUDGETS).where(*is_budget(project, budget))
        self.tx.connection.execute(change.values({**values, "updated_at": NOW}))
        self.tx.emit(self.registry.event(self.registry["budgets"], "update", row))
        return self._shown_budget(budget)

    @command
    def delete_budget(self, project_id: str, budget_id: str) -> Reply:
        """Delete a budget with its entries. Raises InvalidInput, NotFound, Forbidden.

        Emits ``budget:delete``.
        """
        row = locked_budget(self, permitted(self, project_id), path_id(budget_id))
        removal.remove(self, "budget", [row["id"]])
        self.tx.emit(self.registry.event(self.registry["budgets"], "delete", row))
        return Reply(b"")

    @query
    def list_time_spent_by_department(self, project_id: str) -> Reply:
        """Minutes that people worked on the production, by department of the task types.

        For administrators. Raises Forbidden, InvalidInput.
        """
        admin.check(self, {})
        project = str(path_id(project_id))
        return Reply(self.ask_raw("tasks", "sum_time_by_department", project_id=project))

    def _shown_budget(self, budget: UUID) -> Reply:
        return Reply(self.registry["budgets"].view(self.tx, budget, relations=False))
