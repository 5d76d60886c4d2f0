"""Tables of saved searches, days off, budgets, the event log and plugins."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.database.tables import TimestampedRow, choice, json_column, link, ref, text
from services.crud.models.base import Base

Day = date  # DayOff has a column called date


class SearchFilterGroup(TimestampedRow, Base):
    """A folder of saved searches."""

    __tablename__ = "search_filter_group"

    list_type: Mapped[str] = text(80)
    entity_type: Mapped[str | None] = text(80)
    name: Mapped[str] = text(200, default="")
    color: Mapped[str] = text(8, default="")
    is_shared: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[UUID | None] = ref("auth.person")
    project_id: Mapped[UUID | None] = link("project")
    department_id: Mapped[UUID | None] = ref("auth.department")


class SearchFilter(TimestampedRow, Base):
    """A saved search."""

    __tablename__ = "search_filter"

    list_type: Mapped[str] = text(80)
    entity_type: Mapped[str | None] = text(80)
    name: Mapped[str] = text(200, default="")
    search_query: Mapped[str] = text(500, default="")
    is_shared: Mapped[bool] = mapped_column(default=False)
    department_id: Mapped[UUID | None] = ref("auth.department")
    search_filter_group_id: Mapped[UUID | None] = link("search_filter_group", on_gone="null")
    person_id: Mapped[UUID | None] = ref("auth.person")
    project_id: Mapped[UUID | None] = link("project")


class CustomAction(TimestampedRow, Base):
    """A button that a studio adds to the web interface."""

    __tablename__ = "custom_action"

    name: Mapped[str] = text(80)
    url: Mapped[str | None] = text(400)
    entity_type: Mapped[str | None] = text(40, default="all")
    is_ajax: Mapped[bool | None] = mapped_column(default=False)


class DayOff(TimestampedRow, Base):
    """A period in which a person is away."""

    __tablename__ = "day_off"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "date"),
        # Overlapping periods are refused by ``calendar_rules``, under a lock.
        sa.CheckConstraint("date <= end_date", name="period"),
    )

    date: Mapped[Day]
    end_date: Mapped[Day]
    description: Mapped[str | None] = text()
    person_id: Mapped[UUID | None] = ref("auth.person", index=False)


class Budget(TimestampedRow, Base):
    """A revision of a production's budget."""

    __tablename__ = "budget"

    project_id: Mapped[UUID | None] = link("project")
    revision: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = text(255)
    currency: Mapped[str | None] = text(3)


class BudgetEntry(TimestampedRow, Base):
    """The cost of a person or a position in a budget."""

    __tablename__ = "budget_entry"

    budget_id: Mapped[UUID] = link("budget")
    department_id: Mapped[UUID] = ref("auth.department")
    person_id: Mapped[UUID | None] = ref("auth.person", on_gone="null")
    start_date: Mapped[date]
    months_duration: Mapped[int]
    daily_salary: Mapped[float]
    position: Mapped[str | None] = choice("supervisor", "lead", "artist", default="artist")
    seniority: Mapped[str | None] = choice("senior", "mid", "junior", default="mid")
    exceptions: Mapped[Any] = json_column(dict[str, Any])


class SalaryScale(TimestampedRow, Base):
    """The daily salary of a position in a department."""

    __tablename__ = "salary_scale"

    department_id: Mapped[UUID] = ref("auth.department")
    position: Mapped[str | None] = choice("supervisor", "lead", "artist", default="artist")
    seniority: Mapped[str | None] = choice("senior", "mid", "junior", default="mid")
    salary: Mapped[int] = mapped_column(default=0)


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

    name: Mapped[str] = text(80)
    # No references: the log outlives what it tells about.
    user_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    data: Mapped[Any] = json_column(dict[str, Any])


class Plugin(TimestampedRow, Base):
    """An installed plugin."""

    __tablename__ = "plugin"

    plugin_id: Mapped[str] = text(80, unique=True)
    name: Mapped[str] = text(80)
    description: Mapped[str | None] = text()
    version: Mapped[str] = text(50)
    maintainer_name: Mapped[str] = text(200)
    maintainer_email: Mapped[str | None] = text(255)
    website: Mapped[str | None] = text()
    license: Mapped[str] = text(80)
    revision: Mapped[str | None] = text(12)
    frontend_project_enabled: Mapped[bool | None] = mapped_column(default=False)
    frontend_studio_enabled: Mapped[bool | None] = mapped_column(default=False)
    icon: Mapped[str | None] = text(255)
