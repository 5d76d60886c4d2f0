"""Tasks: made for entities, shown in full, listed by entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import body_ids, known_id
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound, invalid_field
from services.common.json_types import Json, JsonObject, Row
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_client import Reply
from services.tasks import access
from services.tasks.comments import without_departments
from services.tasks.entering import enter
from services.tasks.models import Subscription, Task, TaskStatus, TaskType
from services.tasks.saying import CommentAuthorizer
from services.tasks.statuses import default_status

if TYPE_CHECKING:
    pass

TASK: Final = table_of(Task)
OUTSIDE: Final = frozenset({"client", "vendor"})
KINDS: Final = {
    "assets": "asset",
    "shots": "shot",
    "edits": "edit",
    "concepts": "concept",
}


class TaskRpc(ResourceService):
    """Tasks."""

    # --- creating ---------------------------------------------------------------------------

    @command
    def create_tasks(
        self,
        project_id: str,
        task_type_id: str,
        kind: str,
        data: Json = None,
        query: dict[str, str] | None = None,
    ) -> Reply:
        """Make a task of a type for entities that have none: those listed, or all of a kind.

        ``kind`` is ``assets`` … or an entity type's name. Returns the new tasks only.
        Raises NotFound (an unknown entity, kind or type; nothing is made), Forbidden,
        InvalidInput. Emits ``task:new`` for each.
        """
        drawn = kind == "concepts"
        project = enter(self, project_id, *(() if drawn else ("manager",)))
        if drawn and self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        wanted = _wanted(data)
        entities = self.ask(
            "assets",
            "entities_of_kind",
            project_id=str(project),
            kind=KINDS.get(kind, kind),
            ids=wanted,
            query=query or {},
        )
        concept = KINDS.get(kind, kind).lower() == "concept"
        return self._made(project, [known_id(task_type_id)], entities, concept=concept)

    @command
    def create_entity_tasks(self, entity_id: str, data: JsonObject) -> Reply:
        """Make tasks of several types for one entity. Not for clients and vendors.

        Returns and raises as ``create_tasks``.
        """
        ids = data.get("task_type_ids")
        if not isinstance(ids, list):
            raise invalid_field("task_type_ids", "Field required")
        entity = known_id(entity_id)
        known = self.ask("assets", "describe_entities", ids=[str(entity)])
        if str(entity) not in known:
            raise NotFound
        facts = known[str(entity)]
        project = enter(self, facts["project_id"])
        if self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        types = [known_id(ident) for ident in ids]
        concept = facts["kind"] == "Concept"
        return self._made(project, types, [str(entity)], concept=concept)

    def _made(
        self, project: UUID, types: list[UUID], entities: list[str], *, concept: bool
    ) -> Reply:
        kinds = table_of(TaskType)
        known = self.tx.connection.scalars(sa.select(kinds.c.id).where(kinds.c.id.in_(types)))
        if set(types) - set(known):
            raise NotFound
        status = default_status(self, concept=concept)
        ids = []
        for task_type in types:
            ids += self._insert(project, task_type, status, [UUID(ident) for ident in entities])
        for ident in ids:
            facts = {"id": ident, "project_id": project}
            self.tx.emit(self.registry.event(self.registry["tasks"], "new", facts))
        return Reply(self._new_tasks(ids))

    def _insert(
        self, project: UUID, task_type: UUID, status: UUID, entities: list[UUID]
    ) -> list[UUID]:
        """Tasks for those entities that have none of the type, in the entities' order."""
        have = sa.select(TASK.c.entity_id).where(
            TASK.c.task_type_id == task_type, TASK.c.entity_id.in_(entities)
        )
        taken = set(self.tx.connection.scalars(have))
        rows = [
            {
                "id": uuid4(),
                "name": "main",
                "project_id": project,
                "task_type_id": task_type,
                "task_status_id": status,
                "entity_id": entity,
                "assigner_id": self.actor.id,
                "duration": 0,
                "estimation": 0,
                "completion_rate": 0,
                "retake_count": 0,
                "sort_order": 0,
                "priority": 0,
                "difficulty": 3,
                "nb_assets_ready": 0,
                "nb_drawings": 0,
            }
            for entity in dict.fromkeys(entities)
            if entity not in taken
        ]
        if not rows:
            return []
        statement = insert(TASK).on_conflict_do_nothing().returning(TASK.c.id)
        made = set(self.tx.connection.scalars(statement, rows))
        return [ident for row in rows if isinstance(ident := row["id"], UUID) and ident in made]

    def _new_tasks(self, ids: list[UUID]) -> bytes:
        status, kind = table_of(TaskStatus), table_of(TaskType)
        columns = [
            *self.registry["tasks"].columns(None, relations=True),
            status.c.name.label("task_status_name"),
            status.c.short_name.label("task_status_short_name"),
            status.c.color.label("task_status_color"),
            kind.c.name.label("task_type_name"),
            kind.c.color.label("task_type_color"),
            kind.c.priority.label("task_type_priority"),
        ]
        rows = (
            sa.select(*columns)
            .select_from(TASK)
            .outerjoin(status, status.c.id == TASK.c.task_status_id)
            .outerjoin(kind, kind.c.id == TASK.c.task_type_id)
            .where(TASK.c.id.in_(ids))
            .order_by(sa.func.array_position(sa.cast(ids, sa.ARRAY(sa.Uuid)), TASK.c.id))
        )
        return f"[{','.join(self.tx.connection.execute(rows_as_json(rows)).scalars())}]".encode()

    # --- reading ----------------------------------------------------------------------------

    @query
    def read_task_in_full(self, task_id: str) -> Reply:
        """A task with its type, status, entity, production, people. For its readers.

        Raises NotFound, Forbidden.
        """
        task = CommentAuthorizer(self).readable(task_id)
        shown: JsonObject = msgspec.json.decode(self._text("tasks", task["id"], lists=True))
        people = [shown["assigner_id"], *shown["assignees"]]
        questions = [
            ("assets", "entity_with_ancestors", {"ident": shown["entity_id"]}),
            ("crud", "read_plain", {"path": "projects", "ident": shown["project_id"]}),
            ("auth", "whole_persons", {"ids": [ident for ident in people if ident]}),
        ]
        entity, project, known = self.ask_all(questions)
        shown |= entity
        shown["project"] = project
        for name, path in (("task_type", "task-types"), ("task_status", "task-status")):
            ident = shown[f"{name}_id"]
            text = self._text(path, UUID(ident)) if ident else "null"
            shown[name] = msgspec.Raw(text.encode())
        shown["persons"] = [without_departments(known[i]) for i in shown["assignees"] if i in known]
        if shown["assigner_id"] in known:
            shown["assigner"] = known[shown["assigner_id"]]
        shown["is_subscribed"] = self._subscribed(task["id"])
        return Reply(msgspec.json.encode(shown))

    def _text(self, path: str, ident: UUID, *, lists: bool = False) -> str:
        resource = self.registry[path]
        columns = resource.columns(None, relations=lists)
        rows = sa.select(*columns).where(resource.table.c.id == ident)
        with self.database.read() as connection:
            return connection.scalar(rows_as_json(rows)) or "null"

    def _subscribed(self, task: UUID) -> bool:
        own = sa.exists().where(
            Subscription.task_id == task, Subscription.person_id == self.actor.id
        )
        with self.database.read() as connection:
            return bool(connection.scalar(sa.select(own)))

    @query
    def list_entity_tasks(
        self,
        kind: str,
        ident: str,
        query: dict[str, str] | None = None,
        task_type_id: str | None = None,
        own: bool = False,
    ) -> Reply:
        """The tasks of one entity with the names around them, by name. For its readers.

        ``task_type_id`` narrows them to a type, ``own`` to what the caller is assigned to.
        Raises NotFound, Forbidden.
        """
        entity, facts = self.entity_for(kind, ident)
        chosen = self._own_only(kind, facts, own=own)
        if task_type_id is not None:
            chosen.append(TASK.c.task_type_id == known_id(task_type_id))
        relations = (query or {}).get("relations", "").lower() == "true"
        status, types = table_of(TaskStatus), table_of(TaskType)
        names = self.ask("crud", "project_names", ids=[facts["project_id"]])
        rows = (
            sa.select(
                *self.registry["tasks"].columns(None, relations=relations),
                sa.literal(names.get(facts["project_id"])).label("project_name"),
                types.c.name.label("task_type_name"),
                status.c.name.label("task_status_name"),
                sa.literal(facts["type_name"]).label("entity_type_name"),
                sa.literal(facts["name"]).label("entity_name"),
            )
            .select_from(TASK)
            .outerjoin(types, types.c.id == TASK.c.task_type_id)
            .outerjoin(status, status.c.id == TASK.c.task_status_id)
            .where(TASK.c.entity_id == entity, *chosen)
            .order_by(TASK.c.name, TASK.c.id)
        )
        return self._array(rows)

    @query
    def list_entity_task_types(self, kind: str, ident: str, own: bool = False) -> Reply:
        """The types of one entity's tasks, each once; ``own``: of those the caller has on it.

        Raises NotFound, Forbidden.
        """
        entity, _ = self.entity_for(kind, ident)
        resource = self.registry["task-types"]
        mine = sa.select(TASK.c.task_type_id).where(TASK.c.entity_id == entity)
        if own:
            mine = mine.where(access.assigned_to(self.actor.id, TASK.c.id))
        rows = sa.select(*resource.columns(None, relations=False))
        return self._array(rows.where(resource.table.c.id.in_(mine)))

    def entity_for(self, kind: str, ident: str) -> tuple[UUID, JsonObject]:
        """An entity of a kind that the caller may read. Raises NotFound, Forbidden."""
        entity = known_id(ident)
        found = self.ask("assets", "describe_entities", ids=[str(entity)]).get(str(entity))
        if found is None or (kind and found["kind"].lower() != kind):
            raise NotFound
        facts = {"project_id": UUID(found["project_id"]), "entity_id": entity}
        access.reader.check(self, facts)
        if kind == "concept" and self.actor.role_in(facts["project_id"]) == "client":
            message = "Concepts are not for clients."
            raise Forbidden(message)
        return entity, found

    def _own_only(self, kind: str, facts: Row, *, own: bool) -> list[Any]:
        """A vendor sees of a sequence or an episode only what is theirs."""
        role = self.actor.role_in(UUID(facts["project_id"]))
        if own or (role == "vendor" and kind in {"sequence", "episode"}):
            return [access.assigned_to(self.actor.id, TASK.c.id)]
        return []

    def _array(self, rows: Select) -> Reply:
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return Reply(f"[{','.join(texts)}]".encode())


def _wanted(data: Json) -> list[str]:
    """The ids in a body; none means all. Raises InvalidInput."""
    return [str(ident) for ident in body_ids(data)] if data else []
