"""RPC methods for other services: productions of tasks, and the caller's permissions on them."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.common.crud.resource_service import ResourceService
from services.common.runtime.rpc_server import query
from services.tasks.models import PreviewFile, Task, TaskType, task_person_link
from services.tasks.policy import access
from services.tasks.policy.tasks import TASKS


class InternalRpc(ResourceService):
    """Lookups and permission checks on tasks for other services."""

    @query
    def list_projects_of_tasks(self, ids: list[str]) -> dict[str, str | None]:
        """The production of each task, ``{task id: project id}``; unknown ids are left out."""
        task_ids = [UUID(ident) for ident in ids]
        statement = sa.select(Task.id, Task.project_id).where(Task.id.in_(task_ids))
        with self.database.read() as connection:
            return {
                str(ident): str(project) if project else None
                for ident, project in connection.execute(statement)
            }

    @query
    def list_extensions_of_previews(self, ids: list[str]) -> dict[str, str | None]:
        """The extensions of preview files, ``{preview file id: extension}``; for search results."""
        statement = sa.select(PreviewFile.id, PreviewFile.extension)
        statement = statement.where(PreviewFile.id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}

    @query
    def list_entities_of_previews(self, ids: list[str]) -> dict[str, str | None]:
        """The entities of preview files, ``{preview file id: entity id}``; without unknown ids."""
        statement = sa.select(PreviewFile.id, Task.entity_id)
        statement = statement.join(Task, Task.id == PreviewFile.task_id)
        statement = statement.where(PreviewFile.id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return {
                str(ident): str(entity) if entity else None
                for ident, entity in connection.execute(statement)
            }

    @query
    def read_department_of_task_type(self, task_type_id: str) -> str | None:
        """The department of a task type, or None."""
        statement = sa.select(TaskType.department_id).where(TaskType.id == UUID(task_type_id))
        with self.database.read() as connection:
            department = connection.scalar(statement)
        return str(department) if department else None

    @query
    def list_newest_durations(self, project_id: str, task_type_id: str) -> dict[str, float | None]:
        """Seconds of the newest preview on a production's tasks of a type, by entity.

        Entities without such a preview are left out.
        """
        statement = (
            sa.select(Task.entity_id, PreviewFile.duration)
            .join(PreviewFile, PreviewFile.task_id == Task.id)
            .where(Task.project_id == UUID(project_id), Task.task_type_id == UUID(task_type_id))
            .order_by(Task.entity_id, PreviewFile.created_at.desc(), PreviewFile.id)
            .ext(distinct_on(Task.entity_id))
        )
        with self.database.read() as connection:
            return {str(ident): seconds for ident, seconds in connection.execute(statement)}

    @query
    def read_rights_on_task(self, ident: str) -> dict[str, bool]:
        """The caller's permissions on a task: ``{"read": bool, "act": bool}``."""
        facts = access.task_facts(self, UUID(ident))
        if facts is None:
            return {"read": False, "act": False}
        act = access.may_act(self, UUID(ident), facts)
        return {"read": self.actor.is_admin or TASKS.reader.test(self, facts), "act": act}

    @query
    def read_rights_on_entity(self, ident: str) -> dict[str, bool]:
        """The caller's permissions on an entity: ``{"read": bool, "act": bool}``.

        ``act`` is for managers and people with a task on the entity.
        """
        entity = UUID(ident)
        projects = self.ask("assets", "list_projects_of_entities", ids=[ident])
        project = UUID(projects[ident]) if ident in projects else None
        role = self.actor.role_in(project)
        with self.database.read() as connection:
            assigned = bool(
                connection.scalar(sa.select(access.assigned_to_entity(self.actor.id, entity)))
            )
        # Vendors see an entity only with a task on it.
        reads = role is not None and (role != "vendor" or assigned)
        return {"read": reads, "act": role in {"admin", "manager"} or (reads and assigned)}

    @query
    def is_assigned_to_entity(self, ident: str) -> bool:
        """Whether the caller has a task on the entity."""
        assigned = access.assigned_to_entity(self.actor.id, UUID(ident))
        with self.database.read() as connection:
            return bool(connection.scalar(sa.select(assigned)))

    @query
    def list_worked_on(self, ids: list[str]) -> list[str]:
        """The ids of those entities that have a task."""
        statement = sa.select(Task.entity_id).distinct()
        statement = statement.where(Task.entity_id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return [str(ident) for ident in connection.scalars(statement)]

    @query
    def list_assigned_entities(self) -> list[str]:
        """The ids of the entities on which the caller has a task."""
        link = task_person_link
        statement = (
            sa.select(Task.entity_id)
            .distinct()
            .join(link, link.c.task_id == Task.id)
            .where(link.c.person_id == self.actor.id)
        )
        with self.database.read() as connection:
            return [str(ident) for ident in connection.execute(statement).scalars() if ident]

    @query
    def list_assignments(self) -> dict[str, str | None]:
        """The tasks of the caller with their entities, ``{task id: entity id}``, for gateways."""
        link = task_person_link
        statement = (
            sa.select(Task.id, Task.entity_id)
            .join(link, link.c.task_id == Task.id)
            .where(link.c.person_id == self.actor.id)
        )
        with self.database.read() as connection:
            return {
                str(task): str(entity) if entity else None
                for task, entity in connection.execute(statement)
            }
