"""What all changes of metadata descriptors share: keys, departments, and values that follow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.models import department_metadata_descriptor_link
from services.assets.policy.access import ENTITY, in_ids, of_kind
from services.assets.policy.descriptors import DESCRIPTOR
from services.common.access.context import CallContext
from services.common.contracts.assets.events import DescriptorKeyChanged
from services.common.crud import cross_references
from services.common.database import free_json
from services.common.database.transaction import Transaction
from services.common.errors import InvalidInput
from services.common.json_types import Row
from services.common.slugs import free_slug, reads_as, slug

DEPARTMENTS: Final = department_metadata_descriptor_link
#: Of the column ``field_name``.
KEY_LENGTH: Final = 120
EXISTS: Final = "Metadata descriptor already exists."
#: What it describes whose rows other services have: they move the values after an event.
ELSEWHERE: Final = frozenset({"Project", "Task"})


def lock_keys(tx: Transaction, project: UUID, entity_type: str) -> None:
    """Wait for concurrent writers of the production's descriptors of that entity type.

    An advisory lock: the constraints compare names and keys separately, and the message is to be
    the same for all.
    """
    tx.lock_key(f"descriptor:{project}:{entity_type}")


def unused_key(tx: Transaction, values: Row, ident: UUID | None) -> str:
    """The key for a descriptor of that name, which no other has.

    Raises InvalidInput when another has the name, or the name makes no key.
    """
    lock_keys(tx, values["project_id"], values["entity_type"])
    other_descriptors = sa.select(DESCRIPTOR.c.name, DESCRIPTOR.c.field_name).where(
        DESCRIPTOR.c.project_id == values["project_id"],
        DESCRIPTOR.c.entity_type == values["entity_type"],
        DESCRIPTOR.c.task_type_id.is_not_distinct_from(values["task_type_id"]),
        DESCRIPTOR.c.id.is_distinct_from(ident),
    )
    keys = Keys()
    for name, key in tx.connection.execute(other_descriptors):
        keys.add(name, key)
    return keys.make(values["name"])


class Keys:
    """The names and keys of a production's descriptors that must differ."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._keys: set[str] = set()

    def add(self, name: str, key: str) -> None:
        """A descriptor has these."""
        self._names.add(reads_as(name))
        self._keys.add(key)

    def make(self, name: str) -> str:
        """The key of one more descriptor of that name.

        Raises InvalidInput when another has the name, or the name makes no key.
        """
        if reads_as(name) in self._names:
            raise InvalidInput(EXISTS)
        key = key_of(name, self._keys)
        self.add(name, key)
        return key


def key_of(name: str, taken: AbstractSet[str] = frozenset()) -> str:
    """The key that a name makes. Raises InvalidInput for a name without a letter or a digit."""
    if not slug(name):
        message = "The name needs a letter or a digit."
        raise InvalidInput(message)
    return free_slug(name, taken, KEY_LENGTH)


def existing_departments(
    ctx: CallContext, task_type: UUID | None, departments: Collection[UUID]
) -> set[UUID]:
    """Those of the departments that exist. Raises InvalidInput for an unknown task type."""
    references: cross_references.IdsByTable = {("auth", "department"): set(departments)}
    if task_type is not None:
        references["tasks", "task_type"] = {task_type}
    existing = cross_references.ask_existing(ctx, references)
    if task_type is not None and task_type not in existing["tasks", "task_type"]:
        message = "The task type does not exist."
        raise InvalidInput(message)
    return existing["auth", "department"]


def link_departments(
    tx: Transaction, idents: Sequence[UUID], departments: Collection[UUID]
) -> None:
    """Replace the departments of these descriptors."""
    of_descriptors = in_ids(DEPARTMENTS.c.metadata_descriptor_id, idents)
    tx.connection.execute(sa.delete(DEPARTMENTS).where(of_descriptors))
    rows = [
        {"metadata_descriptor_id": ident, "department_id": department}
        for ident in idents
        for department in departments
    ]
    if rows:
        tx.connection.execute(sa.insert(DEPARTMENTS), rows)


def move_values(tx: Transaction, row: Row, projects: Sequence[UUID], new_key: str | None) -> None:
    """Move the values under a descriptor's key to another key in productions, or drop them."""
    if row["field_name"] == new_key:
        return
    if row["entity_type"] in ELSEWHERE:
        tx.emit(
            DescriptorKeyChanged(
                project_ids=list(projects),
                entity_type=row["entity_type"],
                task_type_id=row["task_type_id"],
                key=row["field_name"],
                new_key=new_key,
            )
        )
        return
    change = free_json.moved(ENTITY.c.data, row["field_name"], new_key)
    described = of_kind(row["entity_type"].lower())
    tx.connection.execute(change.where(in_ids(ENTITY.c.project_id, projects), described))
