"""RPC methods that copy schedule versions, and apply them to their production."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import bodies, queries
from services.common.access.rules import Rule
from services.common.contracts.crud.events import ScheduleApplied, ScheduleVersionUpdated
from services.common.contracts.crud.schedules import SourceVersion, TaskLinkQuery
from services.common.crud import cross_references
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.database import change_version
from services.common.database.tables import NOW, table_of
from services.common.errors import InvalidInput
from services.common.json_types import Json, JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Project
from services.crud.policy.project_access import project_changed
from services.crud.policy.schedules import CHANGE_VERSION, SCHEDULE_VERSIONS
from services.crud.schedules.versions import (
    LINK,
    VERSION,
    copy_links,
    link_tasks,
    links_as_json,
    project_of_version,
)


class ScheduleVersionRpc(ResourceService):
    """The tasks of schedule versions."""

    @query
    def list_version_tasks(self, version_id: str, query: dict[str, str] | None = None) -> Reply:
        """The tasks of a version with their dates; with ``relations=true`` their assignees, too.

        ``task_type_id`` in the query narrows. For the team except clients and vendors.
        Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(TaskLinkQuery, query)
        version, project = self._permitted_version(version_id, SCHEDULE_VERSIONS.lister)
        resource = self.registry["production-schedule-version-task-links"]
        rows = sa.select(*resource.columns(None, relations=asked.relations))
        rows = rows.where(LINK.c.production_schedule_version_id == version)
        if task_type := asked.task_type_id:
            question = {"project_id": str(project), "task_type_id": str(task_type)}
            tasks = self.ask("tasks", "list_tasks_of_type", **question)
            rows = rows.where(cross_references.in_ids(LINK.c.task_id, map(UUID, tasks)))
        return lists.json_array(self, rows, *resource.order)

    @command
    def copy_tasks_to_version(self, version_id: str) -> JsonObject:
        """Set the version's tasks, dates and assignees to those of the production now.

        Links of other tasks stay. For managers. Raises NotFound, Forbidden.
        """
        version, project = self._permitted_version(
            version_id, SCHEDULE_VERSIONS.may[CHANGE_VERSION]
        )
        reply = self.ask_raw("tasks", "list_schedule", project_id=str(project))
        self.tx.locked(VERSION, version)
        count = link_tasks(self, version, reply.decode())
        # No event tells of it.
        change_version.touch(self.tx)
        return {"success": True, "task_link_count": count}

    @command
    def copy_version(self, version_id: str, data: Json = None) -> JsonObject:
        """Set the version's tasks, dates and assignees to those of another version.

        Links of other tasks stay. For managers. Raises NotFound, Forbidden, InvalidInput.
        Emits ``production_schedule_version:update``.
        """
        source = bodies.read(SourceVersion, data).production_schedule_version_id
        version, project = self._permitted_version(
            version_id, SCHEDULE_VERSIONS.may[CHANGE_VERSION]
        )
        if source == version:
            message = "A production schedule version cannot be copied onto itself."
            raise InvalidInput(message)
        # Both in the order of ids, so that two copies don't wait for each other.
        rows = {ident: self.tx.locked(VERSION, ident) for ident in sorted((version, source))}
        if rows[source]["project_id"] != project:
            message = "Production schedule versions must belong to the same project."
            raise InvalidInput(message)
        change = sa.update(VERSION).where(VERSION.c.id == version)
        values = {"production_schedule_from": source, "updated_at": NOW}
        self.tx.connection.execute(change.values(values))
        count = copy_links(self, version, source)
        self._version_changed(version, project)
        return {"success": True, "task_link_count": count}

    @command
    def apply_version(self, version_id: str) -> JsonObject:
        """Give the production's tasks the dates and estimations of the version, and lock it.

        ``tasks`` does its part from an event, which holds them: what becomes of the version
        meanwhile doesn't matter. For managers. Raises NotFound, Forbidden. Emits
        ``production_schedule_version:update`` and ``project:update``; tasks ``task:update``.
        """
        version, project = self._permitted_version(
            version_id, SCHEDULE_VERSIONS.may[CHANGE_VERSION]
        )
        # The version first, as whoever deletes it does.
        self.tx.locked(VERSION, version)
        self.tx.locked(table_of(Project), project)
        tasks, count = links_as_json(self, version)
        run = self.tx.connection
        change = sa.update(VERSION).where(VERSION.c.id == version)
        run.execute(change.values(locked=True, updated_at=NOW))
        pointed = sa.update(Project).where(Project.id == project)
        run.execute(pointed.values(from_schedule_version_id=version, updated_at=NOW))
        if count:
            self.tx.emit(ScheduleApplied(project_id=project, tasks=msgspec.Raw(tasks.encode())))
        self._version_changed(version, project)
        project_changed(self, project)
        return {"success": True, "task_count": count}

    def _permitted_version(self, version_id: str, rule: Rule) -> tuple[UUID, UUID]:
        """The version and its production. Raises NotFound, Forbidden."""
        version, project = project_of_version(self, version_id)
        rule.check(self, {"project_id": project})
        return version, project

    def _version_changed(self, version: UUID, project: UUID) -> None:
        ids = {"production_schedule_version_id": version, "project_id": project}
        self.tx.emit(ScheduleVersionUpdated(**ids))
