"""RPC methods of metadata descriptors: a production's own columns, and the values in them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import asdict

from services.assets.descriptors.order import as_shown, place
from services.assets.descriptors.write import (
    DEPARTMENTS,
    existing_departments,
    link_departments,
    lock_keys,
    move_values,
    unused_key,
)
from services.assets.policy.descriptors import BY_POSITION, DESCRIPTOR, DESCRIPTORS, ORDER, keeper
from services.assets.policy.membership import known_project
from services.common import bodies
from services.common.contracts.assets.descriptors import (
    DescriptorChanges,
    DescriptorsInOrder,
    NewDescriptor,
)
from services.common.crud.deletion import removal
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database import change_version
from services.common.database.sql_types import Select
from services.common.database.tables import NOW
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import Json, Row, Values
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

#: What null makes of the fields of a change; in others it changes nothing.
EMPTIED: Final[Values] = {"choices": [], "for_client": False, "departments": [], "position": None}


class DescriptorRpc(ResourceService):
    """Metadata descriptors of a production."""

    @query
    def list_descriptors(self, project_id: str) -> Reply:
        """The descriptors that the caller sees, with their departments.

        Raises NotFound, Forbidden.
        """
        project = known_project(self, project_id)
        rows = self._descriptors(project)
        return lists.json_array(self, rows, *BY_POSITION)

    @query
    def read_descriptor(self, project_id: str, ident: str) -> Reply:
        """One of them. Raises NotFound, Forbidden."""
        project = known_project(self, project_id)
        rows = self._descriptors(project).where(DESCRIPTOR.c.id == known_id(ident))
        return lists.json_row(self, rows)

    @command
    def create_descriptor(self, project_id: str, data: Json = None) -> Reply:
        """Add a descriptor; its key in ``data`` is made from its name.

        Raises NotFound, InvalidInput (also for one that exists), Forbidden.
        Emits ``metadata-descriptor:new``.
        """
        values = asdict(bodies.read(NewDescriptor, data))
        if values["task_type_id"] is not None and values["entity_type"] != "Task":
            message = "task_type_id only applies to Task metadata descriptors."
            raise InvalidInput(message)
        project = known_project(self, project_id)
        departments = values.pop("departments")
        keeper.check(self, {"project_id": project, "departments": departments})
        existing = existing_departments(self, values["task_type_id"], departments)
        values["project_id"] = project
        values["field_name"] = unused_key(self.tx, values, None)
        descriptor_id = self.tx.connection.execute(
            sa.insert(DESCRIPTOR).values(values).returning(DESCRIPTOR.c.id)
        ).scalar_one()
        # Unknown departments are left out: ``existing`` are those that ``auth`` knows.
        link_departments(self.tx, [descriptor_id], existing)
        return self._emit_and_show("new", {"id": descriptor_id, "project_id": project})

    @command
    def update_descriptor(self, project_id: str, ident: str, data: Json = None) -> Reply:
        """Change a descriptor; with a new name the values of all entities move to the new key.

        Raises NotFound, InvalidInput, Forbidden. Emits ``metadata-descriptor:update``.
        """
        values = _changes(bodies.read(DescriptorChanges, data))
        project = known_project(self, project_id)
        descriptor_id, current = self._descriptor_and_departments(project, ident)
        departments = values.pop("departments", None)
        keeper.check(self, {"project_id": project, "departments": current})
        if departments is not None:
            # It must be one that they could have created, too: without departments it is for all.
            keeper.check(self, {"project_id": project, "departments": departments})
        existing = existing_departments(self, None, departments or [])
        # Locked before the name is compared: two renames must not both move the values.
        row = self.tx.locked(DESCRIPTOR, descriptor_id)
        if values.get("name", row["name"]) != row["name"]:
            values["field_name"] = unused_key(self.tx, {**row, **values}, row["id"])
            move_values(self.tx, row, [project], values["field_name"])
        self.tx.connection.execute(
            sa.update(DESCRIPTOR)
            .where(DESCRIPTOR.c.id == row["id"])
            .values({**values, "updated_at": NOW})
        )
        if departments is not None:
            link_departments(self.tx, [row["id"]], existing)
        return self._emit_and_show("update", row)

    @command
    def remove_descriptor(self, project_id: str, ident: str) -> Reply:
        """Remove a descriptor and the values under its key. Raises NotFound, Forbidden.

        Emits ``metadata-descriptor:delete``.
        """
        project = known_project(self, project_id)
        descriptor_id, departments = self._descriptor_and_departments(project, ident)
        keeper.check(self, {"project_id": project, "departments": departments})
        row = self.tx.locked(DESCRIPTOR, descriptor_id)
        move_values(self.tx, row, [project], None)
        removal.remove(self, "metadata_descriptor", [row["id"]])
        resource = self.registry["metadata-descriptors"]
        self.tx.emit(self.registry.event(resource, "delete", row))
        return Reply(b"")

    @command
    def reorder_descriptors(self, project_id: str, data: Json = None) -> Reply:
        """Put descriptors in order; the others of their kind follow by name. For managers.

        Returns all of the kind. Raises NotFound, Forbidden, InvalidInput.
        """
        body = bodies.read(DescriptorsInOrder, data)
        project = known_project(self, project_id)
        DESCRIPTORS.may[ORDER].check(self, {"project_id": project})
        lock_keys(self.tx, project, body.entity_type)
        statement = sa.select(DESCRIPTOR).where(
            DESCRIPTOR.c.project_id == project, DESCRIPTOR.c.entity_type == body.entity_type
        )
        locked = statement.order_by(DESCRIPTOR.c.id).with_for_update()
        rows = self.tx.connection.execute(locked).mappings().all()
        by_text = {str(row["id"]): row["id"] for row in rows}
        asked = list(dict.fromkeys(ident.lower() for ident in body.descriptor_ids))
        for ident in asked:
            if ident not in by_text:
                where = f"project {project_id} and entity type {body.entity_type}"
                message = f"Descriptor {ident} not found for {where}"
                raise InvalidInput(message)
        idents = place(self.tx, rows, {by_text[one]: number for number, one in enumerate(asked)})
        # No event tells of it.
        change_version.touch(self.tx)
        return Reply(as_shown(self, idents))

    # --- what it is about -------------------------------------------------------------------

    def _descriptor_and_departments(self, project: UUID, ident: str) -> tuple[UUID, set[UUID]]:
        """The descriptor's id and departments. Raises NotFound."""
        uuid = known_id(ident)
        in_project = sa.select(DESCRIPTOR.c.id).where(
            DESCRIPTOR.c.id == uuid, DESCRIPTOR.c.project_id == project
        )
        departments = sa.select(DEPARTMENTS.c.department_id).where(
            DEPARTMENTS.c.metadata_descriptor_id == uuid
        )
        with self.database.read() as connection:
            if connection.scalar(in_project) is None:
                raise NotFound
            return uuid, set(connection.scalars(departments))

    # --- rows -------------------------------------------------------------------------------

    def _descriptors(self, project: UUID) -> Select:
        columns = self.registry["metadata-descriptors"].columns(None, relations=True)
        return sa.select(*columns).where(DESCRIPTORS.rows_in(self, [project]))

    def _emit_and_show(self, verb: str, facts: Row) -> Reply:
        resource = self.registry["metadata-descriptors"]
        self.tx.emit(self.registry.event(resource, verb, facts))
        return Reply(resource.view(self.tx, facts["id"], relations=False))


def _changes(body: DescriptorChanges) -> Values:
    return {
        name: EMPTIED[name] if value is None else value
        for name, value in bodies.given(body).items()
        if value is not None or name in EMPTIED
    }
