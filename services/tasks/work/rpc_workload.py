"""The tasks on somebody's desk."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.rules import only_persons
from services.common.crud.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rendered, rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Comment, Task, TaskStatus, TaskType
from services.tasks.policy import access
from services.tasks.policy.entity_names import describe_entities
from services.tasks.policy.people import short_persons
from services.tasks.rows import decoded

TASK, STATUS, KIND = table_of(Task), table_of(TaskStatus), table_of(TaskType)
COMMENT: Final = table_of(Comment)
NAMES: Final = (
    KIND.c.for_entity.label("task_type_for_entity"),
    KIND.c.name.label("task_type_name"),
    KIND.c.color.label("task_type_color"),
    STATUS.c.name.label("task_status_name"),
    STATUS.c.color.label("task_status_color"),
    STATUS.c.short_name.label("task_status_short_name"),
    rendered(TASK.c.estimation).label("task_estimation"),
    rendered(TASK.c.duration).label("task_duration"),
    rendered(TASK.c.start_date).label("task_start_date"),
    rendered(TASK.c.due_date).label("task_due_date"),
)
DONE: Final = sa.func.coalesce(STATUS.c.is_done, False)
ASKS: Final = sa.func.coalesce(STATUS.c.is_feedback_request, False)


class WorkloadRpc(ResourceService):
    """Tasks by who does them."""

    @query
    def list_own_tasks(self, done: bool = False) -> Reply:
        """The caller's tasks in open productions: those to do, or those done, newest first.

        Raises Forbidden for bots.
        """
        return self._desk(only_persons(self), done=done)

    @query
    def list_person_tasks(self, person_id: str, done: bool = False) -> Reply:
        """Somebody else's tasks in open productions. For the person and managers of the studio."""
        return self._desk(self._whose_desk(person_id), done=done)

    @query
    def list_person_tasks_of_type(self, person_id: str, task_type_id: str) -> Reply:
        """Somebody's tasks of a type in open productions, done or not. For the same callers."""
        person, kind = self._whose_desk(person_id), known_id(task_type_id)
        mine = access.assigned_to(person, TASK.c.id)
        where = [mine, TASK.c.task_type_id == kind, self._in_open(person)]
        return self._tasks_with_names(where, (TASK.c.name, TASK.c.id))

    def _whose_desk(self, person_id: str) -> UUID:
        person = known_id(person_id)
        if person != self.actor.id and self.actor.role not in {"admin", "manager", "supervisor"}:
            message = "This requires the person concerned or a manager."
            raise Forbidden(message)
        return person

    @query
    def list_tasks_to_check(self) -> Reply:
        """Tasks that wait for feedback in the productions the caller leads."""
        only_persons(self)
        leads = {"manager", "supervisor", "admin"}
        where: list[Any] = [ASKS.is_(True)]
        if self.actor.is_admin:
            where.append(self._in_open())
        else:
            mine = [p for p in self.actor.open_projects if self.actor.projects.get(p) in leads]
            where.append(TASK.c.project_id.in_(mine))
            if self.actor.departments:
                where.append(KIND.c.department_id.in_(self.actor.departments))
        return self._tasks_with_names(where, (TASK.c.name, TASK.c.id))

    def _desk(self, person: UUID, *, done: bool) -> Reply:
        where = [access.assigned_to(person, TASK.c.id), DONE.is_(done), self._in_open(person)]
        order = (TASK.c.end_date.desc().nulls_first(), KIND.c.name) if done else (TASK.c.name,)
        return self._tasks_with_names(where, (*order, TASK.c.id))

    def _in_open(self, person: UUID | None = None) -> Condition:
        """Tasks of the person's open productions."""
        # The caller's own productions came with the call; others' are asked for.
        if person is not None and person == self.actor.id and not self.actor.is_admin:
            return TASK.c.project_id.in_(self.actor.open_projects)
        opened = self.ask("crud", "open_projects", person_id=str(person) if person else None)
        return TASK.c.project_id.in_([UUID(ident) for ident in opened])

    def _shown_desk(self, rows: Select) -> list[JsonObject]:
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return decoded(texts)

    def _tasks_with_names(self, where: list[Any], order: tuple[Any, ...]) -> Reply:
        rows = (
            sa.select(*self.registry["tasks"].columns(None, relations=True), *NAMES)
            .select_from(TASK)
            .outerjoin(STATUS, STATUS.c.id == TASK.c.task_status_id)
            .outerjoin(KIND, KIND.c.id == TASK.c.task_type_id)
            .where(*where)
            .order_by(*order)
        )
        tasks = self._shown_desk(rows)
        if not tasks:
            return Reply(b"[]")
        entities = describe_entities(self, [task["entity_id"] for task in tasks])
        ids = sorted({task["project_id"] for task in tasks})
        projects = self.ask("crud", "projects_in_brief", ids=ids)
        last = self._last_comments([UUID(task["id"]) for task in tasks])
        shown = [
            {
                **task,
                **_around(entities.get(task["entity_id"] or "", {})),
                **projects.get(task["project_id"], {}),
                "last_comment": last.get(task["id"], {}),
            }
            for task in tasks
        ]
        return compressed(msgspec.json.encode(shown))

    def _last_comments(self, tasks: list[UUID]) -> dict[str, JsonObject]:
        """The newest comment of each task that no client wrote."""
        said = COMMENT.c.object_id.in_(tasks)
        with self.database.read() as connection:
            distinct = sa.select(COMMENT.c.person_id).where(said).distinct()
            authors = connection.scalars(distinct).all()
        known = short_persons(self, list(authors))
        clients = [UUID(i) for i, person in known.items() if person["role"] == "client"]
        newest = (
            sa.select(
                COMMENT.c.object_id,
                COMMENT.c.text,
                COMMENT.c.person_id,
                sa.func.date_trunc("second", COMMENT.c.created_at).label("date"),
            )
            .where(said, COMMENT.c.person_id.not_in(clients))
            .distinct(COMMENT.c.object_id)
            .order_by(COMMENT.c.object_id, COMMENT.c.created_at.desc())
        )
        return {
            row["object_id"]: {name: row[name] for name in ("text", "date", "person_id")}
            for row in self._shown_desk(newest)
        }


def _around(entity: JsonObject) -> JsonObject:
    """What a person's tasks show of their entity."""
    return {
        "entity_name": entity.get("name"),
        "entity_description": entity.get("description"),
        "entity_data": entity.get("data"),
        "entity_preview_file_id": entity.get("preview_file_id") or "",
        "entity_source_id": entity.get("source_id") or "",
        "entity_type_name": entity.get("type_name"),
        "entity_canceled": entity.get("canceled"),
        "sequence_name": entity.get("parent_name"),
        "episode_id": entity.get("episode_id") or "",
        "episode_name": entity.get("episode_name"),
    }
