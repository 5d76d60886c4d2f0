"""RPC methods of production teams. A membership is a row of ``project_person_link``."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.contracts.auth.events import PreviewAccountNew
from services.common.contracts.crud.productions import NewMember, NewRole
from services.common.contracts.tasks.events import TaskAssigned, TaskStaffed
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import InvalidInput, NotFound
from services.common.events.subscriber import Delivery, on
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Playlist, Project, ProjectStatus, project_person_link
from services.crud.policy.production_rows import OPEN, is_open
from services.crud.policy.project_access import (
    permitted_project,
    project_changed,
    project_reply,
    touch_project,
)
from services.crud.policy.projects import CHANGE, PROJECTS, SEE

LINK: Final = project_person_link.c
OPEN_STATUSES: Final = sa.select(ProjectStatus.id).where(
    sa.func.lower(ProjectStatus.name) == OPEN.lower()
)


class TeamRpc(ResourceService):
    """Production teams: their members, and what other services need of productions."""

    @query
    def list_memberships(self, person_id: str) -> dict[str, list[Any]]:
        """A person's memberships: ``{project id: [role or None, whether the production is open]}``.

        ``auth`` calls it to build an actor; without a role of its own a membership has the person's
        role in the studio.
        """
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
    def list_project_names(
        self, ids: list[str] | None = None, only_open: bool = False
    ) -> dict[str, str]:
        """Names of productions by id, of all if ``ids`` is None; unknown ids are left out."""
        statement = sa.select(Project.id, Project.name)
        if only_open:
            statement = statement.where(Project.project_status_id.in_(OPEN_STATUSES))
        if ids is not None:
            statement = statement.where(Project.id.in_([UUID(ident) for ident in ids]))
        with self.database.read() as connection:
            return {str(ident): name for ident, name in connection.execute(statement)}

    @query
    def list_projects_in_brief(self, ids: list[str]) -> dict[str, JsonObject]:
        """Name and avatar flag of productions by id, for a person's tasks.

        ``{id: {project_name, project_has_avatar}}``; unknown ids are left out.
        """
        statement = sa.select(Project.id, Project.name, Project.has_avatar)
        with self.database.read() as connection:
            return {
                str(ident): {"project_name": name, "project_has_avatar": avatar}
                for ident, name, avatar in connection.execute(
                    statement.where(Project.id.in_([UUID(ident) for ident in ids]))
                )
            }

    @query
    def read_counting_facts(self, project_id: str) -> JsonObject:
        """What figures need of a production: its rate and whom they are for. Raises NotFound.

        ``{fps, is_client_stats_visible}``.
        """
        row = sa.select(Project.fps, Project.is_client_stats_visible).where(
            Project.id == UUID(project_id)
        )
        with self.database.read() as connection:
            facts = connection.execute(row).mappings().first()
        if facts is None:
            raise NotFound
        return dict(facts)

    @query
    def list_open_project_ids(self, person_id: str | None = None) -> list[str]:
        """Ids of the open productions, or of those whose team a person is in."""
        statement = sa.select(Project.id).where(Project.project_status_id.in_(OPEN_STATUSES))
        if person_id is not None:
            projects = sa.select(LINK.project_id).where(LINK.person_id == UUID(person_id))
            statement = statement.where(Project.id.in_(projects))
        with self.database.read() as connection:
            return [str(ident) for ident in connection.scalars(statement)]

    @query
    def list_playlists_in_brief(self, ids: list[str]) -> dict[str, JsonObject]:
        """Playlists by id as notifications show them: ``{id: {name, for_entity, is_for_all}}``."""
        row = Playlist
        statement = sa.select(row.id, row.name, row.for_entity, row.is_for_all)
        with self.database.read() as connection:
            return {
                str(ident): {"name": name, "for_entity": kind, "is_for_all": for_all}
                for ident, name, kind, for_all in connection.execute(
                    statement.where(row.id.in_([UUID(ident) for ident in ids]))
                )
            }

    @query
    def list_team(self, project_id: str) -> dict[str, str | None]:
        """The members of a production: ``{person id: role of the membership or None}``."""
        statement = sa.select(LINK.person_id, LINK.role).where(LINK.project_id == UUID(project_id))
        with self.database.read() as connection:
            return {str(person): role for person, role in connection.execute(statement)}

    @query
    def list_client_roles(self, project_ids: list[str]) -> dict[str, JsonObject]:
        """Who is a client in productions, and who isn't, by the roles of the memberships.

        ``{project id: {"clients": [person id], "others": [person id], "isolated": bool}}``: members
        without a role of their own are in neither list, and have their role in the studio.
        ``isolated`` tells whether the production hides its clients' words from each other.
        """
        ids = [UUID(ident) for ident in project_ids]
        found: dict[str, JsonObject] = {}
        productions = sa.select(Project.id, Project.is_clients_isolated).where(Project.id.in_(ids))
        seats = sa.select(LINK.project_id, LINK.person_id, LINK.role)
        seats = seats.where(LINK.project_id.in_(ids), LINK.role.is_not(None))
        with self.database.read() as connection:
            for project, isolated in connection.execute(productions):
                found[str(project)] = {"clients": [], "others": [], "isolated": bool(isolated)}
            for project, person, role in connection.execute(seats):
                name = "clients" if role == "client" else "others"
                found[str(project)][name].append(str(person))
        return found

    @query
    def list_roles(
        self, project_ids: list[str], person_ids: list[str]
    ) -> dict[str, dict[str, str | None]]:
        """The roles of people's memberships: ``{project id: {person id: role or None}}``.

        Those who are in none of the teams are left out.
        """
        seats = sa.select(LINK.project_id, LINK.person_id, LINK.role).where(
            LINK.project_id.in_([UUID(ident) for ident in project_ids]),
            LINK.person_id.in_([UUID(ident) for ident in person_ids]),
        )
        found: dict[str, dict[str, str | None]] = {}
        with self.database.read() as connection:
            for project, person, role in connection.execute(seats):
                found.setdefault(str(project), {})[str(person)] = role
        return found

    @query
    def show_team(self, project_id: str) -> list[JsonObject]:
        """The members of a production as persons with ``project_role``. For the team.

        Raises NotFound, Forbidden.
        """
        project = permitted_project(self, project_id, PROJECTS.may[SEE])
        roles = self.list_team(str(project))
        persons = self.ask("auth", "list_persons_shown", ids=list(roles))
        return [{**person, "project_role": roles[person["id"]]} for person in persons]

    @command
    def join_team(self, project_id: str, data: JsonObject | None = None) -> Reply:
        """Add a person to the team, with a role in this production if one is given. For managers.

        Returns the production. Raises NotFound, Forbidden, InvalidInput. Emits ``project:update``
        for the new membership and for the role; nothing for an existing member without a role.
        """
        body = bodies.read(NewMember, data)
        person, role = body.person_id, body.role
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        account = self._person(person)
        of_production = account.get("preview_project_id")
        if of_production not in {None, str(project)}:
            message = "A preview account can only belong to its own project"
            raise InvalidInput(message)
        if of_production is not None:
            _refuse_role(role)
        if self._add_member(project, person):
            touch_project(self, project)
            project_changed(self, project, person)
        if role is not None:
            self._set_role(project, person, role)
            project_changed(self, project, person)
        return project_reply(self, project)

    @command
    def seat_assignee(self, project_id: str, person_id: str) -> bool:
        """Add an assignee to a production's team; idempotent. Returns whether they are new.

        For ``tasks`` only, which has checked that the caller may assign. Emits ``project:update``
        for a new member.
        """
        project = UUID(project_id)
        person = UUID(person_id)
        # Every assignment calls this, mostly for members: no event then.
        new = self._add_member(project, person)
        if new:
            project_changed(self, project, person)
        return new

    # Unordered: a seat is added, never taken, and twice is once. Besides ``seat_assignee``, which
    # ``tasks`` may die before it calls, and which not every way to assign calls.
    @on("task:assign")
    def seat_assigned(self, delivery: Delivery) -> None:
        """Who is given work in a production belongs to its team. Emits ``project:update`` if new.

        Nothing happens if person or production are gone.
        """
        message = msgspec.convert(delivery.payload, TaskAssigned)
        if isinstance(message.project_id, UUID):
            self._seat(message.project_id, message.person_id)

    # Unordered: a seat is added, and twice is once.
    @on("task:staffed")
    def seat_first_assignees(self, delivery: Delivery) -> None:
        """Who is assigned to a task from its creation belongs to the team, too.

        Emits ``project:update`` for each who is new. Nothing happens if person or production are
        gone.
        """
        message = msgspec.convert(delivery.payload, TaskStaffed)
        if isinstance(message.project_id, UUID):
            for person in message.person_ids:
                self._seat(message.project_id, person)

    # Unordered: a seat is added, and twice is once.
    @on("preview-account:new")
    def seat_preview_account(self, delivery: Delivery) -> None:
        """The account with which to look at a production is in its team.

        Emits ``project:update``. Nothing happens if account or production are gone.
        """
        message = msgspec.convert(delivery.payload, PreviewAccountNew)
        self._seat(message.project_id, message.person_id)

    @command
    def change_seat(
        self, project_id: str, person_id: str, data: JsonObject | None = None
    ) -> JsonObject:
        """Set a member's role in this production; null means their role in the studio.

        For managers. Returns ``{project_id, person_id, role}``. Raises NotFound, Forbidden,
        InvalidInput. Emits ``project:update``.
        """
        role = bodies.read(NewRole, data).role
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        person = known_id(person_id)
        found = self.ask("auth", "list_full_persons", ids=[str(person)])
        if found.get(str(person), {}).get("preview_project_id") is not None:
            _refuse_role(role)
        if not self._set_role(project, person, role):
            message = "Person is not a member of the project team"
            raise InvalidInput(message)
        project_changed(self, project, person)
        return {"project_id": str(project), "person_id": str(person), "role": role}

    @command
    def leave_team(self, project_id: str, person_id: str) -> Reply:
        """Remove a person from the team; their assignments stay. For managers.

        Raises NotFound, Forbidden. Emits ``project:update``.
        """
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        person = known_id(person_id)
        # No error for somebody who is not in it: a repeated request succeeds.
        membership = sa.delete(project_person_link).where(
            LINK.project_id == project, LINK.person_id == person
        )
        self.tx.connection.execute(membership)
        project_changed(self, project, person)
        return Reply(b"")

    def _person(self, person: UUID) -> JsonObject:
        """The person with that id, in full. Raises InvalidInput."""
        # People belong to ``auth``: no foreign key would refuse an unknown id.
        found = self.ask("auth", "list_full_persons", ids=[str(person)])
        if str(person) not in found:
            message = f"Person with id {person} not found"
            raise InvalidInput(message)
        account: JsonObject = found[str(person)]
        return account

    def _seat(self, project: UUID, person: UUID) -> None:
        """Add a person to a team, unless one of the two is gone."""
        if cross_references.was_deleted(self, person):
            return
        # Locked: it can't be deleted before the seat is written.
        held = sa.select(Project.id).where(Project.id == project)
        held = held.with_for_update(read=True, key_share=True)
        if self.tx.connection.scalar(held) is not None and self._add_member(project, person):
            project_changed(self, project, person)

    def _add_member(self, project: UUID, person: UUID) -> bool:
        """Insert a membership; returns whether it is new."""
        row = {"project_id": project, "person_id": person}
        # Idempotent: only a new row is announced by an event.
        statement = insert(project_person_link).values(row).on_conflict_do_nothing()
        return bool(self.tx.connection.execute(statement).rowcount)

    def _set_role(self, project: UUID, person: UUID, role: str | None) -> bool:
        statement = (
            sa.update(project_person_link)
            .where(LINK.project_id == project, LINK.person_id == person)
            .values(role=role)
        )
        return bool(self.tx.connection.execute(statement).rowcount)


def _refuse_role(role: str | None) -> None:
    """Raise InvalidInput for a role that a production's preview account can't have."""
    if role not in {None, "client"}:
        message = "A preview account keeps its client role"
        raise InvalidInput(message)
