"""RPC methods of department members."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.models import Department, Person, department_link
from services.auth.policy.account_fields import visible
from services.auth.policy.protected import account_to_change
from services.common import bodies
from services.common.access.rules import admin
from services.common.contracts.auth.people import DepartmentOfPerson
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id, path_id
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

LINK = department_link.c


class DepartmentRpc(ResourceService):
    """Members of departments."""

    @command
    def join_department(self, ident: str, data: JsonObject | None = None) -> Reply:
        """Add a person to the department ``department_id``; idempotent. For administrators.

        Returns the person. Raises Forbidden, NotFound, InvalidInput. Emits ``person:update``.
        """
        department = bodies.read(DepartmentOfPerson, data).department_id
        person = self._person_for_admin(ident)
        if self.tx.session.get(Department, department) is None:
            message = f"Department with id {department} not found"
            raise InvalidInput(message)
        row = {"person_id": person, "department_id": department}
        self.tx.connection.execute(insert(department_link).values(row).on_conflict_do_nothing())
        self._person_changed(person)
        return Reply(self.registry["persons"].view(self.tx, person))

    @command
    def leave_department(self, ident: str, department_id: str) -> Reply:
        """Remove a person from a department; idempotent. For administrators.

        Raises Forbidden, NotFound. Emits ``person:update``.
        """
        person = self._person_for_admin(ident)
        department = known_id(department_id)
        if self.tx.session.get(Department, department) is None:
            raise NotFound
        membership = sa.delete(department_link).where(
            LINK.person_id == person, LINK.department_id == department
        )
        self.tx.connection.execute(membership)
        self._person_changed(person)
        return Reply(b"")

    @query
    def list_persons_of_department(self, department_id: str) -> Reply:
        """The members of a department by name, with their departments.

        In full for administrators; clients see those of their productions, in brief.
        Raises InvalidInput, NotFound.
        """
        department = path_id(department_id)
        resource = self.registry["persons"]
        seen = visible(self.actor, single=False)
        # To clients, too: all of the reduced form but the log-in.
        only = None if seen is None else seen | {"departments", "studio_id"}
        members = sa.select(LINK.person_id).where(LINK.department_id == department)
        person = resource.table.c
        rows = sa.select(*resource.columns(only, relations=True)).where(person.id.in_(members))
        rows = resource.scoped(self, rows)
        with self.database.read() as connection:
            if not connection.scalar(sa.select(sa.exists().where(Department.id == department))):
                raise NotFound
        return lists.json_array(self, rows.order_by(person.first_name, person.last_name, person.id))

    def _person_for_admin(self, ident: str) -> UUID:
        admin.check(self, {})
        account = account_to_change(self, known_id(ident))
        # Locked, so that the person can't be deleted before the link is written.
        person: Person = self.tx.get(Person, account["id"], lock=True)
        return person.id

    def _person_changed(self, person: UUID) -> None:
        self.tx.emit(self.registry.event(self.registry["persons"], "update", {"id": person}))
