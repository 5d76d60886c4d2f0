"""RPC methods on people for other services."""

from __future__ import annotations

from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa

from services.auth.config import settings_of
from services.auth.models import Department, Person, department_link
from services.auth.policy import account_fields, person_rules
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import as_json
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply


class InternalRpc(ResourceService):
    """People as other services show them."""

    @query
    def list_persons_shown(self, ids: list[str]) -> Reply:
        """Persons as the caller may see them, as an array: complete for managers, else reduced."""
        resource = self.registry["persons"]
        only = account_fields.visible(self.actor, single=True)
        columns = resource.columns(only, relations=only in {None, account_fields.FULL})
        where = resource.table.c.id.in_([UUID(ident) for ident in ids])
        shown = as_json(columns, resource.table, where, person_rules.IS_SOMEBODY)
        with self.database.read() as connection:
            rows = connection.execute(shown).scalars().all()
        return Reply(f"[{','.join(rows)}]".encode())

    @query
    def list_mentionable(self, ids: list[str]) -> JsonObject:
        """Names that a comment may mention: of these people, and of all departments.

        Returns ``{"people": {id: "First Last"}, "departments": {id: name}, "members":
        {department id: [ids of these people who are members]}}``.
        """
        person_ids = [UUID(ident) for ident in ids]
        people = sa.select(Person.id, Person.first_name, Person.last_name)
        links = sa.select(department_link.c.department_id, department_link.c.person_id)
        members: dict[str, list[str]] = {}
        with self.database.read() as connection:
            somebody = people.where(Person.id.in_(person_ids), person_rules.IS_SOMEBODY)
            names = connection.execute(somebody).all()
            departments = connection.execute(sa.select(Department.id, Department.name)).all()
            for department, person in connection.execute(
                links.where(department_link.c.person_id.in_(person_ids))
            ):
                members.setdefault(str(department), []).append(str(person))
        return {
            "people": {str(i): f"{first} {last}".strip() for i, first, last in names},
            "departments": {str(ident): name for ident, name in departments},
            "members": members,
        }

    @query
    def list_full_persons(self, ids: list[str]) -> Reply:
        """Complete persons without secrets, ``{id: person}``, as comments embed their authors."""
        text = self.database.text(person_rules.select_persons(self.registry["persons"]), ids=ids)
        # json_object_agg of no rows is NULL.
        return Reply((text or "{}").encode())

    @query
    def list_short_persons(self, ids: list[str]) -> dict[str, JsonObject]:
        """People by id in the short form that replies, comments and news embed.

        ``{id: {id, first_name, last_name, full_name, has_avatar, role}}``.
        """
        person_ids = [UUID(ident) for ident in ids]
        columns = (Person.id, Person.first_name, Person.last_name, Person.has_avatar, Person.role)
        with self.database.read() as connection:
            rows = connection.execute(sa.select(*columns).where(Person.id.in_(person_ids)))
            return {
                str(row.id): {
                    "id": str(row.id),
                    "first_name": row.first_name,
                    "last_name": row.last_name,
                    "full_name": f"{row.first_name} {row.last_name}".strip(),
                    "has_avatar": row.has_avatar,
                    "role": row.role,
                }
                for row in rows
            }

    @query
    def read_counting_facts(
        self, person_id: str | None = None, studio_id: str | None = None
    ) -> JsonObject:
        """What figures need of people: ``{time_zone, is_bot, studio}``.

        The caller's time zone, else the server's; whether the person is a bot, None for an unknown
        one; the ids of the studio's people, None without one.
        """
        studio = None
        with self.database.read() as connection:
            zone = connection.scalar(sa.select(Person.timezone).where(Person.id == self.actor.id))
            is_bot = sa.select(sa.func.coalesce(Person.is_bot, False)).where(
                Person.id == (person_id and UUID(person_id))
            )
            person = connection.scalar(is_bot)
            if studio_id is not None:
                people = sa.select(Person.id).where(Person.studio_id == UUID(studio_id))
                studio = [str(ident) for ident in connection.scalars(people)]
        # An import may have brought any text.
        known = zone if zone in _time_zones() else settings_of(self).default_timezone
        return {"time_zone": known, "is_bot": person, "studio": studio}

    @query
    def list_clients(self) -> list[str]:
        """The ids of people whose role in the studio is client."""
        with self.database.read() as connection:
            found = connection.scalars(sa.select(Person.id).where(Person.role == "client"))
            return [str(ident) for ident in found]

    @query
    def list_roles(self, ids: list[str]) -> dict[str, str]:
        """The role in the studio of each of these people, by id; without those who may not log in.

        ``crud`` calls it before it sends webhooks in their name.
        """
        people = sa.select(Person.id, Person.role).where(
            Person.id.in_([UUID(ident) for ident in ids]), Person.active.is_(True)
        )
        with self.database.read() as connection:
            return {str(ident): role for ident, role in connection.execute(people)}


# Kept, as reading the tz database takes some 20 ms.
@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
