"""Handlers of other services' events."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.assets.descriptors.write import unused_key
from services.assets.models import (
    Entity,
    MetadataDescriptor,
    department_metadata_descriptor_link,
)
from services.assets.policy.entity_types import entity_type
from services.common.contracts.assets.descriptors import TYPES
from services.common.contracts.assets.events import AssetReadyChanged
from services.common.contracts.crud.events import ProjectPrepared
from services.common.contracts.tasks.events import TaskMakesReady
from services.common.crud import cross_references
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, parse_id, read_value
from services.common.database.tables import NOW, table_of
from services.common.errors import InvalidInput
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.json_types import JsonObject
from services.common.values import array_or_empty

DESCRIBED = (
    "entity_type",
    "name",
    "data_type",
    "field_name",
    "choices",
    "for_client",
    "position",
    "task_type_id",
)
#: What a template's descriptor gives: its key is made from its name, its place is the last.
GIVEN = ("entity_type", "name", "data_type", "choices", "for_client", "task_type_id")
FIRST_EPISODE = "E01"
DEPARTMENT, TASK_TYPE = ("auth", "department"), ("tasks", "task_type")


class InternalHandlers(ResourceService):
    """Handlers of events."""

    @on("task:makes-ready", ordered=True, formerly=("make_ready",))
    def make_ready(self, delivery: Delivery) -> None:
        """Set what the entity is ready for, as a status automation of ``tasks`` demands.

        An event, not a call: it follows the commit of the comment that triggered it.
        """
        message = msgspec.convert(delivery.payload, TaskMakesReady)
        if cross_references.was_deleted(self, message.task_type_id):
            return
        table = table_of(Entity)
        of_entity = table.c.id == message.entity_id
        statement = (
            sa.select(table.c.project_id, table.c.ready_for).where(of_entity).with_for_update()
        )
        row = self.tx.connection.execute(statement).first()
        if row is None:
            return
        ready = message.task_type_id
        update = sa.update(table).where(of_entity).values(ready_for=ready, updated_at=NOW)
        self.tx.connection.execute(update)
        facts = {"id": message.entity_id, "kind": "Asset", "project_id": row.project_id}
        self.tx.emit(self.registry.event(self.registry["entities"], "update", facts))
        if row.ready_for != ready:
            event = AssetReadyChanged(
                asset_id=message.entity_id, ready_for=ready, project_id=row.project_id
            )
            self.tx.emit(event)

    # Unordered, and recorded last: existing rows are kept, and what is named is asked for first.
    @on("project:prepared", inbox=Inbox.LAST)
    def prepare_project(self, delivery: Delivery) -> None:
        """Create the first episode of a new production, and its descriptors or a template's."""
        message = msgspec.convert(delivery.payload, ProjectPrepared)
        known = self._known(message.descriptors)
        if cross_references.was_deleted(self, message.project_id):
            return
        if message.first_episode_id is not None:
            self._first_episode(message.project_id, message.first_episode_id)
        for descriptor in message.descriptors:
            self._describe_as(message.project_id, descriptor, known)
        for descriptor in self._studio_descriptors() if message.is_new else ():
            self._describe(message.project_id, descriptor)

    def _first_episode(self, project: UUID, ident: UUID) -> None:
        values = {
            "id": ident,
            "name": FIRST_EPISODE,
            "project_id": project,
            "status": "running",
            "entity_type_id": entity_type(self, "Episode"),
            "canceled": False,
            "nb_entities_out": 0,
            "is_casting_standby": False,
            "is_shared": False,
        }
        # An import may have brought the episode already.
        insertion = insert(table_of(Entity)).values(values).on_conflict_do_nothing()
        if self.tx.connection.execute(insertion).rowcount:
            facts = {"id": ident, "kind": "Episode", "project_id": project}
            self.tx.emit(self.registry.event(self.registry["entities"], "new", facts))

    def _studio_descriptors(self) -> list[JsonObject]:
        """The descriptors of productions, which all of them share: the newest of each name."""
        table = table_of(MetadataDescriptor)
        columns = [table.c[name] for name in DESCRIBED]
        statement = (
            sa.select(*columns)
            .where(table.c.entity_type == "Project")
            .distinct(table.c.name)
            .order_by(table.c.name, table.c.created_at.desc())
        )
        return [dict(row) for row in self.tx.session.execute(statement).mappings()]

    def _known(self, descriptors: list[JsonObject]) -> cross_references.IdsByTable:
        """Those of the rows that a template's descriptors name that there are.

        The descriptors are kept as JSON: nobody looked the ids up, and no delete changes them.
        """
        types = {one["task_type_id"] for one in map(_of_template, descriptors) if one}
        references: cross_references.IdsByTable = {
            DEPARTMENT: {ident for one in descriptors for ident in _departments(one)},
            TASK_TYPE: types - {None},
        }
        return cross_references.ask_existing(self, references)

    def _describe_as(
        self, project: UUID, descriptor: JsonObject, known: cross_references.IdsByTable
    ) -> None:
        """Add a descriptor of a template, unless the production would not take it."""
        values = _of_template(descriptor)
        if not values or values["task_type_id"] not in {None, *known[TASK_TYPE]}:
            return
        # Since it was asked for.
        if cross_references.was_deleted(self, values["task_type_id"]):
            return
        values["project_id"] = project
        try:
            values["field_name"] = unused_key(self.tx, values, None)
        except InvalidInput:
            return  # it has one of that name
        ident = self._describe(project, values)
        rows = [
            {"metadata_descriptor_id": ident, "department_id": department}
            for department in _departments(descriptor)
            if department in known[DEPARTMENT]
        ]
        if ident is not None and rows:
            self.tx.connection.execute(sa.insert(department_metadata_descriptor_link), rows)

    def _describe(self, project: UUID, values: JsonObject) -> UUID | None:
        """Add a descriptor unless there is such a one; returns the id of a new one."""
        table = table_of(MetadataDescriptor)
        statement = (
            insert(table)
            .values({**values, "project_id": project})
            .on_conflict_do_nothing()
            .returning(table.c.id)
        )
        ident: UUID | None = self.tx.session.scalar(statement)
        if ident is not None:
            facts = {"id": ident, "project_id": project}
            resource = self.registry["metadata-descriptors"]
            self.tx.emit(self.registry.event(resource, "new", facts))
        return ident


def _of_template(descriptor: JsonObject) -> JsonObject:
    """The values of a template's descriptor; empty if no production could have it."""
    table = table_of(MetadataDescriptor)
    given = {name: descriptor[name] for name in GIVEN if descriptor.get(name) is not None}
    try:
        values = {name: read_value(table.c[name], value) for name, value in given.items()}
    except BadValue:
        return {}  # a template may hold what was never checked
    kind, of_tasks = values.get("task_type_id"), values.get("entity_type") == "Task"
    complete = values.get("name") and values.get("entity_type") in TYPES
    if not complete or of_tasks != (kind is not None):
        return {}
    return {**values, "task_type_id": kind}


def _departments(descriptor: JsonObject) -> list[UUID]:
    """The departments of a template's descriptor, as far as they are ids."""
    found = []
    for ident in array_or_empty(descriptor.get("departments")):
        try:
            found.append(parse_id(ident))
        except BadValue:
            continue
    return list(dict.fromkeys(found))
