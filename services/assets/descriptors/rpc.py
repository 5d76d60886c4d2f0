"""RPC methods of metadata descriptors: a production's own columns, and the values in them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy.dialects.postgresql import JSONB

from services.assets.models import department_metadata_descriptor_link
from services.assets.policy.access import ENTITY, of_kind
from services.assets.policy.descriptors import DESCRIPTOR, DESCRIPTORS, keeper
from services.assets.policy.kinds import KINDS
from services.assets.policy.membership import known_project
from services.common import bodies
from services.common.contracts.assets.descriptors import DescriptorChanges, NewDescriptor
from services.common.crud import cross_references, lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.sql_types import Select
from services.common.database.tables import NOW
from services.common.database.transaction import Transaction
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import Json, Row, Values
from services.common.runtime.rpc_server import command, query
from services.common.slugs import free_slug, reads_as, slug
from services.common.wire.rpc_protocol import Reply

DEPARTMENTS: Final = department_metadata_descriptor_link
#: What null makes of the fields of a change; in others it changes nothing.
EMPTIED: Final[Values] = {"choices": [], "for_client": False, "departments": [], "position": None}
#: Of the column ``field_name``.
KEY_LENGTH: Final = 120
EXISTS: Final = "Metadata descriptor already exists."


class DescriptorRpc(ResourceService):
    """Metadata descriptors of a production."""

    @query
    def list_descriptors(self, project_id: str) -> Reply:
        """The descriptors that the caller sees, with their departments.

        Raises NotFound, Forbidden.
        """
        project = known_project(self, project_id)
        rows = self._descriptors(project)
        return lists.json_array(self, rows.order_by(DESCRIPTOR.c.position, DESCRIPTOR.c.name))

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
        existing = self._existing_departments(values["task_type_id"], departments)
        values["project_id"] = project
        values["field_name"] = unused_key(self.tx, values, None)
        descriptor_id = self.tx.connection.execute(
            sa.insert(DESCRIPTOR).values(values).returning(DESCRIPTOR.c.id)
        ).scalar_one()
        # Unknown departments are left out: ``existing`` are those that ``auth`` knows.
        self._link_departments(descriptor_id, existing)
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
        existing = self._existing_departments(None, departments or [])
        # Locked before the name is compared: two renames must not both move the values.
        row = self.tx.locked(DESCRIPTOR, descriptor_id)
        if values.get("name", row["name"]) != row["name"]:
            values["field_name"] = unused_key(self.tx, {**row, **values}, row["id"])
            self._move_values(row, values["field_name"])
        self.tx.connection.execute(
            sa.update(DESCRIPTOR)
            .where(DESCRIPTOR.c.id == row["id"])
            .values({**values, "updated_at": NOW})
        )
        if departments is not None:
            self._link_departments(row["id"], existing)
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
        self._move_values(row, None)
        cross_references.remove(
            self.tx, self.name, self.metadata, "metadata_descriptor", [row["id"]]
        )
        resource = self.registry["metadata-descriptors"]
        self.tx.emit(self.registry.event(resource, "delete", row))
        return Reply(b"")

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

    def _existing_departments(
        self, task_type: UUID | None, departments: Collection[UUID]
    ) -> set[UUID]:
        """Those of the departments that exist. Raises InvalidInput for an unknown task type."""
        references: cross_references.IdsByTable = {("auth", "department"): set(departments)}
        if task_type is not None:
            references["tasks", "task_type"] = {task_type}
        existing = cross_references.ask_existing(self, references)
        if task_type is not None and task_type not in existing["tasks", "task_type"]:
            message = "The task type does not exist."
            raise InvalidInput(message)
        return existing["auth", "department"]

    # --- rows -------------------------------------------------------------------------------

    def _descriptors(self, project: UUID) -> Select:
        columns = self.registry["metadata-descriptors"].columns(None, relations=True)
        return sa.select(*columns).where(DESCRIPTORS.rows_in(self, [project]))

    def _link_departments(self, ident: UUID, departments: Collection[UUID]) -> None:
        """Replace the departments of the descriptor."""
        of_descriptor = DEPARTMENTS.c.metadata_descriptor_id == ident
        self.tx.connection.execute(sa.delete(DEPARTMENTS).where(of_descriptor))
        rows = [{"metadata_descriptor_id": ident, "department_id": i} for i in departments]
        if rows:
            self.tx.connection.execute(sa.insert(DEPARTMENTS), rows)

    def _move_values(self, row: Row, new_key: str | None) -> None:
        """Move the values under the descriptor's key to another key, or drop them."""
        kind, key = row["entity_type"].lower(), row["field_name"]
        if kind not in KINDS or key == new_key:
            return
        # One statement for all entities: PostgreSQL edits the jsonb in place of reading rows here.
        data: Any = ENTITY.c.data.op("-")(sa.cast(key, sa.Text))
        if new_key is not None:
            value_under_new_key = sa.func.jsonb_build_object(
                sa.cast(new_key, sa.Text), ENTITY.c.data[key]
            )
            data = data.op("||")(value_under_new_key)
        self.tx.connection.execute(
            sa.update(ENTITY)
            .where(
                ENTITY.c.project_id == row["project_id"],
                of_kind(kind),
                # A text has a key of its own words, and none can be taken from it.
                sa.func.jsonb_typeof(ENTITY.c.data) == "object",
                ENTITY.c.data.has_key(key),
            )
            .values(data=sa.cast(data, JSONB), updated_at=NOW)
        )

    def _emit_and_show(self, verb: str, facts: Row) -> Reply:
        resource = self.registry["metadata-descriptors"]
        self.tx.emit(self.registry.event(resource, verb, facts))
        return Reply(resource.view(self.tx, facts["id"], relations=False))


def unused_key(tx: Transaction, values: Row, ident: UUID | None) -> str:
    """The key for a descriptor of that name, which no other has.

    Raises InvalidInput when another has the name, or the name makes no key.
    """
    # An advisory lock serializes writers of one entity type: the constraints compare names and
    # keys separately, and the message is to be the same for all.
    tx.lock_key(f"descriptor:{values['project_id']}:{values['entity_type']}")
    other_descriptors = sa.select(DESCRIPTOR.c.name, DESCRIPTOR.c.field_name).where(
        DESCRIPTOR.c.project_id == values["project_id"],
        DESCRIPTOR.c.entity_type == values["entity_type"],
        DESCRIPTOR.c.task_type_id.is_not_distinct_from(values["task_type_id"]),
        DESCRIPTOR.c.id.is_distinct_from(ident),
    )
    keys_by_name = {reads_as(name): key for name, key in tx.connection.execute(other_descriptors)}
    if reads_as(values["name"]) in keys_by_name:
        raise InvalidInput(EXISTS)
    if not slug(values["name"]):
        message = "The name needs a letter or a digit."
        raise InvalidInput(message)
    return free_slug(values["name"], set(keys_by_name.values()), KEY_LENGTH)


def _changes(body: DescriptorChanges) -> Values:
    return {
        name: EMPTIED[name] if value is None else value
        for name, value in bodies.given(body).items()
        if value is not None or name in EMPTIED
    }
