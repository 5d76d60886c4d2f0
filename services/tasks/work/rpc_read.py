"""RPC methods that read a task with its related rows, and list the tasks of an entity."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.access.rules import only_persons
from services.common.contracts.tasks.work import TaskQuery
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Subscription, Task, TaskStatus, TaskType
from services.tasks.policy import access
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.entity_access import entity_for_reader, seen_tasks
from services.tasks.policy.people import without_departments
from services.tasks.policy.task_authorizer import TaskAuthorizer

TASK: Final = table_of(Task)


class TaskReadRpc(ResourceService):
    """Tasks as their readers see them."""

    @query
    def read_task_in_full(self, task_id: str) -> Reply:
        """A task with its type, status, entity, production and people. For its readers.

        Returns the task's fields and ``entity``, ``entity_type``, ``sequence``?, ``episode``?,
        ``project``, ``task_type``, ``task_status``, ``persons`` (assignees) and ``assigner``? as
        the caller sees people, not for clients, and ``is_subscribed``. Raises NotFound, Forbidden.
        """
        task = TaskAuthorizer(self).readable(task_id)
        task_json: JsonObject = msgspec.json.decode(self._text("tasks", task["id"], lists=True))
        # Those that clients see masked are not asked for.
        people = [ident for ident in (task_json["assigner_id"], *task_json["assignees"]) if ident]
        entity_id = task_json["entity_id"]
        questions: list[tuple[str, str, JsonObject]] = [
            ("crud", "read_plain", {"path": "projects", "ident": task_json["project_id"]}),
            ("auth", "list_persons_shown", {"ids": people}),
        ]
        if entity_id:
            questions.append(("assets", "read_entity_with_ancestors", {"ident": entity_id}))
        # Concurrently: the answer takes as long as the slowest of the three calls.
        project, found, *entity = self.ask_all(questions)
        persons = {person["id"]: person for person in found}
        task_json |= entity[0] if entity else {"entity": None, "entity_type": None}
        task_json["project"] = project
        for name, path in (("task_type", "task-types"), ("task_status", "task-status")):
            ident = task_json[f"{name}_id"]
            text = self._text(path, UUID(ident)) if ident else "null"
            # Raw: PostgreSQL wrote this JSON, so it is not decoded here.
            task_json[name] = msgspec.Raw(text.encode())
        # People may be deleted while references to them remain: those are skipped.
        if self.actor.role_in(task["project_id"]) != CLIENT:
            task_json["persons"] = [
                without_departments(persons[i]) for i in task_json["assignees"] if i in persons
            ]
        if task_json["assigner_id"] in persons:
            task_json["assigner"] = persons[task_json["assigner_id"]]
        task_json["is_subscribed"] = self._subscribed(task["id"])
        return Reply(msgspec.json.encode(task_json))

    def _text(self, path: str, ident: UUID, *, lists: bool = False) -> str:
        resource = self.registry[path]
        columns = resource.shown(self.actor, resource.columns(None, relations=lists))
        rows = sa.select(*columns).where(resource.table.c.id == ident)
        with self.database.read() as connection:
            return connection.scalar(rows_as_json(rows)) or "null"

    def _subscribed(self, task: UUID) -> bool:
        subscription = sa.exists().where(
            Subscription.task_id == task, Subscription.person_id == self.actor.id
        )
        with self.database.read() as connection:
            return bool(connection.scalar(sa.select(subscription)))

    @query
    def list_entity_tasks(
        self,
        kind: str,
        ident: str,
        query: dict[str, str] | None = None,
        task_type_id: str | None = None,
        own: bool = False,
    ) -> Reply:
        """The tasks of an entity with the names of type, status, entity and production, by name.

        Only those of ``task_type_id`` if given; with ``own`` only the caller's, without the names.
        For the entity's readers. Raises NotFound, Forbidden (with ``own`` for bots, too).
        """
        asked = queries.read(TaskQuery, query)
        if own:
            only_persons(self)
        entity, facts = entity_for_reader(self, kind, ident)
        conditions = seen_tasks(self, kind, facts, own=own)
        if task_type_id is not None:
            conditions.append(TASK.c.task_type_id == known_id(task_type_id))
        resource = self.registry["tasks"]
        columns = resource.shown(self.actor, resource.columns(None, relations=asked.relations))
        rows = sa.select(*columns)
        rows = rows.select_from(TASK).where(TASK.c.entity_id == entity, *conditions)
        if not own:
            rows = self._named_tasks(rows, facts)
        return lists.json_array(self, rows, TASK.c.name, TASK.c.id)

    def _named_tasks(self, rows: Select, entity: JsonObject) -> Select:
        """The tasks of an entity with its name, its production's, their types' and statuses'."""
        status, types = table_of(TaskStatus), table_of(TaskType)
        # One entity means one production and one entity type: their names are literals.
        names = self.ask("crud", "list_project_names", ids=[entity["project_id"]])
        return (
            rows.add_columns(
                sa.literal(names.get(entity["project_id"])).label("project_name"),
                types.c.name.label("task_type_name"),
                status.c.name.label("task_status_name"),
                sa.literal(entity["type_name"]).label("entity_type_name"),
                sa.literal(entity["name"]).label("entity_name"),
            )
            .outerjoin(types, types.c.id == TASK.c.task_type_id)
            .outerjoin(status, status.c.id == TASK.c.task_status_id)
        )

    @query
    def list_entity_task_types(self, kind: str, ident: str, own: bool = False) -> Reply:
        """The task types of an entity's tasks; with ``own`` of the caller's tasks only.

        For the entity's readers. Raises NotFound, Forbidden (with ``own`` for bots, too).
        """
        if own:
            only_persons(self)
        entity, _ = entity_for_reader(self, kind, ident)
        resource = self.registry["task-types"]
        types = sa.select(TASK.c.task_type_id).where(TASK.c.entity_id == entity)
        if own:
            types = types.where(access.assigned_to(self.actor.id, TASK.c.id))
        rows = sa.select(*resource.columns(None, relations=False))
        return lists.json_array(self, rows.where(resource.table.c.id.in_(types)), *resource.order)
