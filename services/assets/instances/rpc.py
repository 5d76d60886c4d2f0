"""Instances: numbered copies of an asset in a scene or in another asset, and in shots."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from services.assets.entities.rpc_lists import ANY_KIND
from services.assets.models import AssetInstance, asset_instance_link
from services.assets.policy import entities
from services.assets.policy.access import ENTITY, facts_of
from services.assets.policy.membership import require_member
from services.common import bodies
from services.common.contracts.assets import events
from services.common.contracts.assets.instances import (
    InstanceInShot,
    NewInstanceInAsset,
    NewInstanceInScene,
)
from services.common.crud.listing.lists import compressed
from services.common.crud.reading import check_may_reference
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.common.json_types import Json, Row
from services.common.runtime.rpc_server import command, query
from services.common.slugs import slug
from services.common.wire.rpc_protocol import Reply

INSTANCE: Final = table_of(AssetInstance)
LINK: Final = asset_instance_link


class InstanceRpc(ResourceService):
    """Instances of assets."""

    @query
    def list_instances_of_shot(self, ident: str) -> Reply:
        """The instances in a shot: ``{asset id: [instance]}``. Raises NotFound, Forbidden."""
        facts = entities.readable_entity(self, ident, "shot")
        in_shot = sa.select(LINK.c.asset_instance_id).where(LINK.c.entity_id == facts["id"])
        return self._by_key(INSTANCE.c.asset_id, INSTANCE, INSTANCE.c.id.in_(in_shot))

    @query
    def list_instances_in(self, kind: str, ident: str) -> Reply:
        """The instances in a scene or an asset: ``{asset id: [instance]}``.

        Raises NotFound, Forbidden.
        """
        facts = entities.readable_entity(self, ident, kind)
        holder = INSTANCE.c.scene_id if kind == "scene" else INSTANCE.c.target_asset_id
        return self._by_key(INSTANCE.c.asset_id, INSTANCE, holder == facts["id"])

    @query
    def list_shots_of_instances(self, ident: str) -> Reply:
        """The instances of an asset: ``{shot id: [instance]}``. Raises NotFound, Forbidden."""
        of_asset = INSTANCE.c.asset_id == entities.readable_entity(self, ident, "asset")["id"]
        source = INSTANCE.join(LINK, LINK.c.asset_instance_id == INSTANCE.c.id)
        return self._by_key(LINK.c.entity_id, source, of_asset)

    @query
    def list_scenes_of_instances(self, ident: str) -> Reply:
        """The instances of an asset: ``{scene id: [instance]}``; ``"None"`` for those in no scene.

        Raises NotFound, Forbidden.
        """
        of_asset = INSTANCE.c.asset_id == entities.readable_entity(self, ident, "asset")["id"]
        return self._by_key(INSTANCE.c.scene_id, INSTANCE, of_asset)

    @command
    def instantiate_in_scene(self, ident: str, data: Json = None) -> Reply:
        """Create an instance of an asset in a scene. Raises InvalidInput, NotFound, Forbidden.

        Emits ``asset_instance:new``.
        """
        body = bodies.read(NewInstanceInScene, data)
        scene, asset = self._place(ident, "scene", body.asset_id)
        instance_id = self._instantiate(asset, {"scene_id": scene["id"]}, body.description)
        event = events.AssetInstanceNew(
            asset_instance_id=instance_id, asset_id=asset["id"], scene_id=scene["id"]
        )
        self.tx.emit(event, project=scene["project_id"])
        return self._instance(instance_id)

    @command
    def instantiate_in_asset(self, ident: str, data: Json = None) -> Reply:
        """Create an instance of an asset in another asset.

        Raises and emits as ``instantiate_in_scene``.
        """
        body = bodies.read(NewInstanceInAsset, data)
        target, asset = self._place(ident, "asset", body.asset_to_instantiate_id)
        instance_id = self._instantiate(asset, {"target_asset_id": target["id"]}, body.description)
        event = events.AssetInstanceNew(
            asset_instance_id=instance_id, asset_id=target["id"], asset_instantiated=asset["id"]
        )
        self.tx.emit(event, project=target["project_id"])
        return self._instance(instance_id)

    @command
    def add_instance_to_shot(self, ident: str, data: Json = None) -> Reply:
        """Add an instance to a shot; idempotent. Returns the shot.

        Raises InvalidInput, NotFound, Forbidden. Emits ``asset_instance:add-to-shot``.
        """
        instance_id = bodies.read(InstanceInShot, data).asset_instance_id
        shot = entities.readable_entity(self, ident, "shot")
        check_may_reference(self, self.registry["asset-instances"], [instance_id])
        # FOR SHARE: the instance can't be removed before the link to it is written.
        locked = (
            sa.select(INSTANCE.c.id).where(INSTANCE.c.id == instance_id).with_for_update(read=True)
        )
        if self.tx.connection.scalar(locked) is None:
            raise NotFound
        row = {"entity_id": shot["id"], "asset_instance_id": instance_id}
        insertion = insert(LINK).values(row).on_conflict_do_nothing()
        if self.tx.connection.execute(insertion).rowcount:
            event = events.AssetInstanceAdded(shot_id=shot["id"], asset_instance_id=instance_id)
            self.tx.emit(event, project=shot["project_id"])
        columns = ANY_KIND.shown(self.actor, ANY_KIND.columns(None, relations=False))
        shot_json = self.tx.connection.scalar(as_json(columns, ENTITY, ENTITY.c.id == shot["id"]))
        return Reply(str(shot_json).encode())

    @command
    def remove_instance_from_shot(self, ident: str, instance_id: str) -> Reply:
        """Remove an instance from a shot; idempotent.

        Raises NotFound, Forbidden. Emits ``asset_instance:remove-from-shot``.
        """
        shot, instance = entities.readable_entity(self, ident, "shot"), known_id(instance_id)
        deletion = sa.delete(LINK).where(
            LINK.c.entity_id == shot["id"], LINK.c.asset_instance_id == instance
        )
        if self.tx.connection.execute(deletion).rowcount:
            event = events.AssetInstanceRemoved(shot_id=shot["id"], asset_instance_id=instance)
            self.tx.emit(event, project=shot["project_id"])
        return Reply(b"")

    # --- who and where ----------------------------------------------------------------------

    def _place(self, ident: str, kind: str, asset: UUID) -> tuple[Row, Row]:
        """The entity that will hold an instance, and the asset.

        The caller must be in the team of the holder's production, and of the asset's unless it is
        shared. Raises NotFound, Forbidden.
        """
        holder = entities.readable_entity(self, ident, kind)
        shared = sa.select(ENTITY.c.is_shared).where(ENTITY.c.id == asset)
        with self.database.read() as connection:
            facts = facts_of(connection, asset, "asset")
            is_shared = connection.scalar(shared)
        # A shared asset may be used in any production.
        if not is_shared:
            require_member(self, facts["project_id"])
        return holder, facts

    # --- rows -------------------------------------------------------------------------------

    def _instantiate(self, asset: Any, holder_column: dict[str, UUID], description: Any) -> UUID:
        """Insert an instance with the next number; locks the entity that holds it."""
        ((column, holder),) = holder_column.items()
        # Numbers count per asset and holder: without the lock two instances could get the same one.
        lock = sa.select(ENTITY.c.id).where(ENTITY.c.id == holder).with_for_update()
        if self.tx.connection.scalar(lock) is None:
            raise NotFound
        last_number = sa.select(sa.func.coalesce(sa.func.max(INSTANCE.c.number), 0)).where(
            INSTANCE.c.asset_id == asset["id"], INSTANCE.c[column] == holder
        )
        number = (self.tx.connection.scalar(last_number) or 0) + 1
        values = {
            "asset_id": asset["id"],
            "number": number,
            "description": description,
            # A name of signs only, such as "!!!", leaves nothing.
            "name": f"{slug(asset['name'], lower=False)[:70] or 'Asset'}_{number:04}",
            **holder_column,
        }
        instance_id: UUID = self.tx.connection.execute(
            sa.insert(INSTANCE).values(values).returning(INSTANCE.c.id)
        ).scalar_one()
        return instance_id

    def _instance(self, ident: UUID) -> Reply:
        resource = self.registry["asset-instances"]
        return Reply(resource.view(self.tx, ident, relations=False))

    def _by_key(self, column: Any, source: Any, condition: Condition) -> Reply:
        """``{key: [instance …]}``, each list by number."""
        columns = self.registry["asset-instances"].columns(None, relations=False)
        rows = sa.select(column.label("group_key"), *columns).select_from(source).where(condition)
        instances = rows.subquery("r")
        instance = sa.func.to_jsonb(sa.literal_column("r")).op("-")("group_key")
        items = sa.func.json_agg(aggregate_order_by(instance, instances.c.number, instances.c.name))
        # Keys of a JSON object can't be null.
        key = sa.func.coalesce(sa.cast(instances.c.group_key, sa.Text), "None")
        groups = sa.select(key.label("key"), items.label("items")).group_by(key).subquery("g")
        document = sa.cast(sa.func.json_object_agg(groups.c.key, groups.c["items"]), sa.Text)
        with self.database.read() as connection:
            text = connection.scalar(sa.select(document))
        return compressed((text or "{}").encode())
