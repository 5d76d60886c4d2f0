"""RPC methods that list an entity's previews by task type, for comparing them in a player."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.sql_types import Select
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.tasks.models import PreviewFile, Task, TaskType
from services.tasks.policy import access
from services.tasks.policy.entity_access import entity_for_reader
from services.tasks.policy.previews import PREVIEWS

FROM_DATA: Final = ("width", "height", "duration", "file_size")
OF_FIRST_ONLY: Final = ("position", "task_type_id")

SHOWN: Final = (
    PreviewFile.id,
    PreviewFile.revision,
    PreviewFile.position,
    PreviewFile.original_name,
    PreviewFile.extension,
    PreviewFile.width,
    PreviewFile.height,
    PreviewFile.duration,
    PreviewFile.status,
    PreviewFile.annotations,
    PreviewFile.task_id,
    sa.func.date_trunc("second", PreviewFile.created_at).label("created_at"),
    Task.task_type_id,
)


class EntityPreviewRpc(ResourceService):
    """Previews of all tasks of an entity."""

    @query
    def list_entity_previews(self, entity_id: str) -> dict[str, list[JsonObject]]:
        """``{task type id: [preview]}``: types by priority, revisions newest first.

        A revision is represented by its first file; the others are in its ``previews``.
        Raises NotFound, Forbidden.
        """
        entity = known_id(entity_id)
        projects = self.ask("assets", "list_projects_of_entities", ids=[str(entity)])
        # An unknown entity is a 404, before any permission is checked.
        if str(entity) not in projects:
            raise NotFound
        facts = {"project_id": UUID(projects[str(entity)]), "entity_id": entity}
        access.entity_reader.check(self, facts)
        return self._by_task_type(entity, facts["project_id"])

    @query
    def list_previews_of(self, kind: str, ident: str) -> dict[str, list[JsonObject]]:
        """The same of an entity that is of this kind. Raises NotFound, Forbidden."""
        entity, facts = entity_for_reader(self, kind, ident)
        return self._by_task_type(entity, UUID(facts["project_id"]))

    def _by_task_type(self, entity: UUID, project: UUID) -> dict[str, list[JsonObject]]:
        statement = _of_entity(entity)
        if not self.actor.is_admin:
            statement = statement.where(PREVIEWS.readable_in(self, [project]))
        with self.database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        by_type: dict[str, list[JsonObject]] = {}
        # Rows are ordered: the first file of a revision comes before its others.
        firsts: dict[tuple[UUID, int], JsonObject] = {}
        for row in rows:
            preview = dict(row)
            revision = (row["task_id"], row["revision"])
            if revision in firsts:
                firsts[revision]["previews"].append(preview)
                continue
            first = {
                name: value for name, value in preview.items() if name not in OF_FIRST_ONLY
            } | {"previews": []}
            firsts[revision] = first
            by_type.setdefault(str(row["task_type_id"]), []).append(first)
        return by_type


def _of_entity(entity: UUID) -> Select:
    file = PreviewFile
    measured = (file.data[name].label(f"original_{name}") for name in FROM_DATA)
    return (
        sa.select(*SHOWN, *measured)
        .join(Task, Task.id == file.task_id)
        .join(TaskType, TaskType.id == Task.task_type_id)
        .where(Task.entity_id == entity)
        .order_by(
            TaskType.priority.desc().nulls_last(),
            TaskType.name,
            TaskType.id,
            file.revision.desc(),
            file.position,
            file.created_at,
            file.id,
        )
    )
