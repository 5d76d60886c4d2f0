"""Events of ``assets`` besides those of its resources.

Fields that only some emitters can fill are optional: generic CRUD emits ``asset:new`` without the
asset type.
"""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, UnsetType

from services.common.contracts import Event, Known, event

Maybe = Annotated[UUID | UnsetType | None, "null for none, omitted when unknown"]


@event("assets", "asset:new")
class AssetNew(Event, frozen=True, kw_only=True):
    """An asset was created."""

    asset_id: UUID
    asset_type: Known = UNSET
    project_id: Known = UNSET


@event("assets", "asset:ready-changed", stored=False, on_sockets=False, handled_by=("tasks",))
class AssetReadyChanged(Event, frozen=True, kw_only=True):
    """The task type that an asset is ready for changed; its shots' casting statistics follow."""

    asset_id: UUID
    ready_for: Annotated[UUID | None, "the type of task that it is ready for, null for none"]
    project_id: UUID


@event("assets", "shot:new")
class ShotNew(Event, frozen=True, kw_only=True):
    """A shot was created."""

    shot_id: UUID
    episode_id: Maybe = UNSET
    project_id: Known = UNSET


@event("assets", "edit:new")
class EditNew(Event, frozen=True, kw_only=True):
    """An edit was created."""

    edit_id: UUID
    parent_id: Maybe = UNSET
    project_id: Known = UNSET


@event("assets", "entity-link:new")
class EntityLinkNew(Event, frozen=True, kw_only=True):
    """An asset was cast in an entity."""

    entity_link_id: UUID
    entity_in_id: Known = UNSET
    entity_out_id: Known = UNSET
    nb_occurences: Annotated[int | UnsetType, "how often it occurs"] = UNSET
    project_id: Known = UNSET


@event("assets", "entity-link:update")
class EntityLinkUpdate(Event, frozen=True, kw_only=True):
    """A casting link was changed."""

    entity_link_id: UUID
    nb_occurences: Annotated[int | UnsetType, "how often it occurs"] = UNSET
    project_id: Known = UNSET


@event("assets", "shot:casting-update", handled_by=("tasks",))
class ShotCastingUpdate(Event, frozen=True, kw_only=True):
    """The casting of a shot was replaced, or shrank with its episode's casting."""

    shot_id: UUID
    nb_entities_out: Annotated[int, "how many entities its casting has now"]
    added_asset_ids: list[UUID]
    removed_asset_ids: list[UUID]
    project_id: UUID


@event("assets", "asset:casting-update")
class AssetCastingUpdate(Event, frozen=True, kw_only=True):
    """The casting of an asset, or of any entity that is neither shot nor episode, was replaced."""

    asset_id: UUID
    nb_entities_out: Annotated[int, "how many entities its casting has now"]
    added_asset_ids: list[UUID]
    removed_asset_ids: list[UUID]
    project_id: UUID


@event("assets", "episode:casting-update")
class EpisodeCastingUpdate(Event, frozen=True, kw_only=True):
    """The casting of an episode was replaced, or an asset was removed from its last shot there."""

    episode_id: UUID
    nb_entities_out: Annotated[int, "how many entities its casting has now"]
    added_asset_ids: list[UUID]
    removed_asset_ids: list[UUID]
    project_id: UUID


@event("assets", "asset_instance:new")
class AssetInstanceNew(Event, frozen=True, kw_only=True):
    """An asset was instantiated in a scene, or in another asset.

    In an asset, ``asset_id`` is the asset that holds the instance and ``asset_instantiated`` the
    one instantiated.
    """

    asset_instance_id: UUID
    asset_id: UUID
    scene_id: Known = UNSET
    asset_instantiated: Known = UNSET


@event("assets", "asset_instance:add-to-shot")
class AssetInstanceAdded(Event, frozen=True, kw_only=True):
    """An asset instance was added to a shot."""

    shot_id: UUID
    asset_instance_id: UUID


@event("assets", "asset_instance:remove-from-shot")
class AssetInstanceRemoved(Event, frozen=True, kw_only=True):
    """An asset instance was removed from a shot."""

    shot_id: UUID
    asset_instance_id: UUID


@event(
    "assets",
    "metadata-descriptor:key-changed",
    stored=False,
    on_sockets=False,
    handled_by=("crud", "tasks"),
)
class DescriptorKeyChanged(Event, frozen=True, kw_only=True):
    """A descriptor of productions or tasks has another key, or none: its values follow.

    In ``project_ids``; with ``entity_type`` Task, those of the task type's tasks.
    """

    project_ids: Annotated[list[UUID], "the productions"]
    entity_type: Annotated[str, "what has the values: Project or Task"]
    task_type_id: Annotated[UUID | None, "the type of the tasks, null for productions"]
    key: Annotated[str, "the key until now"]
    new_key: Annotated[str | None, "the key from now on, null for none"]
