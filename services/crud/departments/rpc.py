"""RPC methods of what departments have: machines and software."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.access.rules import admin
from services.common.contracts.crud.departments import NewMachine, NewSoftware
from services.common.contracts.types import Body
from services.common.crud import cross_references, json_parts
from services.common.crud.listing import lists
from services.common.crud.resource import Resource
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import path_id
from services.common.database import change_version
from services.common.database.sql_types import Condition
from services.common.errors import NotFound
from services.common.json_types import Json
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import HardwareItemDepartmentLink, SoftwareDepartmentLink


class Kind(NamedTuple):
    """A kind of equipment: its resource, its links, and the body that adds one."""

    path: str
    key: str
    links: Resource
    body: type[Body]

    def is_link(self, department: UUID, item: UUID) -> tuple[Condition, ...]:
        """The conditions on the link of a department and an item."""
        link = self.links.table.c
        return link.department_id == department, link[self.key] == item


KINDS: Final = {
    "hardware-items": Kind(
        "hardware-items",
        "hardware_item_id",
        Resource(path="department-hardware", model=HardwareItemDepartmentLink),
        NewMachine,
    ),
    "software-licenses": Kind(
        "softwares",
        "software_id",
        Resource(path="department-software", model=SoftwareDepartmentLink),
        NewSoftware,
    ),
}


class DepartmentRpc(ResourceService):
    """What departments have; for administrators."""

    @query
    def list_equipment(self, kind: str) -> Reply:
        """The rows that each department has, by its id; departments without any are left out.

        Raises Forbidden.
        """
        admin.check(self, {})
        one = KINDS[kind]
        item, link = self.registry[one.path], one.links.table
        rows = sa.select(*item.columns(None, relations=False), link.c.department_id.label("of"))
        rows = rows.join_from(item.table, link, link.c[one.key] == item.table.c.id)
        source = rows.order_by(item.table.c.name).subquery("r")
        row = sa.func.to_jsonb(sa.literal_column("r")).op("-")(sa.literal_column("'of'"))
        by_department = sa.select(
            source.c.of.label("key"), sa.func.json_agg(row).label("value")
        ).group_by(source.c.of)
        with self.database.read() as connection:
            text = connection.scalar(sa.select(json_parts.mapping(by_department)))
        return lists.compressed((text or "{}").encode())

    @query
    def read_equipment(self, department_id: str, kind: str, ident: str) -> Reply:
        """The row of an item that the department has. Raises Forbidden, InvalidInput, NotFound."""
        admin.check(self, {})
        one, ids = KINDS[kind], (path_id(department_id), path_id(ident))
        resource = self.registry[one.path]
        rows = sa.select(*resource.columns(None, relations=False)).where(
            resource.table.c.id == ids[1], sa.exists().where(*one.is_link(*ids))
        )
        return lists.json_row(self, rows)

    @command
    def equip_department(self, department_id: str, kind: str, data: Json = None) -> Reply:
        """Give an item to a department. Returns the link; the same one if it has it.

        Raises Forbidden, InvalidInput, NotFound.
        """
        admin.check(self, {})
        one = KINDS[kind]
        item: UUID = getattr(bodies.read(one.body, data), one.key)
        department = self._department(department_id)
        self._item_to_link(one, item)
        link, run = one.links.table, self.tx.connection
        values = {"id": uuid4(), "department_id": department, one.key: item}
        run.execute(insert(link).values(values).on_conflict_do_nothing())
        # No event tells of it.
        change_version.touch(self.tx)
        same = sa.select(link.c.id).where(*one.is_link(department, item))
        return Reply(one.links.view(self.tx, run.execute(same).scalar_one()))

    @command
    def unequip_department(self, department_id: str, kind: str, ident: str) -> Reply:
        """Take an item from a department that has it or not.

        Raises Forbidden, InvalidInput, NotFound.
        """
        admin.check(self, {})
        one, item = KINDS[kind], path_id(ident)
        department = self._department(department_id)
        self._item_to_link(one, item)
        removal = sa.delete(one.links.table).where(*one.is_link(department, item))
        self.tx.connection.execute(removal)
        change_version.touch(self.tx)
        return Reply(b"")

    def _department(self, text: str) -> UUID:
        """The id of an existing department. Raises InvalidInput, NotFound."""
        department, key = path_id(text), ("auth", "department")
        if department not in cross_references.ask_existing(self, {key: {department}})[key]:
            raise NotFound
        return department

    def _item_to_link(self, kind: Kind, ident: UUID) -> None:
        """Hold an item until the commit. Raises NotFound."""
        table = self.registry[kind.path].table
        held = sa.select(table.c.id).where(table.c.id == ident).with_for_update(key_share=True)
        if self.tx.connection.scalar(held) is None:
            raise NotFound
