"""RPC methods of a production's settings: its types, statuses, automations and backgrounds."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.contracts.crud.productions import CHOSEN, ChosenTogether
from services.common.crud import cross_references
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import InvalidInput
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.parts import (
    ASSET_TYPES,
    AUTOMATIONS,
    BACKGROUNDS,
    STATUSES,
    TYPES,
    Part,
    link_defaults,
)
from services.crud.policy.project_access import (
    permitted_project,
    project_changed,
    project_reply,
    touch_project,
)
from services.crud.policy.projects import CHANGE, PROJECTS, SEE

CHOICES: Final = {
    "task-types": TYPES,
    "task-status": STATUSES,
    "asset-types": ASSET_TYPES,
    "status-automations": AUTOMATIONS,
    "preview-background-files": BACKGROUNDS,
}
#: Of these an event is emitted even if nothing changes.
ALWAYS_TOLD: Final = TYPES


class ProjectSettingsRpc(ResourceService):
    """Settings of a production that are lists."""

    @query
    def list_chosen(self, project_id: str, kind: str) -> Reply:
        """What the production uses, as plain rows; for its team. Raises NotFound, Forbidden."""
        project = permitted_project(self, project_id, PROJECTS.may[SEE])
        choice = CHOICES[kind]
        link = choice.of_projects.c
        ids = sa.select(link[choice.key]).where(link.project_id == project)
        if choice.service == self.name:
            resource = self.registry[choice.path]
            rows = sa.select(*resource.columns(None, relations=False))
            return lists.json_array(self, rows.where(resource.table.c.id.in_(ids)))
        with self.database.read() as connection:
            row_ids = [str(ident) for ident in connection.execute(ids).scalars()]
        if not row_ids:
            return Reply(b"[]")
        body = self.ask_raw(choice.service, "list_rows_shown", path=choice.path, ids=row_ids)
        return lists.compressed(body)

    @command
    def choose(self, project_id: str, kind: str, data: Json = None) -> Reply:
        """Use something in the production; what is used already stays as it is.

        Returns the production. Raises NotFound, Forbidden, InvalidInput. Emits ``project:update``,
        for what was used already only where it is a task type.
        """
        choice, body = CHOICES[kind], asdict(bodies.read(CHOSEN[kind], data))
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        row_id = body[choice.key]
        if not self._existing({choice: {row_id}})[choice]:
            message = f"{choice.name} with id {row_id} not found"
            raise InvalidInput(message)
        added = self._insert_links(choice, project, {row_id: body.get("priority")})
        if added or choice is ALWAYS_TOLD:
            project_changed(self, project)
        return project_reply(self, project)

    @command
    def drop(self, project_id: str, kind: str, ident: str) -> Reply:
        """Use something no longer in the production. Raises NotFound, Forbidden.

        Emits ``project:update``.
        """
        choice = CHOICES[kind]
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        row_id = known_id(ident)
        link = choice.of_projects
        self.tx.connection.execute(
            sa.delete(link).where(link.c.project_id == project, link.c[choice.key] == row_id)
        )
        project_changed(self, project)
        return Reply(b"")

    @command
    def choose_many(self, project_id: str, data: Json = None) -> Reply:
        """Use many things at once: adds the missing, sets the priorities given, skips unknown ids.

        ``replace_task_types`` drops the task types that aren't named. Returns the production.
        Raises NotFound, Forbidden, InvalidInput. Emits ``project:update`` once.
        """
        batch = bodies.read(ChosenTogether, data)
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        types = {item.task_type_id: item.priority for item in batch.task_types}
        existing = self._existing(
            {
                TYPES: set(types),
                STATUSES: set(batch.task_status_ids),
                ASSET_TYPES: set(batch.asset_type_ids),
            }
        )
        task_types = {
            ident: priority for ident, priority in types.items() if ident in existing[TYPES]
        }
        # Deleted in the transaction of the inserts below: readers never see the production without
        # types.
        if batch.replace_task_types:
            link = TYPES.of_projects
            other_types = link.c[TYPES.key].not_in(task_types)
            self.tx.connection.execute(
                sa.delete(link).where(link.c.project_id == project, other_types)
            )
        self._insert_links(TYPES, project, task_types)
        self._set_priorities(project, task_types)
        for choice in (STATUSES, ASSET_TYPES):
            self._insert_links(choice, project, dict.fromkeys(existing[choice]))
        project_changed(self, project)
        return project_reply(self, project)

    def _existing(self, references: dict[Part, set[UUID]]) -> dict[Part, set[UUID]]:
        """Those that exist; calls their owners."""
        foreign: cross_references.IdsByTable = {}
        for choice, ids in references.items():
            foreign[choice.service, choice.table] = ids
        # Backgrounds are rows of this service: read here instead of by a call to itself.
        backgrounds = foreign.pop((self.name, BACKGROUNDS.table), set())
        existing = cross_references.ask_existing(self, foreign)
        if backgrounds:
            with self.database.read() as connection:
                local = cross_references.existing(
                    connection, self.metadata, BACKGROUNDS.table, backgrounds
                )
            existing[self.name, BACKGROUNDS.table] = local
        return {choice: existing[choice.service, choice.table] for choice in references}

    def _insert_links(
        self, choice: Part, project: UUID, rows_by_id: dict[UUID, int | None]
    ) -> bool:
        """Insert the missing links; returns whether there were any."""
        if not rows_by_id:
            return False
        link = choice.of_projects
        rows = [
            {
                **link_defaults(link),
                "project_id": project,
                choice.key: ident,
                **_priority(link, priority),
            }
            for ident, priority in rows_by_id.items()
        ]
        # What is linked keeps its priority and roles.
        insertion = insert(link).values(rows).on_conflict_do_nothing()
        added = bool(self.tx.connection.execute(insertion).rowcount)
        if added:
            touch_project(self, project)
        return added

    def _set_priorities(self, project: UUID, priorities: dict[UUID, int | None]) -> None:
        """Set the priorities given."""
        link = TYPES.of_projects
        for ident, priority in priorities.items():
            if priority is not None:
                self.tx.connection.execute(
                    sa.update(link)
                    .where(link.c.project_id == project, link.c.task_type_id == ident)
                    .values(priority=priority, updated_at=NOW)
                )


def _priority(link: sa.Table, priority: int | None) -> dict[str, int | None]:
    return {"priority": priority} if "priority" in link.c else {}
