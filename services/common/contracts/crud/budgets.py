"""Bodies and answers of the budgets of productions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from services.common.contracts.types import (
    NOT_BLANK,
    Answer,
    Body,
    Day,
    FreeObject,
    Id,
    RowOf,
    about,
)

Currency = Annotated[str, about("Its code.", "EUR", max_length=3)]
Months = Annotated[int, about("For how many months.", 6)]
Salary = Annotated[float, about("For a day.", 320.0)]
Name = Annotated[str, about("What it is called.", "First draft", pattern=NOT_BLANK, max_length=255)]
Position = Annotated[
    Literal["supervisor", "lead", "artist"], about("What the person does.", "artist")
]
Seniority = Annotated[
    Literal["senior", "mid", "junior"], about("How experienced the person is.", "mid")
]
Exceptions = Annotated[
    FreeObject | None,
    about("Amounts that differ from the salary, by month; zero is none.", {"2026-03": 4500}),
]


class BudgetRow(RowOf, kw_only=True):
    """A revision of a production's budget."""

    resource: ClassVar[str] = "budgets"


class BudgetInBrief(Answer, kw_only=True):
    """A revision of a production's budget."""

    id: Id
    project_id: Id
    revision: Annotated[int, about("Its number in the production, from 1.", 2)]
    name: Annotated[str, about("What it is called.", "First draft")]
    currency: Annotated[str | None, about("The code of its currency.", "EUR")]


class BudgetEntryRow(RowOf, kw_only=True):
    """The cost of a person or a position in a budget."""

    resource: ClassVar[str] = "budget-entries"


class BudgetEntryInBrief(RowOf, kw_only=True):
    """The cost of a person or a position in a budget, without its times."""

    resource: ClassVar[str] = "budget-entries"
    without: ClassVar[frozenset[str]] = frozenset({"created_at", "updated_at", "type"})


#: Minutes, in all and by month.
MinutesByMonth = Annotated[
    dict[str, float], about("``total``, and by month.", {"total": 600.0, "2026-01": 600.0})
]
#: By department, then by person, with the ``total`` of the department.
MinutesByDepartment = Annotated[
    dict[str, dict[str, float | MinutesByMonth]],
    about("By the department's id: its ``total``, and by the person's id."),
]


class NewBudget(Body, kw_only=True):
    """A budget to add; it gets the next revision."""

    name: Name
    currency: Currency | None = "USD"


class BudgetChanges(Body, kw_only=True):
    """What to change of a budget."""

    name: Name | None = None
    currency: Currency | None = None


class NewBudgetEntry(Body, kw_only=True):
    """A cost to add to a budget; without the start, the months or the salary it can't be stored."""

    department_id: Id
    person_id: Annotated[Id | None, about("Whose cost it is, if that is known.")] = None
    start_date: Annotated[Day | None, about("From when on.")] = None
    months_duration: Months | None = None
    daily_salary: Salary | None = None
    position: Position | None = None
    seniority: Seniority | None = None


class BudgetEntryChanges(Body, kw_only=True):
    """A cost in place of the one that was there; what is absent is null, or stays if required.

    Null counts as absent.
    """

    department_id: Id | None = None
    person_id: Annotated[Id | None, about("Whose cost it is, if that is known.")] = None
    start_date: Annotated[Day | None, about("From when on.")] = None
    months_duration: Months | None = None
    daily_salary: Salary | None = None
    position: Position | None = None
    seniority: Seniority | None = None
    exceptions: Exceptions = None
