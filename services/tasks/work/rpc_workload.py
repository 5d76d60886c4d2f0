"""RPC methods that list tasks by the person who works on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.common.access.rules import only_persons
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rendered, rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Comment, Task, TaskStatus, TaskType, task_person_link
from services.tasks.policy import access
from services.tasks.policy.clients import clients_in
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.entity_names import describe_entities
from services.tasks.policy.tasks import TASKS, leads, led_projects
from services.tasks.rows import decode_rows, distinct_ids, encode_rows

TASK, STATUS, TYPE = table_of(Task), table_of(TaskStatus), table_of(TaskType)
COMMENT: Final = table_of(Comment)
#: Columns of the type and the status, and columns of the task that clients read under both names.
NAMES: Final = (
    TYPE.c.for_entity.label("task_type_for_entity"),
    TYPE.c.name.label("task_type_name"),
    TYPE.c.color.label("task_type_color"),
    STATUS.c.name.label("task_status_name"),
    STATUS.c.color.label("task_status_color"),
    STATUS.c.short_name.label("task_status_short_name"),
    rendered(TASK.c.estimation).label("task_estimation"),
    rendered(TASK.c.duration).label("task_duration"),
    rendered(TASK.c.start_date).label("task_start_date"),
    rendered(TASK.c.due_date).label("task_due_date"),
)
#: Tasks with their status and type.
NAMED: Final = TASK.outerjoin(STATUS, STATUS.c.id == TASK.c.task_status_id).outerjoin(
    TYPE, TYPE.c.id == TASK.c.task_type_id
)
# The flags are nullable, and the join is an outer one.
IS_DONE: Final = sa.func.coalesce(STATUS.c.is_done, False)
REQUESTS_FEEDBACK: Final = sa.func.coalesce(STATUS.c.is_feedback_request, False)


class WorkloadRpc(ResourceService):
    """Tasks by assignee."""

    @query
    def list_own_tasks(self, done: bool = False) -> Reply:
        """The caller's tasks in open productions: open ones by name, or done ones, newest first.

        Raises Forbidden for bots.
        """
        return self._tasks_of(only_persons(self), done=done)

    @query
    def list_person_tasks(self, person_id: str, done: bool = False) -> Reply:
        """A person's tasks in open productions, as ``list_own_tasks``.

        For the person; others get those in the productions that they manage or supervise.
        Raises NotFound, Forbidden.
        """
        return self._tasks_of(self._require_self_or_leader(person_id), done=done)

    @query
    def list_person_tasks_of_type(self, person_id: str, task_type_id: str) -> Reply:
        """A person's tasks of one type in open productions, open and done, by name.

        For the callers of ``list_person_tasks``. Raises NotFound, Forbidden.
        """
        person, task_type = self._require_self_or_leader(person_id), known_id(task_type_id)
        assigned = access.assigned_to(person, TASK.c.id)
        conditions = [assigned, TASK.c.task_type_id == task_type, self._in_open_projects(person)]
        return self._tasks_with_names(conditions, (TASK.c.name, TASK.c.id))

    def _require_self_or_leader(self, person_id: str) -> UUID:
        person = known_id(person_id)
        if person != self.actor.id and not leads(self.actor):
            message = "This requires the person concerned or who leads a production."
            raise Forbidden(message)
        return person

    @query
    def list_tasks_to_check(self) -> Reply:
        """Tasks whose status requests feedback, in the open productions that the caller leads.

        Administrators get those of all productions, callers with departments only those of their
        departments. Raises Forbidden for bots.
        """
        return self._tasks_with_names(self._to_check(), (TASK.c.name, TASK.c.id))

    @query
    def list_values_to_check(self) -> dict[str, list[str]]:
        """What the tasks of ``list_tasks_to_check`` may be filtered by.

        The sorted ids of their productions, types, statuses, episodes and assignees.
        Raises Forbidden for bots.
        """
        waiting = sa.select(TASK.c.id).select_from(NAMED).where(*self._to_check())
        seats = sa.select(task_person_link.c.person_id).where(
            task_person_link.c.task_id.in_(waiting)
        )
        with self.database.read() as connection:
            found = {
                f"{name}s": distinct_ids(
                    connection.scalars(waiting.with_only_columns(TASK.c[name]).distinct())
                )
                for name in ("project_id", "task_type_id", "task_status_id", "entity_id")
            }
            people = distinct_ids(connection.scalars(seats))
        entities = describe_entities(self, found.pop("entity_ids")).values()
        episodes = distinct_ids(entity.get("episode_id") for entity in entities)
        return {**found, "episode_ids": episodes, "person_ids": people}

    def _to_check(self) -> list[Condition]:
        """The conditions on tasks that wait for the caller. Raises Forbidden for bots."""
        only_persons(self)
        leading_roles = {"manager", "supervisor", "admin"}
        conditions: list[Condition] = [REQUESTS_FEEDBACK.is_(True)]
        if self.actor.is_admin:
            conditions.append(self._in_open_projects())
        else:
            led = [
                project
                for project in self.actor.open_projects
                if self.actor.projects.get(project) in leading_roles
            ]
            conditions.append(TASK.c.project_id.in_(led))
            if self.actor.departments:
                conditions.append(TYPE.c.department_id.in_(self.actor.departments))
        return conditions

    def _tasks_of(self, person: UUID, *, done: bool) -> Reply:
        assigned = access.assigned_to(person, TASK.c.id)
        conditions = [assigned, IS_DONE.is_(done), self._in_open_projects(person)]
        order = (TASK.c.end_date.desc().nulls_first(), TYPE.c.name) if done else (TASK.c.name,)
        return self._tasks_with_names(conditions, (*order, TASK.c.id))

    def _in_open_projects(self, person: UUID | None = None) -> Condition:
        """Tasks in the open productions of a person, or in all open productions.

        Of others only in productions that the caller leads.
        """
        # The caller's memberships came with the call, other people's are in ``crud``. So are those
        # of administrators, whose actor is built without memberships.
        if person is not None and person == self.actor.id and not self.actor.is_admin:
            return TASK.c.project_id.in_(self.actor.open_projects)
        projects = self.ask(
            "crud", "list_open_project_ids", person_id=str(person) if person else None
        )
        found = {UUID(ident) for ident in projects}
        if not self.actor.is_admin:
            found &= led_projects(self.actor)
        return TASK.c.project_id.in_(found)

    def _select_decoded(self, rows: Select) -> list[JsonObject]:
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return decode_rows(texts)

    def _tasks_with_names(self, conditions: list[Any], order: tuple[Any, ...]) -> Reply:
        columns = self.registry["tasks"].columns(None, relations=True)
        rows = (
            sa.select(*TASKS.shown(self.actor, (*columns, *NAMES)))
            .select_from(NAMED)
            .where(*conditions)
            .order_by(*order)
        )
        tasks = self._select_decoded(rows.limit(lists.SHORT + 1))
        if len(tasks) <= lists.SHORT:
            return lists.compressed(msgspec.json.encode(self._completed(tasks)))
        with self.database.read() as connection:
            ids = connection.scalars(rows.with_only_columns(TASK.c.id)).all()

        def read(some: Sequence[UUID]) -> list[bytes]:
            found = self._select_decoded(rows.where(TASK.c.id.in_(some)))
            return encode_rows(self._completed(found))

        return lists.in_batches(ids, read)

    def _completed(self, tasks: list[JsonObject]) -> list[JsonObject]:
        """Tasks with what their entities, productions and comments add."""
        if not tasks:
            return []
        entities = describe_entities(self, [task["entity_id"] for task in tasks])
        ids = sorted({task["project_id"] for task in tasks if task["project_id"]})
        projects = self.ask("crud", "list_projects_in_brief", ids=ids)
        of_tasks = [UUID(task["id"]) for task in tasks]
        last_comments = self._last_comments(of_tasks, [UUID(project) for project in ids])
        return [
            {
                **task,
                **_entity_fields(entities.get(task["entity_id"] or "", {})),
                **projects.get(task["project_id"], {}),
                "last_comment": last_comments.get(task["id"], {}),
            }
            for task in tasks
        ]

    def _last_comments(self, tasks: list[UUID], projects: list[UUID]) -> dict[str, JsonObject]:
        """The newest comment of each task that no client wrote: ``{task id: comment}``.

        Of those that the caller may read.
        """
        on_tasks = COMMENT.c.object_id.in_(tasks)
        clients = clients_in(self, projects)
        by_clients = clients.wrote(COMMENT.c.production_id, COMMENT.c.person_id)
        where = [on_tasks, sa.not_(by_clients)]
        if not self.actor.is_admin:
            where.append(COMMENTS.readable_in(self, projects))
        newest = (
            sa.select(
                COMMENT.c.object_id,
                COMMENT.c.text,
                COMMENT.c.person_id,
                sa.func.date_trunc("second", COMMENT.c.created_at).label("date"),
            )
            .where(*where)
            # DISTINCT ON: the first row of each task in the order below.
            .ext(distinct_on(COMMENT.c.object_id))
            .order_by(COMMENT.c.object_id, COMMENT.c.created_at.desc(), COMMENT.c.id)
        )
        return {
            row["object_id"]: {name: row[name] for name in ("text", "date", "person_id")}
            for row in self._select_decoded(newest)
        }


def _entity_fields(entity: JsonObject) -> JsonObject:
    """The fields of an entity in a list of tasks; empty strings for missing ids, as clients expect.

    ``entity`` is as ``describe_entities`` returns it, empty for one that is unknown.
    """
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
        **_cast_in(entity.get("cast_in") or []),
    }


def _cast_in(episodes: list[JsonObject]) -> JsonObject:
    """The episodes that an asset is cast in; nothing where there are none, as clients expect."""
    if not episodes:
        return {}
    return {f"episode_{name}s": [episode[name] for episode in episodes] for name in ("id", "name")}
