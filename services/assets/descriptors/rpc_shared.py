"""RPC methods of metadata descriptors that many productions have alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.descriptors.order import as_shown, place
from services.assets.descriptors.write import (
    EXISTS,
    KEY_LENGTH,
    existing_departments,
    key_of,
    link_departments,
    lock_keys,
    move_values,
)
from services.assets.policy.access import in_ids
from services.assets.policy.descriptors import DESCRIPTOR, DESCRIPTORS, EVERYWHERE
from services.assets.policy.membership import project_names
from services.common import bodies, queries
from services.common.contracts.assets.descriptors import (
    KeysInOrder,
    NewSharedDescriptor,
    SharedDescriptorChange,
    SharedDescriptorQuery,
)
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database import change_version
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW
from services.common.errors import InvalidInput
from services.common.json_types import Json, Row, Values
from services.common.runtime.rpc_server import command
from services.common.slugs import reads_as
from services.common.wire.rpc_protocol import Reply

TOO_LONG: Final = "Metadata descriptor name is too long."


class SharedDescriptorRpc(ResourceService):
    """Descriptors of all open productions that the caller manages."""

    @command
    def share_descriptor(self, data: Json = None) -> Reply:
        """Add a descriptor to the productions that have none with its key.

        Returns the new ones, production after production. Raises Forbidden, InvalidInput,
        NotFound (a malformed department). Emits ``metadata-descriptor:new`` for each.
        """
        DESCRIPTORS.may[EVERYWHERE].check(self, {})
        body = bodies.read(NewSharedDescriptor, data)
        key = _key_of(body.name)
        projects = self._managed_projects()
        departments = self._known_departments_of(body.departments)
        present = self._locked_descriptors(projects, body.entity_type)
        having = {row["project_id"] for row in present if row["field_name"] == key}
        lacking = [project for project in projects if project not in having]
        _refuse_names((row for row in present if row["project_id"] not in having), body.name)
        common: Values = {
            "name": body.name,
            "field_name": key,
            "entity_type": body.entity_type,
            **_settings(body),
        }
        rows = [{**common, "project_id": project} for project in lacking]
        idents = [
            self.tx.connection.execute(
                sa.insert(DESCRIPTOR).values(row).returning(DESCRIPTOR.c.id)
            ).scalar_one()
            for row in rows
        ]
        link_departments(self.tx, idents, departments)
        return self._emit_each("new", dict(zip(idents, lacking, strict=True)))

    @command
    def change_shared_descriptor(self, field_name: str, data: Json = None) -> Reply:
        """Change the descriptors with a key; with a new name their values move to a new key.

        What isn't given becomes the default. Returns the changed ones. Raises Forbidden,
        InvalidInput, NotFound (a malformed department). Emits ``metadata-descriptor:update``.
        """
        DESCRIPTORS.may[EVERYWHERE].check(self, {})
        body = bodies.read(SharedDescriptorChange, data)
        key = _key_of(body.name) if body.name else field_name
        projects = self._managed_projects()
        departments = self._known_departments_of(body.departments)
        present = self._locked_descriptors(projects, body.entity_type)
        rows = [row for row in present if row["field_name"] == field_name]
        values = _settings(body)
        if body.name and any(row["name"] != body.name for row in rows):
            changed = {row["project_id"] for row in rows}
            others = (row for row in present if row not in rows and row["project_id"] in changed)
            _refuse_names(others, body.name, key)
            values |= {"name": body.name, "field_name": key}
            move_values(self.tx, rows[0], sorted(changed), key)
        self.tx.connection.execute(
            sa.update(DESCRIPTOR)
            .where(in_ids(DESCRIPTOR.c.id, [row["id"] for row in rows]))
            .values({**values, "updated_at": NOW})
        )
        link_departments(self.tx, [row["id"] for row in rows], departments)
        return self._emit_each("update", {row["id"]: row["project_id"] for row in rows})

    @command
    def remove_shared_descriptor(
        self, field_name: str, query: dict[str, str] | None = None
    ) -> list[str]:
        """Remove the descriptors with a key, and the values under it; returns their ids.

        ``entity_type`` in the query tells of what. Raises Forbidden, InvalidInput.
        Emits ``metadata-descriptor:delete`` for each.
        """
        DESCRIPTORS.may[EVERYWHERE].check(self, {})
        entity_type = queries.read(SharedDescriptorQuery, query).entity_type
        projects = self._managed_projects()
        present = self._locked_descriptors(projects, entity_type)
        rows = [row for row in present if row["field_name"] == field_name]
        if not rows:
            return []
        idents = [row["id"] for row in rows]
        move_values(self.tx, rows[0], sorted({row["project_id"] for row in rows}), None)
        cross_references.remove(self, "metadata_descriptor", idents)
        resource = self.registry["metadata-descriptors"]
        for row in rows:
            self.tx.emit(self.registry.event(resource, "delete", row))
        return [str(ident) for ident in idents]

    @command
    def reorder_shared_descriptors(self, data: Json = None) -> Reply:
        """Put the descriptors of a kind in the order of their keys, wherever there is one of them.

        Others follow by name. Returns all of the kind there, production after production.
        Raises Forbidden, InvalidInput.
        """
        DESCRIPTORS.may[EVERYWHERE].check(self, {})
        body = bodies.read(KeysInOrder, data)
        projects = self._managed_projects()
        present = self._locked_descriptors(projects, body.entity_type)
        places = {key: number for number, key in enumerate(dict.fromkeys(body.field_order))}
        ordered: list[UUID] = []
        for project in projects:
            rows = [row for row in present if row["project_id"] == project]
            if any(row["field_name"] in places for row in rows):
                ordered += place(
                    self.tx, rows, {row["id"]: places.get(row["field_name"]) for row in rows}
                )
        if ordered:
            # No event tells of it.
            change_version.touch(self.tx)
        return Reply(as_shown(self, ordered))

    # --- what it is about -------------------------------------------------------------------

    def _managed_projects(self) -> list[UUID]:
        """The open productions that the caller manages; an administrator's by name."""
        if not self.actor.is_admin:
            theirs = self.actor.open_projects
            return sorted(one for one in theirs if self.actor.role_in(one) == "manager")
        found = self.ask("crud", "list_open_project_ids")
        names = project_names(self, [UUID(ident) for ident in found])
        return [UUID(ident) for ident in sorted(names, key=lambda one: (names[one], one))]

    def _known_departments_of(self, given: Collection[str]) -> set[UUID]:
        return existing_departments(self, None, [known_id(ident) for ident in given])

    def _locked_descriptors(self, projects: Sequence[UUID], entity_type: str) -> Sequence[Row]:
        """The productions' descriptors of the kind, which nobody else changes meanwhile."""
        # In the order of ids, so that two requests don't deadlock.
        for project in sorted(projects):
            lock_keys(self.tx, project, entity_type)
        of_kind: list[Condition] = [
            in_ids(DESCRIPTOR.c.project_id, projects),
            DESCRIPTOR.c.entity_type == entity_type,
        ]
        statement = sa.select(DESCRIPTOR).where(*of_kind).order_by(DESCRIPTOR.c.id)
        return self.tx.connection.execute(statement.with_for_update()).mappings().all()

    # --- answers ----------------------------------------------------------------------------

    def _emit_each(self, verb: str, projects: dict[UUID, UUID]) -> Reply:
        """Emit the event of each descriptor, given with its production, and show them."""
        resource = self.registry["metadata-descriptors"]
        for ident, project in projects.items():
            facts = {"id": ident, "project_id": project}
            self.tx.emit(self.registry.event(resource, verb, facts))
        return Reply(as_shown(self, list(projects)))


def _key_of(name: str) -> str:
    """The key that a name makes. Raises InvalidInput."""
    if len(name) > KEY_LENGTH:
        raise InvalidInput(TOO_LONG)
    return key_of(name)


def _settings(body: NewSharedDescriptor | SharedDescriptorChange) -> Values:
    return {
        "data_type": body.data_type,
        "choices": body.choices,
        "for_client": body.for_client,
    }


def _refuse_names(others: Iterable[Row], name: str, key: str | None = None) -> None:
    """Raise InvalidInput if another descriptor has the name, or the key."""
    for row in others:
        if reads_as(row["name"]) == reads_as(name) or row["field_name"] == key:
            raise InvalidInput(EXISTS)
