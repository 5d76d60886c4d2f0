"""RPC methods that create tasks for entities."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies, queries
from services.common.contracts.tasks.work import EntitiesQuery, TaskTypesOfEntity
from services.common.contracts.types import ListedId
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task, TaskStatus, TaskType
from services.tasks.policy.membership import require_member
from services.tasks.state.default_status import default_status

TASK: Final = table_of(Task)
OUTSIDE: Final = frozenset({"client", "vendor"})
KINDS: Final = {
    "assets": "asset",
    "shots": "shot",
    "edits": "edit",
    "concepts": "concept",
}
NEW_TASK: Final = {
    "name": "main",
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


class TaskCreationRpc(ResourceService):
    """Create tasks for entities."""

    @command
    def create_tasks(
        self,
        project_id: str,
        task_type_id: str,
        kind: str,
        data: Json = None,
        query: dict[str, str] | None = None,
    ) -> Reply:
        """Create a task of a type for the listed entities, or all of a kind, that have none.

        ``kind`` is one of ``KINDS`` or an entity type's name. Returns only the new tasks. For
        managers; tasks of concepts for all of the team but clients and vendors.
        Raises NotFound (an unknown entity, kind or type: none is created), Forbidden,
        InvalidInput. Emits ``task:new`` for each.
        """
        # An empty list stands for all entities, and so does nothing at all.
        ids = bodies.read(list[ListedId], [] if data in (None, {}) else data)
        # Refused before anything is asked; ``assets`` reads it for the filters by columns, too.
        queries.read(EntitiesQuery, query)
        for_concepts = kind == "concepts"
        project = require_member(self, project_id, *(() if for_concepts else ("manager",)))
        if for_concepts and self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        entities = self.ask(
            "assets",
            "list_entities_of_kind",
            project_id=str(project),
            kind=KINDS.get(kind, kind),
            ids=[str(ident) for ident in ids],
            query=query or {},
        )
        concept = KINDS.get(kind, kind).lower() == "concept"
        return self._create(project, [known_id(task_type_id)], entities, concept=concept)

    @command
    def create_entity_tasks(self, entity_id: str, data: JsonObject) -> Reply:
        """Create tasks of several types for one entity. For the team but clients and vendors.

        Returns, raises and emits as ``create_tasks``.
        """
        types = bodies.read(TaskTypesOfEntity, data).task_type_ids
        entity = known_id(entity_id)
        entities = self.ask("assets", "describe_entities", ids=[str(entity)])
        if str(entity) not in entities:
            raise NotFound
        facts = entities[str(entity)]
        project = require_member(self, facts["project_id"])
        if self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        concept = facts["kind"] == "Concept"
        return self._create(project, types, [str(entity)], concept=concept)

    def _create(
        self, project: UUID, types: list[UUID], entities: list[str], *, concept: bool
    ) -> Reply:
        table = table_of(TaskType)
        existing = self.tx.connection.scalars(sa.select(table.c.id).where(table.c.id.in_(types)))
        # All or none: a 404 must not leave some of the tasks behind.
        if set(types) - set(existing):
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
        """Insert a task for each entity without one of the type; returns ids in entity order."""
        with_task = sa.select(TASK.c.entity_id).where(
            TASK.c.task_type_id == task_type, TASK.c.entity_id.in_(entities)
        )
        skipped = set(self.tx.connection.scalars(with_task))
        rows = [
            {
                **NEW_TASK,
                "id": uuid4(),
                "project_id": project,
                "task_type_id": task_type,
                "task_status_id": status,
                "entity_id": entity,
                "assigner_id": self.actor.id,
            }
            # Each once, in the order of the request, which the answer keeps.
            for entity in dict.fromkeys(entities)
            if entity not in skipped
        ]
        if not rows:
            return []
        # A concurrent request may have created some of them: only those inserted are returned.
        statement = insert(TASK).on_conflict_do_nothing().returning(TASK.c.id)
        inserted = set(self.tx.connection.scalars(statement, rows))
        # RETURNING has no order.
        return [ident for row in rows if isinstance(ident := row["id"], UUID) and ident in inserted]

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
