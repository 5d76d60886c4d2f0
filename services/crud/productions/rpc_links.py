"""RPC methods of the task types and statuses that productions use."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.contracts.crud.productions import (
    NewTaskStatusInProduction,
    NewTaskTypeInProduction,
    OpenToClients,
)
from services.common.crud import writing
from services.common.crud.deletion import removal
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.errors import NotFound
from services.common.json_types import Json, JsonObject, Row
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud import bit_rates
from services.crud.models import (
    Project,
    ProjectTaskStatusLink,
    ProjectTaskTypeLink,
    ScheduleItem,
    project_status_automation_link,
)
from services.crud.policy.project_access import permitted_project, project_changed
from services.crud.policy.projects import CHANGE, PROJECTS

LINKS: Final = {
    "task-type": Resource(path="task-type-links", model=ProjectTaskTypeLink),
    "task-status": Resource(path="task-status-links", model=ProjectTaskStatusLink),
}


class TypeLinkRpc(ResourceService):
    """The task types and statuses of productions, and settings that ``tasks`` needs."""

    @query
    def read_production_rules(self, project_id: str) -> JsonObject:
        """The settings of a production that affect comments. For ``tasks``.

        Returns ``{"max_retakes", "is_clients_isolated", "is_set_preview_automated",
        "status_automations": [ids], "client_statuses": {status id: whether clients set it}}``;
        empty for an unknown production.
        """
        ident = UUID(project_id)
        link = project_status_automation_link.c
        automations = sa.select(link.status_automation_id).where(link.project_id == ident)
        status = ProjectTaskStatusLink
        own = sa.select(
            sa.func.coalesce(
                sa.func.json_object_agg(status.task_status_id, status.is_client_allowed),
                sa.text("'{}'::json"),
            )
        ).where(status.project_id == ident, status.is_client_allowed.is_not(None))
        row = sa.select(
            Project.max_retakes,
            Project.is_clients_isolated,
            Project.is_set_preview_automated,
            sa.func.array(automations.scalar_subquery()).label("status_automations"),
            own.scalar_subquery().label("client_statuses"),
        ).where(Project.id == ident)
        with self.database.read() as connection:
            rules = connection.execute(row).mappings().first()
        if rules is None:
            return {}
        return {**rules, "status_automations": [str(i) for i in rules["status_automations"]]}

    @query
    def list_users_of_task_type(self, task_type_id: str) -> list[str]:
        """The users of a task type as texts: productions by name, schedule items by count.

        For ``tasks``, which refuses to delete a type that is in use.
        """
        ident = UUID(task_type_id)
        link = ProjectTaskTypeLink
        names = (
            sa.select(Project.name)
            .join(link, link.project_id == Project.id)
            .where(link.task_type_id == ident)
            .order_by(Project.name)
        )
        item_count = sa.select(sa.func.count()).where(ScheduleItem.task_type_id == ident)
        with self.database.read() as connection:
            users = [f"project {name}" for name in connection.execute(names).scalars()]
            count = connection.scalar(item_count)
        return users + ([f"{count} schedule items"] if count else [])

    @command
    def link_task_type(self, data: JsonObject | None = None) -> Reply:
        """Add a task type to a production, or change its priority; an upsert. For its managers.

        Returns the link. Raises Forbidden, Integrity, InvalidInput. Emits ``project:update``.
        """
        return self._link(LINKS["task-type"], bodies.read(NewTaskTypeInProduction, data))

    @command
    def link_task_status(self, data: JsonObject | None = None) -> Reply:
        """Add a task status to a production, or change its priority and the roles of its board.

        Returns, raises and emits as ``link_task_type``.
        """
        return self._link(LINKS["task-status"], bodies.read(NewTaskStatusInProduction, data))

    def _link(
        self, resource: Resource, body: NewTaskTypeInProduction | NewTaskStatusInProduction
    ) -> Reply:
        facts = bodies.given(body)
        if not facts.get("roles_for_board"):
            # None named: those of the table for a new link, those it has for another.
            facts.pop("roles_for_board", None)
        PROJECTS.may[CHANGE].check(self, facts)
        writing.ask_targets(self, resource, facts, {})
        unique = ["project_id", next(n for n in facts if n.startswith("task_"))]
        values = {name: value for name, value in facts.items() if name not in unique}
        self._check_bit_rates(resource.table, facts, unique)
        statement = insert(resource.table).values(facts)
        link_id = self.tx.connection.scalar(
            # An upsert: concurrent requests for the same link must not fail.
            statement.on_conflict_do_update(
                index_elements=unique, set_={**values, "updated_at": NOW}
            ).returning(resource.table.c.id)
        )
        project_changed(self, facts["project_id"])
        return Reply(resource.view(self.tx, link_id))

    @command
    def open_status_to_clients(self, project_id: str, ident: str, data: Json = None) -> Reply:
        """Set whether clients of the production set a status; null: as the status says.

        Returns the link. For its managers. Raises InvalidInput, NotFound (also for a status that
        the production doesn't use), Forbidden. Emits ``project:update``.
        """
        allowed = bodies.read(OpenToClients, data).is_client_allowed
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        resource = LINKS["task-status"]
        link = resource.table
        change = sa.update(link).where(
            link.c.project_id == project, link.c.task_status_id == known_id(ident)
        )
        values = {"is_client_allowed": allowed, "updated_at": NOW}
        link_id = self.tx.connection.scalar(change.values(values).returning(link.c.id))
        if link_id is None:
            raise NotFound
        project_changed(self, project)
        return Reply(resource.view(self.tx, link_id))

    def _check_bit_rates(self, link: sa.Table, facts: Row, unique: list[str]) -> None:
        """Raise InvalidInput for bit rates that movies can't have."""
        if bit_rates.HIGH not in link.c:
            return
        run = self.tx.connection
        same = [link.c[name] == facts[name] for name in unique]
        before = run.execute(sa.select(link).where(*same)).mappings().first()
        project = sa.select(table_of(Project)).where(Project.id == facts["project_id"])
        parent = run.execute(project).mappings().first()
        bit_rates.check(facts, before or bit_rates.NOTHING, parent or bit_rates.NOTHING)

    @command
    def release_task_type(self, task_type_id: str) -> bool:
        """Remove a task type from all productions and schedules. For ``tasks``, before a deletion.

        Emits ``project:update`` and ``schedule-item:delete``.
        """
        ident, link = UUID(task_type_id), ProjectTaskTypeLink
        projects = self.tx.connection.scalars(
            sa.delete(link).where(link.task_type_id == ident).returning(link.project_id)
        ).all()
        for project in sorted(projects):
            project_changed(self, project)
        self._drop_items(ident)
        return True

    def _drop_items(self, task_type: UUID) -> None:
        """Delete the schedule items of a task type."""
        resource = self.registry["schedule-items"]
        item = resource.table.c
        rows = sa.select(item.id, item.project_id).where(item.task_type_id == task_type)
        # Locked in id order, so that concurrent requests don't deadlock.
        items = self.tx.connection.execute(rows.order_by(item.id).with_for_update()).mappings()
        rows_gone = [dict(row) for row in items]
        ids = [row["id"] for row in rows_gone]
        removal.remove(self, str(resource.table.name), ids)
        for row in rows_gone:
            self.tx.emit(self.registry.event(resource, "delete", row))
