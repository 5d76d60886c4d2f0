"""RPC methods of concept folders: entities that hold the concepts of a production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.entities.rpc_lists import plain_columns
from services.assets.overview.views import BY_NAME
from services.assets.policy.access import ENTITY, facts_of, in_ids, of_kind
from services.assets.policy.entities import BY_KIND, CHANGE, seen
from services.assets.policy.entity_rules import lock_name
from services.assets.policy.entity_types import entity_type
from services.assets.policy.membership import known_project
from services.common import bodies
from services.common.contracts.assets.entities import ConceptFolder, ConceptsToMove
from services.common.crud.deletion import removal
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import as_json
from services.common.crud.validation import known_id
from services.common.database.sql_errors import MESSAGES, UNIQUE
from services.common.database.tables import NOW
from services.common.errors import Integrity, InvalidInput, NotFound, invalid_field
from services.common.json_types import Json, Row
from services.common.runtime.rpc_server import command, query
from services.common.values import BadValue, parse_id
from services.common.wire.rpc_protocol import Reply

FOLDER: Final = "concept-folder"
FOLDERS: Final = BY_KIND[FOLDER]
TYPE_NAME: Final = "ConceptFolder"
TAKEN: Final = "A concept folder with this name already exists."


class ConceptFolderRpc(ResourceService):
    """Folders of concepts."""

    @query
    def list_concept_folders(self, project_id: str) -> Reply:
        """The folders of a production, by name. For the studio. Raises NotFound, Forbidden."""
        project = known_project(self, project_id)
        FOLDERS.lister.check(self, {"project_id": project})
        rows = sa.select(*plain_columns(self.actor, FOLDER)).where(*seen(self, FOLDER, project))
        return lists.json_array(self, rows, *BY_NAME)

    @command
    def create_concept_folder(self, project_id: str, data: Json = None) -> Reply:
        """Create a folder, or return the one of that name. For supervisors.

        Raises InvalidInput, NotFound, Forbidden. Emits ``concept-folder:new`` for a new one.
        """
        body = bodies.read(ConceptFolder, data)
        project = known_project(self, project_id)
        FOLDERS.may[CHANGE].check(self, {"project_id": project})
        kind = entity_type(self, TYPE_NAME)
        ident = self._folder_named(project, kind, body.name)
        if ident is None:
            values = {"name": body.name, "project_id": project, "entity_type_id": kind}
            insertion = sa.insert(ENTITY).values(**values, created_by=self.actor.id)
            ident = self.tx.connection.execute(insertion.returning(ENTITY.c.id)).scalar_one()
            self._emit_of(FOLDER, "new", ident, project)
        return self._folder_reply(ident)

    @command
    def rename_concept_folder(self, ident: str, data: Json = None) -> Reply:
        """Rename a folder. For supervisors.

        Raises InvalidInput (also for another folder's name), NotFound, Forbidden.
        Emits ``concept-folder:update``.
        """
        body = bodies.read(ConceptFolder, data)
        facts = self._changeable_folder(ident)
        folder, project = facts["id"], facts["project_id"]
        homonym = self._folder_named(project, facts["entity_type_id"], body.name)
        if homonym not in {None, folder}:
            raise InvalidInput(TAKEN)
        change = sa.update(ENTITY).where(ENTITY.c.id == folder)
        if not self.tx.connection.execute(change.values(name=body.name, updated_at=NOW)).rowcount:
            raise NotFound
        self._emit_of(FOLDER, "update", folder, project)
        return self._folder_reply(folder)

    @command
    def remove_concept_folder(self, ident: str) -> Reply:
        """Remove a folder; its concepts stay, outside of any. For supervisors.

        Raises NotFound, Forbidden. Emits ``concept:update`` for each concept, then
        ``concept-folder:delete``.
        """
        facts = self._changeable_folder(ident)
        folder, project = facts["id"], facts["project_id"]
        # Locked first: what is put into it meanwhile either is seen here, or finds no folder.
        self.tx.locked(ENTITY, folder)
        held = sa.select(ENTITY.c.id).where(ENTITY.c.parent_id == folder).order_by(ENTITY.c.id)
        concepts = self.tx.connection.scalars(held.with_for_update()).all()
        self._put_in(None, concepts, project)
        removal.remove(self, "entity", [folder])
        self._emit_of(FOLDER, "delete", folder, project)
        return Reply(b"")

    @command
    def move_concepts(self, project_id: str, data: Json = None) -> list[str]:
        """Put concepts into a folder of their production, or out of any. For supervisors.

        Returns the ids of those moved. Raises InvalidInput, NotFound, Forbidden, Integrity (two of
        one name in a folder). Emits ``concept:update`` for each.
        """
        body = bodies.read(ConceptsToMove, data)
        asked = [_id(one, f"concept_ids.{i}") for i, one in enumerate(body.concept_ids)]
        given = body.concept_folder_id
        folder = None if given is None else _id(given, "concept_folder_id")
        project = known_project(self, project_id)
        FOLDERS.may[CHANGE].check(self, {"project_id": project})
        if folder is not None:
            self._lock_folder(folder, project)
        found = sa.select(ENTITY.c.id).where(
            in_ids(ENTITY.c.id, asked), ENTITY.c.project_id == project, of_kind("concept")
        )
        # In the order of ids, so that two moves don't deadlock.
        found = found.order_by(ENTITY.c.id).with_for_update()
        concepts = set(self.tx.connection.scalars(found))
        moved = [ident for ident in dict.fromkeys(asked) if ident in concepts]
        self._put_in(folder, moved, project)
        return [str(ident) for ident in moved]

    # --- folders ----------------------------------------------------------------------------

    def _changeable_folder(self, ident: str) -> Row:
        """The facts of a folder that the caller may change. Raises NotFound, Forbidden."""
        with self.database.read() as connection:
            facts = facts_of(connection, known_id(ident), FOLDER)
        FOLDERS.may[CHANGE].check(self, facts)
        return facts

    def _folder_named(self, project: UUID, kind: UUID, name: str) -> UUID | None:
        """The production's folder of that name, which no other gets meanwhile."""
        lock_name(self.tx, project, name, kind, None)
        of_name = (ENTITY.c.entity_type_id == kind, ENTITY.c.name == name)
        rows = sa.select(ENTITY.c.id).where(ENTITY.c.project_id == project, *of_name)
        ident: UUID | None = self.tx.connection.scalar(rows.limit(1))
        return ident

    def _lock_folder(self, ident: UUID, project: UUID) -> None:
        """Keep a folder from being deleted. Raises NotFound, also for another production's."""
        rows = sa.select(ENTITY.c.id).where(
            ENTITY.c.id == ident, ENTITY.c.project_id == project, of_kind(FOLDER)
        )
        if self.tx.connection.scalar(rows.with_for_update()) is None:
            raise NotFound

    def _put_in(self, folder: UUID | None, concepts: Sequence[UUID], project: UUID) -> None:
        """Set the folder of locked concepts. Raises Integrity for two of one name in it."""
        if folder is not None:
            moving = sa.select(ENTITY.c.name).where(in_ids(ENTITY.c.id, concepts))
            names = self.tx.connection.scalars(moving).all()
            others = sa.select(ENTITY.c.id).where(
                ENTITY.c.parent_id == folder,
                ENTITY.c.name.in_(moving.scalar_subquery()),
                sa.not_(in_ids(ENTITY.c.id, concepts)),
            )
            twin = self.tx.connection.scalar(others.limit(1)) is not None
            if twin or len(set(names)) < len(names):
                raise Integrity(MESSAGES[UNIQUE])
        change = sa.update(ENTITY).where(in_ids(ENTITY.c.id, concepts))
        self.tx.connection.execute(change.values(parent_id=folder, updated_at=NOW))
        for ident in concepts:
            self._emit_of("concept", "update", ident, project)

    def _emit_of(self, kind: str, verb: str, ident: UUID, project: UUID) -> None:
        name = {FOLDER: TYPE_NAME}.get(kind, "Concept")
        facts = {"id": ident, "kind": name, "project_id": project}
        self.tx.emit(self.registry.event(self.registry["entities"], verb, facts))

    def _folder_reply(self, ident: UUID) -> Reply:
        columns = plain_columns(self.actor, FOLDER)
        row = self.tx.connection.scalar(as_json(columns, ENTITY, ENTITY.c.id == ident))
        return Reply(str(row).encode())


def _id(given: str, field: str) -> UUID:
    """An id of a body. Raises InvalidInput with the field's name."""
    try:
        return parse_id(given)
    except BadValue:
        message = "Value error, must be a valid UUID"
        raise invalid_field(field, message) from None
