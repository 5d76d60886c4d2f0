"""RPC methods that log and list time spent: minutes per person, task and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies, queries
from services.common.access.rules import only_persons
from services.common.contracts.tasks.events import TimeLogged, TimeSpentNew, TimeSpentUpdated
from services.common.contracts.tasks.time_spent import WRONG_PERIOD, Logged, TimeQuery
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id, period
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, InvalidInput, NotFound
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task, TimeSpent
from services.tasks.policy import access
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.task_authorizer import TaskAuthorizer
from services.tasks.policy.tasks import leads
from services.tasks.policy.time_spents import TIMES
from services.tasks.rows import decode_rows, distinct_ids
from services.tasks.state.durations import recompute_duration
from services.tasks.work.time_rules import times_shown

TIME: Final = table_of(TimeSpent)
#: By day, and on one in the order in which it was logged.
ORDER: Final = (TIME.c.date, TIME.c.created_at, TIME.c.id)


class TimeRpc(ResourceService):
    """Time spent."""

    @command
    def set_time_spent(
        self, task_id: str, day: str, person_id: str, data: JsonObject, add: bool = False
    ) -> Reply:
        """Log ``duration`` minutes of a person on a task and day; ``add`` adds to those logged.

        For the person, if assigned, and for managers, if the person is assigned or in the team.
        Returns the row. Raises NotFound, Forbidden, InvalidInput. Emits ``time-spent:new`` or
        ``time-spent:update``, and ``task:update``.
        """
        duration = bodies.read(Logged, data).duration
        authorizer = TaskAuthorizer(self)
        task = authorizer.task(known_id(task_id))
        person, worked_on = known_id(person_id), _day(day)
        facts = {**task, "task_id": task["id"], "person_id": person}
        TIMES.may["log"].check(self, facts)
        # Before the transaction: no foreign key reaches into ``auth``.
        found = self.ask("auth", "find_existing_rows", tables={"person": [str(person)]})
        if not found["person"]:
            raise NotFound
        self._check_works_there(task, person)
        row = {
            "id": uuid4(),
            "person_id": person,
            "task_id": task["id"],
            "date": worked_on,
            "duration": duration,
        }
        statement = insert(TIME).values(row)
        minutes = TIME.c.duration + duration if add else statement.excluded.duration
        # An upsert: concurrent requests for one day add up; neither fails nor is lost.
        statement = statement.on_conflict_do_update(
            index_elements=[TIME.c.person_id, TIME.c.task_id, TIME.c.date],
            set_={"duration": minutes, "updated_at": NOW},
        )
        ident = self.tx.connection.scalar(statement.returning(TIME.c.id))
        # Our id came back only if the row was inserted.
        event = TimeSpentNew if ident == row["id"] else TimeSpentUpdated
        project = {"project_id": task["project_id"]} if task["project_id"] else {}
        logged = TimeLogged(
            time_spent_id=ident, person_id=person, date=worked_on.isoformat(), **project
        )
        self.tx.emit(logged)
        self.tx.emit(event(time_spent_id=ident, **project))
        recompute_duration(self, task["id"])
        return Reply(self.registry["time-spents"].view(self.tx, ident))

    def _check_works_there(self, task: Row, person: UUID) -> None:
        """Raise Forbidden unless the person is assigned to the task, or in the team."""
        with self.database.read() as connection:
            assigned = sa.select(access.assigned_to(person, task["id"]))
            if connection.scalar(assigned):
                return
        project = str(task["project_id"])
        people = {"project_ids": [project], "person_ids": [str(person)]}
        if not self.ask("crud", "list_roles", **people):
            message = "This requires a person who is assigned to the task or in the team."
            raise Forbidden(message)

    @query
    def list_time_spent_on_task(self, task_id: str, day: str | None = None) -> JsonObject:
        """Time spent on a task, on one day or in total: ``{person id: [row], "total": minutes}``.

        For the task's readers, not for clients; vendors get their own. Raises NotFound, Forbidden.
        """
        task = TaskAuthorizer(self).readable(task_id)
        conditions = [TIME.c.task_id == task["id"]]
        if not self.actor.is_admin:
            if self.actor.role_in(task["project_id"]) == CLIENT:
                message = "Time spent is not for clients."
                raise Forbidden(message)
            conditions.append(TIMES.readable_in(self, [task["project_id"]]))
        if day is not None:
            conditions.append(TIME.c.date == _day(day))
        rows = self._rows(*conditions)
        by_person: dict[str, list[JsonObject]] = {}
        for row in rows:
            by_person.setdefault(row["person_id"], []).append(row)
        return {**by_person, "total": sum(row["duration"] for row in rows)}

    @query
    def list_time_spent_by_person(
        self,
        person_id: str | None = None,
        *,
        query: dict[str, str] | None = None,
        day: str | None = None,
        year: str | None = None,
        month: str | None = None,
        week: str | None = None,
    ) -> Reply | list[JsonObject]:
        """A person's time spent: on a day, in a week, month or year, or between two dates.

        The time of a week or a year is summed by task; ``query`` may narrow it to a production and
        a task type. ``person_id`` defaults to the caller. For
        the person; managers get the time in their productions, supervisors that in their
        departments there. Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(TimeQuery, query)
        person = only_persons(self) if person_id is None else known_id(person_id)
        if person != self.actor.id and not leads(self.actor):
            message = "This requires the person concerned or who leads a production."
            raise Forbidden(message)
        start, end = _period(asked, day, year, month, week)
        conditions = [TIME.c.person_id == person]
        if person != self.actor.id and not self.actor.is_admin:
            conditions.append(TIMES.listed(self))
        if start is not None and end is not None:
            conditions.append(TIME.c.date.between(start, end))
        conditions += _on_tasks(asked)
        if year is not None and month is None:
            return self._by_task(*conditions)
        return lists.json_array(self, times_shown(self, *conditions), *ORDER)

    def _by_task(self, *conditions: Condition) -> list[JsonObject]:
        """The minutes of each task, with the names of production and entity."""
        task = table_of(Task)
        rows = (
            sa.select(
                task.c.id.label("task_id"),
                task.c.task_type_id,
                task.c.project_id,
                task.c.entity_id,
                sa.func.sum(TIME.c.duration).label("duration"),
            )
            .join(TIME, TIME.c.task_id == task.c.id)
            .where(*conditions)
            .group_by(task.c.id)
            .order_by(sa.func.min(TIME.c.date), task.c.id)
        )
        with self.database.read() as connection:
            tasks = [dict(row) for row in connection.execute(rows).mappings()]
        if not tasks:
            return []
        project_ids = distinct_ids(row["project_id"] for row in tasks)
        entity_ids = distinct_ids(row["entity_id"] for row in tasks)
        projects, entities = self.ask_all(
            [
                ("crud", "list_project_names", {"ids": project_ids}),
                ("assets", "describe_entities", {"ids": entity_ids}),
            ]
        )
        return [
            {
                **{name: value for name, value in row.items() if name != "entity_id"},
                "project_name": projects.get(str(row["project_id"])),
                **_named(entities.get(str(row["entity_id"]), {})),
            }
            for row in tasks
        ]

    @query
    def list_time_spent_today(self, task_id: str, day: str) -> JsonObject:
        """The caller's time on a task and day as a row; an empty object if none is logged.

        Raises NotFound, Forbidden for bots.
        """
        only_persons(self)
        task = TaskAuthorizer(self).task(known_id(task_id))
        conditions = (TIME.c.task_id == task["id"], TIME.c.person_id == self.actor.id)
        rows = self._rows(*conditions, TIME.c.date == _day(day))
        return rows[0] if rows else {}

    def _rows(self, *conditions: Condition) -> list[JsonObject]:
        with self.database.read() as connection:
            rows = times_shown(self, *conditions).order_by(*ORDER)
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return decode_rows(texts)


def _named(entity: JsonObject) -> JsonObject:
    """The entity's fields of a row of ``_by_task``."""
    return {
        "entity_name": entity.get("name"),
        "entity_type_name": entity.get("type_name"),
        "sequence_name": entity.get("parent_name"),
        "episode_name": entity.get("episode_name"),
    }


def _day(text: str) -> date:
    """A date in a path. Raises NotFound: an invalid path parameter is a 404."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


def _on_tasks(asked: TimeQuery) -> Iterator[Condition]:
    """Conditions on time by its task."""
    if asked.project_id:
        yield TIME.c.production_id == asked.project_id
    if asked.task_type_id:
        task = table_of(Task)
        of_type = task.c.task_type_id == asked.task_type_id
        yield TIME.c.task_id.in_(sa.select(task.c.id).where(of_type))


def _period(
    asked: TimeQuery, day: str | None, year: str | None, month: str | None, week: str | None
) -> tuple[date | None, date | None]:
    """First and last day of the requested period, None for all time.

    Raises InvalidInput, and NotFound for dates in a path.
    """
    if day is not None:
        return _day(day), _day(day)
    if year is not None:
        return period(year, month, week)
    start, end = asked.start_date or None, asked.end_date or None
    if (start is None) != (end is None):
        raise InvalidInput(WRONG_PERIOD)
    return start, end
