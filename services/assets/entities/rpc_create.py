"""RPC methods that create entities of each kind, and one that updates a shot."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy.dialects.postgresql import insert

from services.assets.models import EntityConceptLink
from services.assets.policy.access import ENTITY, TYPE, facts_of, in_ids
from services.assets.policy.entities import BY_KIND
from services.assets.policy.entity_rules import WholeDataRules, lock_name
from services.assets.policy.entity_types import entity_type
from services.assets.policy.kinds import KIND, RESERVED
from services.assets.policy.membership import (
    project_names,
    require_manager,
    require_member,
)
from services.assets.resources import RESOURCES
from services.common import bodies
from services.common.contracts.assets.entities import NEW, NewAsset
from services.common.contracts.assets.events import AssetNew, EditNew, ShotNew
from services.common.crud import writing
from services.common.crud.reading import check_may_reference
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import as_json
from services.common.crud.validation import known_id
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import Json, Row, Values
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply

STATUSES: Final = frozenset({"standby", "running", "complete", "canceled"})
LINKS: Final = table_of(EntityConceptLink)
WHOLE_DATA: Final = replace(RESOURCES["entities"], rules=WholeDataRules())


#: By kind: the field with the parent's id, and the parent's kind; empty if the foreign key tells.
PARENTS: Final = {
    "concept": ("parent_id", "concept-folder"),
    "edit": ("episode_id", ""),
    "scene": ("sequence_id", "sequence"),
    "sequence": ("episode_id", "episode"),
    "shot": ("sequence_id", "sequence"),
}


class CreationRpc(ResourceService):
    """Creation of entities by kind, and the update of shots."""

    @command
    def create_asset(self, project_id: str, asset_type_id: str, data: Json = None) -> Reply:
        """Create an asset of a type; unlike other kinds, two assets may share a name.

        Raises InvalidInput, NotFound (production, type), Forbidden, Integrity (the episode).
        Emits ``asset:new``.
        """
        body = asdict(bodies.read(NewAsset, data))
        project, kind = self._created_in("asset", project_id), known_id(asset_type_id)
        asset_type = sa.select(TYPE.c.id).where(TYPE.c.id == kind, TYPE.c.name.not_in(RESERVED))
        with self.database.read() as connection:
            if connection.scalar(asset_type) is None:
                raise NotFound
        episode = body.pop("episode_id")
        check_may_reference(self, self.registry["entities"], [episode] if episode else [])
        ident = self._insert(project, {**body, "source_id": episode, "entity_type_id": kind})
        self.tx.emit(AssetNew(asset_id=ident, asset_type=kind, project_id=project))
        return self._entity_reply(ident)

    @command
    def create_entity(self, kind: str, project_id: str, data: Json = None) -> Reply:
        """Create an entity, or return the existing one with the same name and parent.

        Clients retry safely: a second call creates nothing. Raises InvalidInput, NotFound
        (production, parent), Forbidden, Integrity. Emits ``<kind>:new`` for a new one.
        """
        body = asdict(bodies.read(NEW[kind], data))
        project = self._created_in(kind, project_id)
        parent_field, parent_kind = PARENTS.get(kind, ("", ""))
        parent = body.pop(parent_field, None)
        parent_facts = self._parent_facts(parent_kind, project, parent)
        links = [link.id for link in body.pop("entity_concept_links", [])]
        check_may_reference(
            self, self.registry["entities"], [*links, *([parent] if parent else [])]
        )
        # An unknown status is replaced, where generic CRUD rejects it.
        if body.get("status", "running") not in STATUSES:
            body["status"] = "running"
        type_id = entity_type(self, kind.capitalize())
        existing = self._existing_entity(
            project, type_id, body["name"], (parent, bool(parent_field))
        )
        if existing is not None:
            return self._entity_reply(existing)
        values = {"data": {}, **body, "parent_id": parent, "entity_type_id": type_id}
        ident = self._insert(project, values)
        self._link_concept(ident, links)
        self._emit_new(kind, ident, project, parent, parent_facts)
        return self._entity_reply(ident)

    @command
    def update_shot(self, ident: str, data: Json = None) -> Reply:
        """Change fields of a shot; ``data`` is replaced, where ``PUT /data/entities/{id}`` merges.

        For managers. Raises InvalidInput, NotFound (also for another kind), Forbidden.
        Emits ``shot:update``.
        """
        with self.database.read() as connection:
            facts = facts_of(connection, known_id(ident), "shot")
        require_manager(self, facts["project_id"])
        return writing.update(self, WHOLE_DATA, facts["id"], data)

    # --- who and where ----------------------------------------------------------------------

    def _known_project(self, project_id: str) -> UUID:
        ident = known_id(project_id)
        if self.actor.is_admin and not project_names(self, [ident]):
            raise NotFound
        return ident

    def _created_in(self, kind: str, project_id: str) -> UUID:
        """The production, if the caller may create entities of the kind in it."""
        project = self._known_project(project_id)
        require_member(self, project)
        BY_KIND[kind].may["create"].check(self, {"project_id": project})
        return project

    def _parent_facts(self, kind: str, project: UUID, parent: UUID | None) -> Row | None:
        """The parent of the new row. Raises NotFound for one of another kind or production."""
        if parent is None or not kind:
            return None
        with self.database.read() as connection:
            facts = facts_of(connection, parent, kind)
        if facts["project_id"] != project:
            raise NotFound
        return facts

    # --- writing ----------------------------------------------------------------------------

    def _existing_entity(
        self, project: UUID, type_id: UUID, name: str, parent_and_scoped: tuple[UUID | None, bool]
    ) -> UUID | None:
        """Lock the name, and return the entity that has it in the same place.

        ``parent_and_scoped`` is the parent, and whether entities of the kind have one at all.
        """
        parent, is_scoped = parent_and_scoped
        lock_name(self.tx, project, name, type_id, parent)
        statement = sa.select(ENTITY.c.id).where(
            ENTITY.c.project_id == project,
            ENTITY.c.entity_type_id == type_id,
            ENTITY.c.name == name,
        )
        if is_scoped:
            statement = statement.where(ENTITY.c.parent_id.is_not_distinct_from(parent))
        entity: UUID | None = self.tx.connection.scalar(statement.limit(1))
        return entity

    def _insert(self, project: UUID, values: Values) -> UUID:
        row = {**values, "project_id": project, "created_by": self.actor.id}
        ident: UUID = self.tx.connection.execute(
            sa.insert(ENTITY).values(row).returning(ENTITY.c.id)
        ).scalar_one()
        return ident

    def _link_concept(self, ident: UUID, links: list[UUID]) -> None:
        """Link a concept to the entities it is drawn for; unknown ids are ignored."""
        if not links:
            return
        # INSERT … SELECT: an entity deleted since it was checked makes no row, and no error.
        existing = sa.select(
            sa.literal_column("gen_random_uuid()"), sa.literal(ident, sa.Uuid), ENTITY.c.id
        ).where(in_ids(ENTITY.c.id, links))
        columns = ["id", "entity_in_id", "entity_out_id"]
        self.tx.connection.execute(insert(LINKS).from_select(columns, existing))

    def _emit_new(
        self,
        kind: str,
        ident: UUID,
        project: UUID,
        parent: UUID | None,
        parent_facts: Row | None,
    ) -> None:
        if kind == "shot":
            episode = parent_facts["parent_id"] if parent_facts else None
            self.tx.emit(ShotNew(shot_id=ident, episode_id=episode, project_id=project))
        elif kind == "edit":
            self.tx.emit(EditNew(edit_id=ident, parent_id=parent, project_id=project))
        else:
            facts = {"id": ident, "kind": kind, "project_id": project}
            self.tx.emit(self.registry.event(self.registry["entities"], "new", facts))

    def _entity_reply(self, ident: UUID) -> Reply:
        resource = self.registry["entities"]
        kind = str(self.tx.connection.scalar(sa.select(KIND).where(ENTITY.c.id == ident)))
        lists = ("entity_concept_links",) if kind == "Concept" else ()
        columns = resource.columns(None, relations=False, lists=lists)
        row = self.tx.connection.scalar(as_json(columns, ENTITY, ENTITY.c.id == ident))
        return Reply(str(row).encode())
