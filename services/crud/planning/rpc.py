"""RPC methods that list the schedules of productions and the days off of people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.access.rules import only_persons
from services.common.contracts.crud.planning import PeriodQuery
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id, period
from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import DayOff, project_person_link
from services.crud.policy import day_offs
from services.crud.policy.project_access import permitted_project
from services.crud.policy.projects import PROJECTS, SEE_ABSENCES
from services.crud.policy.schedules import MILESTONES, SCHEDULE_ITEMS

STAMPS: Final = frozenset({"created_at", "updated_at"})
POLICIES: Final = {"schedule-items": SCHEDULE_ITEMS, "milestones": MILESTONES}
ORDER: Final = {"schedule-items": "start_date", "milestones": "date"}


class PlanningRpc(ResourceService):
    """Schedule items, milestones and days off."""

    @query
    def list_plans(self, project_id: str, kind: str) -> Reply:
        """Schedule items or milestones (``kind``) of a production, by date.

        For its team except clients and vendors. Milestones come without timestamps.
        Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, POLICIES[kind].lister)
        hidden = STAMPS if kind == "milestones" else ()
        return self._of(kind, "project_id", project, ORDER[kind], hidden=hidden)

    @query
    def list_absences(
        self,
        person_id: str,
        year: str | None = None,
        month: str | None = None,
        week: str | None = None,
    ) -> Reply:
        """A person's days off by date: all, or those that overlap a year, or a month or week of it.

        For the person and those who plan their work; supervisors aren't shown the reasons.
        Raises NotFound, Forbidden.
        """
        person = known_id(person_id)
        day_offs.reader.check(self, {"person_id": person})
        hidden = () if day_offs.sees_reason(self, person) else {day_offs.REASON}
        # Without a period all days: one statement serves both.
        first, last = period(year, month, week) if year else (date.min, date.max)
        day_off = table_of(DayOff).c
        # A period counts where it overlaps the one requested, even if it starts before it.
        touching = (day_off.date <= last, day_off.end_date >= first)
        return self._of("day-offs", "person_id", person, "date", *touching, hidden=hidden)

    @query
    def list_absences_of_people(
        self, year: str, month: str | None = None
    ) -> Reply | list[JsonObject]:
        """The days off that overlap a year or a month of it, by date.

        The caller's own, and those of people whose work they plan; supervisors aren't shown the
        reasons. Administrators get everybody's. Raises InvalidInput.
        """
        try:
            first, last = period(year, month)
        except NotFound:
            message = "Invalid month or year."
            raise InvalidInput(message) from None
        table = self.registry["day-offs"].table
        rows = sa.select(*self.registry["day-offs"].columns(None, relations=False))
        rows = rows.where(table.c.date <= last, table.c.end_date >= first)
        if self.actor.is_admin:
            return lists.json_array(self, rows, table.c.date, table.c.id)
        seen = day_offs.people_seen(self)
        found = self._decoded(rows.where(table.c.person_id.in_(seen.whole | seen.brief)))
        for row in found:
            if UUID(row["person_id"]) not in seen.whole:
                del row[day_offs.REASON]
        return found

    def _decoded(self, rows: Select) -> list[JsonObject]:
        day_off = table_of(DayOff).c
        with self.database.read() as connection:
            texts = connection.scalars(rows_as_json(rows.order_by(day_off.date, day_off.id)))
            return [msgspec.json.decode(text) for text in texts]

    @query
    def list_team_absences(
        self, project_id: str, query: dict[str, str] | None = None
    ) -> dict[str, list[JsonObject]]:
        """The days off of a production's team by person, by date.

        Those that overlap ``start_date`` to ``end_date`` of the query, if given. For the team
        except clients and vendors; only managers are told the reasons, and people their own.
        Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(PeriodQuery, query)
        first, last = asked.start_date or date.min, asked.end_date or date.max
        project = permitted_project(self, project_id, PROJECTS.may[SEE_ABSENCES])
        day_off, seat = table_of(DayOff).c, project_person_link.c
        team = sa.select(seat.person_id).where(seat.project_id == project)
        rows = sa.select(*self.registry["day-offs"].columns(None, relations=False)).where(
            day_off.person_id.in_(team), day_off.date <= last, day_off.end_date >= first
        )
        found = self._decoded(rows)
        told = self.actor.role_in(project) in {"admin", "manager"}
        by_person: dict[str, list[JsonObject]] = {}
        for row in found:
            if not told and row["person_id"] != str(self.actor.id):
                del row[day_offs.REASON]
            by_person.setdefault(row["person_id"], []).append(row)
        return by_person

    @query
    def read_own_absence(self, day: str) -> Reply:
        """The caller's day off that covers a day, or ``{}``. Raises NotFound, Forbidden (bots)."""
        person, requested = only_persons(self), _day(day)
        day_off = table_of(DayOff).c
        rows = sa.select(*self.registry["day-offs"].columns(None, relations=False)).where(
            day_off.person_id == person,
            day_off.date <= requested,
            day_off.end_date >= requested,
        )
        with self.database.read() as connection:
            text = connection.scalar(rows_as_json(rows.order_by(day_off.date, day_off.id).limit(1)))
        return Reply((text or "{}").encode())

    def _of(
        self,
        path: str,
        owner: str,
        ident: UUID,
        order: str,
        *where: Condition,
        hidden: Collection[str] = (),
    ) -> Reply:
        resource = self.registry[path]
        table = resource.table
        columns = resource.columns(None, relations=False)
        rows: Select = sa.select(*(column for column in columns if column.name not in hidden))
        rows = rows.where(table.c[owner] == ident, *where)
        by = (table.c[order], *resource.order)
        return self.not_modified_or(lambda: lists.json_array(self, rows, *by))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
