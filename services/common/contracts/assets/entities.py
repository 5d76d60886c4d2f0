"""Bodies, queries and answers of entities: assets, shots, sequences and so on."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import (
    AN_ID,
    NOT_BLANK,
    UNSET,
    Answer,
    AnyId,
    AskedId,
    Body,
    FreeObject,
    Id,
    Query,
    RowOf,
    Timestamped,
    UnsetType,
    about,
    parameter,
)

ProductionName = Annotated[str | None, about("The name of its production.", "Caminandes")]
SequenceName = Annotated[str | None, about("The name of its sequence.", "SQ01")]
EpisodeName = Annotated[str | None, about("The name of its episode.", "E01")]
OfEpisode = Annotated[Id | None, about("The episode that it belongs to.")]
Name = Annotated[str, about("Its name.", "SH010", pattern=NOT_BLANK, max_length=160)]
Description = Annotated[str | None, about("What it shows.", "The llama jumps the fence.")]
#: Values under the keys of metadata descriptors.
OwnValues = Annotated[FreeObject, about("Values of the production's own columns, by key.")]


# --- answers --------------------------------------------------------------------------------------


class EntityRow(RowOf, kw_only=True):
    """An asset, shot, sequence, scene, episode, edit or concept; ``type`` tells which."""

    resource: ClassVar[str] = "entities"


class EntityInProduction(EntityRow, kw_only=True):
    """An entity, with the name of its production where its kind is listed with it."""

    project_name: ProductionName | UnsetType = UNSET
    sequence_name: Annotated[
        SequenceName | UnsetType, about("The name of its sequence; of shots and scenes.", "SQ01")
    ] = UNSET


class EntityInPlace(EntityRow, kw_only=True):
    """A sequence, episode or scene, with the names of its production and parents.

    In a production without episodes a sequence or scene has neither key of them.
    """

    project_name: ProductionName
    sequence_id: Annotated[Id | UnsetType, about("The sequence of a scene.")] = UNSET
    sequence_name: Annotated[
        str | UnsetType, about("The name of the sequence of a scene.", "SQ01")
    ] = UNSET
    episode_id: OfEpisode | UnsetType = UNSET
    episode_name: EpisodeName | UnsetType = UNSET


class EntityVersion(Timestamped, kw_only=True):
    """An earlier version of a shot."""

    name: Annotated[str, about("The shot's name then.", "SH010")]
    data: Annotated[FreeObject | None, about("The shot's own values then, by key.")]
    entity_id: Annotated[Id | None, about("The shot.")]
    person_id: Annotated[Id | None, about("Who changed it.")]


class EntityTypeRow(RowOf, kw_only=True):
    """The type of an entity: Shot, Sequence and so on, or a type of asset."""

    resource: ClassVar[str] = "entity-types"


class AssetTypeRow(EntityTypeRow, kw_only=True):
    """A type of asset, such as characters; some lists have no ``task_types``."""


# --- queries --------------------------------------------------------------------------------------


class EntityQuery(Query, kw_only=True):
    """Filters by equality: only entities with these values; any other column filters as well."""

    bare: ClassVar[bool] = True

    project_id: Annotated[
        AskedId | UnsetType,
        about("Of this production. Who isn't an administrator must name one."),
    ] = UNSET
    name: Annotated[str | UnsetType, parameter("With this name.", "SH010", column=True)] = UNSET
    entity_type_id: Annotated[Id | UnsetType, parameter("Of this type.", column=True)] = UNSET
    parent_id: Annotated[Id | UnsetType, parameter("Directly below this entity.", column=True)] = (
        UNSET
    )
    canceled: Annotated[bool | UnsetType, parameter("Whether they are canceled.", column=True)] = (
        UNSET
    )
    status: Annotated[str | UnsetType, parameter("With this status.", "running", column=True)] = (
        UNSET
    )
    is_shared: Annotated[
        bool | UnsetType, parameter("Whether all productions may use them.", column=True)
    ] = UNSET


class AssetQuery(EntityQuery, kw_only=True):
    """Filters by equality, and by the episode that assets belong to or are cast in."""

    project_id: Annotated[AskedId | UnsetType, about("Of this production.")] = UNSET
    episode_id: Annotated[
        AskedId | UnsetType,
        about("Of this episode: first its own assets, then those that are cast in it."),
    ] = UNSET
    source_id: Annotated[
        Id | UnsetType, parameter("Whose main episode is this one.", column=True)
    ] = UNSET


class ShotQuery(EntityQuery, kw_only=True):
    """Filters by equality."""

    sequence_id: Annotated[AskedId | UnsetType, about("Of this sequence.")] = UNSET


class SequenceQuery(EntityQuery, kw_only=True):
    """Filters by equality."""

    episode_id: Annotated[AskedId | UnsetType, about("Of this episode.")] = UNSET


class AssetTypeQuery(Query, kw_only=True):
    """Filters by equality; any other column filters as well."""

    name: Annotated[str | UnsetType, parameter("With this name.", "Characters", column=True)] = (
        UNSET
    )
    archived: Annotated[bool | UnsetType, parameter("Whether they are archived.", column=True)] = (
        UNSET
    )


class RemovalQuery(Query, kw_only=True):
    """How to remove."""

    force: Annotated[
        bool,
        parameter(
            "Delete what has tasks or children, too, instead of canceling or refusing.",
            switch="any case",
        ),
    ] = False


# --- bodies ---------------------------------------------------------------------------------------


class NewAsset(Body, kw_only=True):
    """An asset to create."""

    name: Name
    description: Description = ""
    data: OwnValues = {}
    is_shared: Annotated[bool, about("Whether all productions may use it.")] = False
    episode_id: Annotated[Id | None, about("Its main episode.")] = None


class NewEpisode(Body, kw_only=True):
    """An episode to create."""

    name: Name
    status: Annotated[
        str | None,
        about("``standby``, ``running``, ``complete`` or ``canceled``; else ``running``."),
    ] = "running"
    description: Description = ""
    data: OwnValues = {}


class NewSequence(Body, kw_only=True):
    """A sequence to create."""

    name: Name
    episode_id: Annotated[Id | None, about("Its episode.")] = None
    description: Description = ""
    data: OwnValues = {}


class NewShot(Body, kw_only=True):
    """A shot to create."""

    name: Name
    sequence_id: Annotated[Id | None, about("Its sequence.")] = None
    nb_frames: Annotated[int | None, about("Its length in frames.", 122)] = None
    description: Description = None
    data: OwnValues = {}


class NewScene(Body, kw_only=True):
    """A scene to create."""

    name: Name
    sequence_id: Annotated[Id | None, about("Its sequence.")] = None


class NewEdit(Body, kw_only=True):
    """An edit to create."""

    name: Name
    description: Description = ""
    data: OwnValues = {}
    episode_id: Annotated[Id | None, about("Its episode.")] = None


class LinkedEntity(Body, kw_only=True):
    """An entity that a concept is drawn for."""

    id: Id


class NewConcept(Body, kw_only=True):
    """A concept to create."""

    name: Name
    description: Description = None
    data: OwnValues = {}
    entity_concept_links: Annotated[
        list[LinkedEntity], about("The entities that it is drawn for.")
    ] = []
    parent_id: Annotated[Id | None, about("The folder that it lies in.")] = None


class ConceptFolder(Body, kw_only=True):
    """A folder of concepts, by its name."""

    name: Name


class ConceptsToMove(Body, kw_only=True):
    """Concepts, and the folder that they move to."""

    concept_ids: Annotated[
        list[AnyId], about("The concepts; those that aren't the production's are left out.")
    ]
    concept_folder_id: Annotated[AnyId | None, about("The folder; null is out of any.")] = None


class Sharing(Body, kw_only=True):
    """Whether all productions may use these assets."""

    is_shared: Annotated[bool | UnsetType, about("Whether they may; absent, they may.")] = UNSET
    asset_ids: Annotated[
        list[Id] | None, about("The assets; none in the routes of a production are all of it.")
    ] = None


class ShotLength(Answer, kw_only=True):
    """A shot with its new length."""

    id: Id
    nb_frames: Annotated[int, about("Its length in frames.", 122)]


class LengthQuery(Query, kw_only=True):
    """Which shots."""

    episode_id: Annotated[
        Id | UnsetType,
        about("Those of this episode; empty for all.", AN_ID, invalid="Invalid episode id"),
    ] = UNSET


class ShotChanges(Body, kw_only=True):
    """Fields of a shot to change, any of its columns; ``data`` is replaced as a whole."""

    name: Name | UnsetType = UNSET
    code: Annotated[str | UnsetType | None, about("A short name.", "SH010")] = UNSET
    description: Description | UnsetType = UNSET
    nb_frames: Annotated[int | UnsetType | None, about("Its length in frames.", 122)] = UNSET
    parent_id: Annotated[Id | UnsetType | None, about("Its sequence.")] = UNSET
    status: Annotated[str | UnsetType, about("Its status.", "running")] = UNSET
    canceled: Annotated[bool | UnsetType | None, about("Whether it is canceled.")] = UNSET
    data: OwnValues | UnsetType | None = UNSET


#: By kind, as the route tables name them.
NEW: dict[str, type[Body]] = {
    "shot": NewShot,
    "sequence": NewSequence,
    "episode": NewEpisode,
    "scene": NewScene,
    "edit": NewEdit,
    "concept": NewConcept,
}
QUERIES: dict[str, type[EntityQuery]] = {
    "asset": AssetQuery,
    "shot": ShotQuery,
    "sequence": SequenceQuery,
    "episode": EntityQuery,
    "scene": EntityQuery,
    "edit": EntityQuery,
    "concept": EntityQuery,
}
