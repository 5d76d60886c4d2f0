"""Tables of saved searches, days off, budgets, the event log and plugins."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from services.common.database.tables import (
    TimestampedRow,
    choice,
    column,
    json_column,
    link,
    ref,
    text,
)
from services.crud.models.base import Base

Day = date  # DayOff has a column called date


class SearchFilterGroup(TimestampedRow, Base):
    """A folder of saved searches."""

    __tablename__ = "search_filter_group"

    list_type: Mapped[str] = text(80, doc="The list that it is offered in.", example="asset")
    entity_type: Mapped[str | None] = text(80, doc="What the list shows.", example="Asset")
    name: Mapped[str] = text(200, default="", doc="Its name.", example="Characters")
    color: Mapped[str] = text(
        8, default="", doc="Its color in the interface, as #RRGGBB.", example="#F57F17"
    )
    is_shared: Mapped[bool] = column(
        default=False, doc="Whether the whole production is offered it."
    )
    person_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="part", doc="Whose it is; null for one that is shared."
    )
    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", doc="The production that it is for."
    )
    department_id: Mapped[UUID | None] = ref(
        "auth.department", on_gone="delete", doc="The department that it is for."
    )


class SearchFilter(TimestampedRow, Base):
    """A saved search."""

    __tablename__ = "search_filter"

    list_type: Mapped[str] = text(80, doc="The list that it is offered in.", example="asset")
    entity_type: Mapped[str | None] = text(80, doc="What the list shows.", example="Asset")
    name: Mapped[str] = text(200, default="", doc="Its name.", example="Mine in progress")
    search_query: Mapped[str] = text(500, default="", doc="What is searched for.", example="wip")
    is_shared: Mapped[bool] = column(
        default=False, doc="Whether the whole production is offered it."
    )
    department_id: Mapped[UUID | None] = ref(
        "auth.department", on_gone="delete", doc="The department that it is for."
    )
    search_filter_group_id: Mapped[UUID | None] = link(
        "search_filter_group", on_gone="update", doc="The folder that it lies in."
    )
    person_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="part", doc="Whose it is; null for one that is shared."
    )
    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", doc="The production that it is for."
    )


class CustomAction(TimestampedRow, Base):
    """A button that a studio adds to the web interface."""

    __tablename__ = "custom_action"

    name: Mapped[str] = text(80, doc="What the button says.", example="Send to the farm")
    url: Mapped[str | None] = text(
        400, doc="The address that it opens or calls.", example="https://farm.example.com/render"
    )
    entity_type: Mapped[str | None] = text(
        40, default="all", doc="What it is offered for; `all` for everything.", example="all"
    )
    is_ajax: Mapped[bool | None] = column(
        default=False,
        doc="Whether the address is called in the background instead of being opened.",
    )


class DayOff(TimestampedRow, Base):
    """A period in which a person is away."""

    __tablename__ = "day_off"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "date"),
        # Overlapping periods are refused by ``calendar_rules``, under a lock.
        sa.CheckConstraint("date <= end_date", name="period"),
    )

    date: Mapped[Day] = column(doc="The first day.")
    end_date: Mapped[Day] = column(doc="The last day.")
    description: Mapped[str | None] = text(
        doc="Why they are away; for themselves and those who plan the work.", example="Holiday"
    )
    person_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="part", index=False, doc="Who is away."
    )


class Budget(TimestampedRow, Base):
    """A revision of a production's budget."""

    __tablename__ = "budget"

    project_id: Mapped[UUID | None] = link(
        "project", on_gone="part", doc="The production that it is for."
    )
    revision: Mapped[int] = column(default=1, doc="The number of the revision, from 1.", example=1)
    name: Mapped[str] = text(255, doc="Its name.", example="First draft")
    currency: Mapped[str | None] = text(
        3, doc="The currency, as three letters of ISO 4217.", example="EUR"
    )


class BudgetEntry(TimestampedRow, Base):
    """The cost of a person or a position in a budget."""

    __tablename__ = "budget_entry"

    budget_id: Mapped[UUID] = link("budget", on_gone="part", doc="The budget that it belongs to.")
    department_id: Mapped[UUID] = ref(
        "auth.department", on_gone="delete", doc="The department that is paid."
    )
    person_id: Mapped[UUID | None] = ref(
        "auth.person", on_gone="null", doc="Who is paid; null for a position that nobody has yet."
    )
    start_date: Mapped[date] = column(doc="The first day.", example="2026-01-05")
    months_duration: Mapped[int] = column(doc="How many months it lasts.", example=6)
    daily_salary: Mapped[float] = column(
        doc="What a day costs, in the budget's currency.", example=250.0
    )
    position: Mapped[str | None] = choice(
        "supervisor", "lead", "artist", default="artist", doc="The position in the team."
    )
    seniority: Mapped[str | None] = choice(
        "senior", "mid", "junior", default="mid", doc="How experienced they are."
    )
    exceptions: Mapped[Any] = json_column(
        dict[str, float | None],
        doc="What single months cost instead, by month.",
        example={"2026-03": 2500},
    )


class SalaryScale(TimestampedRow, Base):
    """The daily salary of a position in a department."""

    __tablename__ = "salary_scale"

    department_id: Mapped[UUID] = ref("auth.department", on_gone="part", doc="The department.")
    position: Mapped[str | None] = choice(
        "supervisor", "lead", "artist", default="artist", doc="The position in the team."
    )
    seniority: Mapped[str | None] = choice(
        "senior", "mid", "junior", default="mid", doc="How experienced they are."
    )
    salary: Mapped[int] = column(
        default=0, doc="What a day costs, in the studio's currency.", example=250
    )


class ApiEvent(TimestampedRow, Base):
    """An event in the event log."""

    __tablename__ = "api_event"
    __table_args__ = (
        # One index for each filter, in the order of the log: its pages read their rows only.
        sa.Index("ix_api_event_log", "created_at", "id"),
        sa.Index("ix_api_event_of_name", "name", "created_at", "id"),
        sa.Index("ix_api_event_of_user", "user_id", "created_at", "id"),
        sa.Index("ix_api_event_of_project", "project_id", "created_at", "id"),
    )

    name: Mapped[str] = text(80, doc="The event's name.", example="task:update")
    # No references: the log outlives what it tells about.
    user_id: Mapped[UUID | None] = column(doc="Who caused it.")
    project_id: Mapped[UUID | None] = column(doc="The production that it happened in.")
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: the event's payload, as its type in `/asyncapi.json` tells.",
        example={"task_id": "9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10"},
    )


class Plugin(TimestampedRow, Base):
    """An installed plugin."""

    __tablename__ = "plugin"

    plugin_id: Mapped[str] = text(80, unique=True, doc="Its id, unique.", example="ticket-sync")
    name: Mapped[str] = text(80, doc="Its name.", example="Ticket sync")
    description: Mapped[str | None] = text(
        doc="What it does.", example="Copies comments into the ticket system."
    )
    version: Mapped[str] = text(50, doc="Its version.", example="1.2.0")
    maintainer_name: Mapped[str] = text(200, doc="Who maintains it.", example="North Studio")
    maintainer_email: Mapped[str | None] = text(
        255, doc="The e-mail address of its maintainer.", example="pipeline@example.com"
    )
    website: Mapped[str | None] = text(
        doc="The address of its page.", example="https://example.com/ticket-sync"
    )
    license: Mapped[str] = text(80, doc="Its licence, as an SPDX identifier.", example="MIT")
    revision: Mapped[str | None] = text(12, doc="The revision of its code.", example="3f2a91c")
    frontend_project_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether it adds a page to productions."
    )
    frontend_studio_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether it adds a page to the studio."
    )
    icon: Mapped[str | None] = text(255, doc="The name of its icon.", example="ticket")
