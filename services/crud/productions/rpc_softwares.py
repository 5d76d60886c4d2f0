"""RPC methods of the software with which productions work on their task types."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.access.rules import anyone
from services.common.contracts.crud.productions import ChosenSoftware
from services.common.crud import cross_references
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import ProjectTaskTypeLink, ProjectTaskTypeSoftwareLink, Software
from services.crud.policy.project_access import permitted_project, project_changed
from services.crud.policy.projects import CHOOSE_SOFTWARE, PROJECTS, SEE

LINK: Final = table_of(ProjectTaskTypeSoftwareLink)
ENDS: Final = ("project_id", "task_type_id", "software_id")
MALFORMED: Final = "task_type_id and software_id must be valid UUIDs."


class SoftwareRpc(ResourceService):
    """The software of a production's task types."""

    @query
    def list_softwares_of_task_types(self, project_id: str) -> Reply:
        """What the production works with, by task type. For its team.

        Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, PROJECTS.may[SEE])
        rows = sa.select(*(LINK.c[name] for name in ENDS)).where(LINK.c.project_id == project)
        return lists.json_array(self, rows.order_by(LINK.c.task_type_id, LINK.c.software_id))

    @command
    def choose_software(
        self, project_id: str, task_type_id: str, data: Json = None
    ) -> dict[str, str]:
        """Have the production work with software on one of its task types.

        For its managers, and supervisors of the task type's department. Raises InvalidInput,
        Forbidden, NotFound. Emits ``project:update`` where it is new.
        """
        software_id = bodies.read(ChosenSoftware, data).software_id
        task_type, software = self._permitted_choice(project_id, task_type_id, software_id)
        project = permitted_project(self, project_id, anyone)
        self._check_usable(project, task_type, software)
        ends = dict(zip(ENDS, (project, task_type, software), strict=True))
        insertion = insert(LINK).values(id=uuid4(), **ends).on_conflict_do_nothing()
        if self.tx.connection.execute(insertion).rowcount:
            project_changed(self, project)
        return {name: str(ident) for name, ident in ends.items()}

    @command
    def drop_software(self, project_id: str, task_type_id: str, software_id: str) -> Reply:
        """Have the production work with it no longer, if it did. For whom ``choose_software`` is.

        Raises InvalidInput, Forbidden, NotFound. Emits ``project:update`` where it did.
        """
        task_type, software = self._permitted_choice(project_id, task_type_id, software_id)
        project = permitted_project(self, project_id, anyone)
        ends = zip(ENDS, (project, task_type, software), strict=True)
        removal = sa.delete(LINK).where(*(LINK.c[name] == ident for name, ident in ends))
        if self.tx.connection.execute(removal).rowcount:
            project_changed(self, project)
        return Reply(b"")

    def _permitted_choice(
        self, project_id: str, task_type_id: str, software_id: str
    ) -> tuple[UUID, UUID]:
        """The ids, of somebody who may choose. Raises Forbidden, NotFound, InvalidInput."""
        project, task_type = _id_or_none(project_id), _id_or_none(task_type_id)
        role = self.actor.role_in(project)
        if role == "supervisor" and not self._is_task_type(task_type):
            raise NotFound  # there is no department to supervise
        facts = {"project_id": project, "task_type_id": task_type}
        PROJECTS.may[CHOOSE_SOFTWARE].check(self, facts)
        software = _id_or_none(software_id)
        if task_type is None or software is None:
            raise InvalidInput(MALFORMED)
        return task_type, software

    def _is_task_type(self, ident: UUID | None) -> bool:
        if ident is None:
            return False
        key = ("tasks", "task_type")
        return ident in cross_references.ask_existing(self, {key: {ident}})[key]

    def _check_usable(self, project: UUID, task_type: UUID, software: UUID) -> None:
        """Raise InvalidInput or NotFound if the production can't work with it."""
        link = ProjectTaskTypeLink
        used = sa.exists().where(link.project_id == project, link.task_type_id == task_type)
        archived = sa.select(sa.func.coalesce(Software.archived, sa.false()))
        with self.database.read() as connection:
            is_used = connection.scalar(sa.select(used))
            is_archived = connection.scalar(archived.where(Software.id == software))
        if not is_used:
            message = "The task type is not a task type of the project."
            raise InvalidInput(message)
        if is_archived is None:
            raise NotFound
        if is_archived:
            message = "The software is archived."
            raise InvalidInput(message)


def _id_or_none(text: str) -> UUID | None:
    try:
        return parse_id(text)
    except BadValue:
        return None
