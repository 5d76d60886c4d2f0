"""The budgets and entries of one production."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Rule
from services.common.contracts.crud.budgets import NewBudgetEntry
from services.common.crud.resource_rules import CrudContext
from services.common.crud.validation import default_of, path_id, present
from services.common.crud.writing import ask_targets
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject, Row, Values
from services.common.values import BadValue, finite
from services.crud.models import Budget, BudgetEntry
from services.crud.policy.project_access import permitted_project_or_told
from services.crud.policy.projects import BUDGET, PROJECTS

BUDGETS, ENTRIES = table_of(Budget), table_of(BudgetEntry)


def permitted(ctx: CallContext, project_id: str, rule: Rule | None = None) -> UUID:
    """The production, whose budgets the caller may see and change.

    Raises NotFound, Forbidden; InvalidInput for what is no id, which only administrators are told.
    """
    return permitted_project_or_told(ctx, project_id, rule or PROJECTS.may[BUDGET])


def budget_of(ctx: CallContext, project: UUID, ident: str) -> UUID:
    """The id of a budget of the production. Raises InvalidInput, NotFound."""
    budget = path_id(ident)
    with ctx.database.read() as connection:
        if not connection.scalar(sa.select(sa.exists().where(*is_budget(project, budget)))):
            raise NotFound
    return budget


def is_budget(project: UUID, budget: UUID) -> tuple[Condition, ...]:
    """The conditions on a budget of the production: another's is unknown here."""
    return BUDGETS.c.id == budget, BUDGETS.c.project_id == project


def locked_budget(ctx: CallContext, project: UUID, budget: UUID) -> Row:
    """The budget of the production, locked. Raises NotFound."""
    row = ctx.tx.locked(BUDGETS, budget)
    if row["project_id"] != project:
        raise NotFound
    return row


def locked_entry(ctx: CallContext, project: UUID, budget: UUID, entry: UUID) -> Row:
    """The entry of a budget of the production; both are locked. Raises NotFound."""
    locked_budget(ctx, project, budget)
    row = ctx.tx.locked(ENTRIES, entry)
    if row["budget_id"] != budget:
        raise NotFound
    return row


def new_entry(budget: UUID, body: NewBudgetEntry) -> Values:
    """The columns of a new entry. Raises Integrity for one that must have a value."""
    required: Values = {
        "start_date": body.start_date,
        "months_duration": body.months_duration,
        "daily_salary": body.daily_salary,
    }
    chosen = {"position": body.position, "seniority": body.seniority}
    return {
        "budget_id": budget,
        "department_id": body.department_id,
        "person_id": body.person_id,
        "exceptions": {},
        **{name: present(ENTRIES.c[name], value) for name, value in required.items()},
        **{name: value or default_of(ENTRIES.c[name]) for name, value in chosen.items()},
    }


def check_references(ctx: CrudContext, values: Values) -> None:
    """Raise Integrity unless the department and the person exist."""
    named = {n: values[n] for n in ("department_id", "person_id") if values.get(n) is not None}
    ask_targets(ctx, ctx.registry["budget-entries"], named, {})


def amounts(exceptions: JsonObject | None) -> dict[str, int]:
    """The amounts by month as whole numbers; those that say nothing are left out.

    Raises InvalidInput.
    """
    found = {}
    for month, amount in (exceptions or {}).items():
        try:
            whole = 0 if amount is None else int(finite(amount))
        except BadValue as error:
            raise InvalidInput(error.about(f"exceptions.{month}")) from None
        if whole > 0:
            found[month] = whole
    return found
