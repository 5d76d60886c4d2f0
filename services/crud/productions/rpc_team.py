"""RPC methods of production teams; ``auth`` calls ``memberships`` when it builds an actor."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.rules import manager, team
from services.common.contracts.tasks import TaskAssigned
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_id
from services.common.errors import InvalidInput, invalid_field
from services.common.events.subscriber import Delivery, on
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Playlist, Project, ProjectStatus, project_person_link
from services.crud.policy.project_access import permitted_project, project_changed, shown_project
from services.crud.policy.project_rules import OPEN, is_open

LINK: Final = project_person_link.c
#: Roles somebody may have in a production; administrators are that everywhere.
SEATS: Final = ("user", "supervisor", "manager", "client", "vendor")


class TeamRpc(ResourceService):
    """Production teams."""

    @query
    def memberships(self, person_id: str) -> dict[str, list[Any]]:
        """Productions a person is in: ``{project id: [role there or None, is it open]}``."""
        statement = (
            sa.select(LINK.project_id, LINK.role, ProjectStatus.name)
            .join(Project, Project.id == LINK.project_id)
            .outerjoin(ProjectStatus, ProjectStatus.id == Project.project_status_id)
            .where(LINK.person_id == UUID(person_id))
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
        return {str(project): [role, is_open(status)] for project, role, status in rows}

    @query
    def project_names(self, ids: list[str] | None = None) -> dict[str, str]:
        """The names of these productions (of all when None) by id; unknown ids are left out."""
        statement = sa.select(Project.id, Project.name)
        if ids is not None:
            statement = statement.where(Project.id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}

    @query
    def projects_in_brief(self, ids: list[str]) -> dict[str, JsonObject]:
        """Name and avatar of these productions, as a person's tasks show them."""
        statement = sa.select(Project.id, Project.name, Project.has_avatar)
        with self.database.read() as connection:
            return {
                str(ident): {"project_name": name, "project_has_avatar": avatar}
                for ident, name, avatar in connection.execute(
                    statement.where(Project.id.in_([UUID(one) for one in ids]))
                )
            }

    @query
    def open_projects(self, person_id: str | None = None) -> list[str]:
        """The productions being worked on, or those of them whose team a person is in."""
        statement = (
            sa.select(Project.id)
            .join(ProjectStatus, ProjectStatus.id == Project.project_status_id)
            .where(sa.func.lower(ProjectStatus.name) == OPEN.lower())
        )
        if person_id is not None:
            mine = sa.select(LINK.project_id).where(LINK.person_id == UUID(person_id))
            statement = statement.where(Project.id.in_(mine))
        with self.database.read() as connection:
            return [str(ident) for ident in connection.scalars(statement)]

    @query
    def playlists_in_brief(self, ids: list[str]) -> dict[str, JsonObject]:
        """Name and kind of these playlists, as notifications show them."""
        row = Playlist
        statement = sa.select(row.id, row.name, row.for_entity, row.is_for_all)
        with self.database.read() as connection:
            return {
                str(ident): {"name": name, "for_entity": kind, "is_for_all": for_all}
                for ident, name, kind, for_all in connection.execute(
                    statement.where(row.id.in_([UUID(one) for one in ids]))
                )
            }

    @query
    def team_of(self, project_id: str) -> dict[str, str | None]:
        """The people of a production with the role they have there, if it is one of its own."""
        statement = sa.select(LINK.person_id, LINK.role).where(LINK.project_id == UUID(project_id))
        with self.database.read() as connection:
            return {str(person): role for person, role in connection.execute(statement)}

    @query
    def show_team(self, project_id: str) -> list[JsonObject]:
        """The team as persons, each with ``project_role``. For the team itself.

        Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, team)
        roles = self.team_of(str(project))
        persons = self.ask("auth", "persons_shown", ids=list(roles))
        return [{**person, "project_role": roles[person["id"]]} for person in persons]

    @command
    def join_team(self, project_id: str, data: JsonObject | None = None) -> Reply:
        """Take somebody into the team, with a role of their own if one is given.

        Returns the production. Raises NotFound, Forbidden, InvalidInput. Emits ``project:update``
        for the seat and for the role, nothing if the person sits there already.
        """
        person, role = _seat(data or {})
        project = permitted_project(self, project_id, manager)
        self._known_person(person)
        if self._sit(project, person):
            project_changed(self, project)
        if role is not None:
            self._set_role(project, person, role)
            project_changed(self, project)
        return shown_project(self, project)

    @command
    def seat_assignee(self, project_id: str, person_id: str) -> bool:
        """Who is given work in a production belongs to its team. Emits ``project:update`` if new.

        Called by ``tasks``, which has decided whether the caller may give that work.
        """
        project = UUID(project_id)
        new = self._sit(project, UUID(person_id))
        if new:
            project_changed(self, project)
        return new

    # Unordered: a seat is added, never taken, and twice is once. Not ``seat_assignee`` alone, which
    # ``tasks`` calls so that the team shows at once who was assigned: it may die before it does,
    # and not every way to assign calls it.
    @on("task:assign")
    def seat_assigned(self, delivery: Delivery) -> None:
        """Who is given work in a production belongs to its team. Emits ``project:update`` if new.

        Nothing happens if person or production are gone.
        """
        given = msgspec.convert(delivery.payload, TaskAssigned)
        if not isinstance(given.project_id, UUID) or cross_references.gone(self, given.person_id):
            return
        # Locked: it can't be deleted before the seat is written.
        held = sa.select(Project.id).where(Project.id == given.project_id)
        known = self.tx.connection.scalar(held.with_for_update(read=True, key_share=True))
        if known is not None and self._sit(known, given.person_id):
            project_changed(self, known)

    @command
    def change_seat(
        self, project_id: str, person_id: str, data: JsonObject | None = None
    ) -> JsonObject:
        """Give a member another role in this production, or with null their own again.

        Raises NotFound, Forbidden, InvalidInput. Emits ``project:update``.
        """
        role = _role(data or {})
        project = permitted_project(self, project_id, manager)
        person = known_id(person_id)
        if not self._set_role(project, person, role):
            message = "Person is not a member of the project team"
            raise InvalidInput(message)
        project_changed(self, project)
        return {"project_id": str(project), "person_id": str(person), "role": role}

    @command
    def leave_team(self, project_id: str, person_id: str) -> Reply:
        """Take somebody off the team; their tasks stay theirs. Emits ``project:update``."""
        project = permitted_project(self, project_id, manager)
        gone = sa.delete(project_person_link).where(
            LINK.project_id == project, LINK.person_id == known_id(person_id)
        )
        self.tx.connection.execute(gone)
        project_changed(self, project)
        return Reply(b"")

    def _known_person(self, person: UUID) -> None:
        found = self.ask("auth", "existing_rows", tables={"person": [str(person)]})
        if not found["person"]:
            message = f"Person with id {person} not found"
            raise InvalidInput(message)

    def _sit(self, project: UUID, person: UUID) -> bool:
        row = {"project_id": project, "person_id": person}
        # Twice is once: only a new seat is an event.
        statement = insert(project_person_link).values(row).on_conflict_do_nothing()
        return bool(self.tx.connection.execute(statement).rowcount)

    def _set_role(self, project: UUID, person: UUID, role: str | None) -> bool:
        statement = (
            sa.update(project_person_link)
            .where(LINK.project_id == project, LINK.person_id == person)
            .values(role=role)
        )
        return bool(self.tx.connection.execute(statement).rowcount)


def _role(data: JsonObject) -> str | None:
    """The role in a body. Raises InvalidInput."""
    role = data.get("role")
    if role is not None and role not in SEATS:
        message = f"Input should be one of: {', '.join(SEATS)}"
        raise invalid_field("role", message)
    return role


def _seat(data: JsonObject) -> tuple[UUID, str | None]:
    """Person and role of a body. Raises InvalidInput."""
    given = data.get("person_id")
    role = _role(data)
    if given is None:
        raise invalid_field("person_id", "Field required")
    try:
        return parse_id(given), role
    except BadValue:
        message = f"Person with id {given} not found"
        raise InvalidInput(message) from None
