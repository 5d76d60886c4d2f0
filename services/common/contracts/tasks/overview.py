"""Queries and answers of the views of entities with their tasks."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from services.common.contracts.assets.entities import EntityRow
from services.common.contracts.types import (
    AN_ID,
    UNSET,
    Answer,
    FreeObject,
    Id,
    Moment,
    NamedId,
    Query,
    UnsetType,
    about,
    parameter,
)

#: Lines of JSON.
NDJSON: Final = "application/x-ndjson"

Canceled = Annotated[bool | None, about("Whether it is canceled.")]
Casting = Annotated[int | None, about("How many assets it casts.", 4)]
Description = Annotated[str | None, about("What it shows.", "The llama jumps the fence.")]
EpisodeName = Annotated[str, about("The name of its episode; empty without one.", "E01")]
Frames = Annotated[int | None, about("Its length in frames.", 122)]
FrameIn = Annotated[Any, about("Its first frame: the value in ``data``. Free JSON.", 1001)]
FrameOut = Annotated[Any, about("Its last frame: the value in ``data``. Free JSON.", 1122)]
FramesPerSecond = Annotated[Any, about("Frames per second: the value in ``data``. Free JSON.", 25)]
Name = Annotated[str, about("Its name.", "SH010")]
OfEpisode = Annotated[Id | None, about("Its episode.")]
Preview = Annotated[Id | None, about("Its main preview.")]
PreviewText = Annotated[str, about("Its main preview; empty without one.")]
ProductionName = Annotated[str | None, about("The name of its production.", "Caminandes")]
Standby = Annotated[bool | None, about("Whether its casting waits.")]
Subscribed = Annotated[bool, about("Whether the caller is notified about it.")]
Data = Annotated[FreeObject, about("Values of the production's own columns, by key.")]
TaskData = Annotated[FreeObject | None, about("Values of the production's own columns, by key.")]
Difficulty = Annotated[int | None, about("From 1 to 5; null to clients.", 3)]
AssetsReady = Annotated[int | None, about("How many cast assets are ready for it.", 4)]


# --- tasks ----------------------------------------------------------------------------------------


class TaskInView(Answer, kw_only=True):
    """A task in a view of entities."""

    id: Id
    duration: Annotated[float | None, about("Time spent on it, in minutes.", 480.0)]
    due_date: Annotated[Moment | None, about("When it must be done.")]
    end_date: Annotated[Moment | None, about("When it was sent for feedback.")]
    entity_id: Annotated[Id | None, about("Its entity.")]
    estimation: Annotated[float | None, about("Man-days in minutes.", 960.0)]
    last_comment_date: Annotated[Moment | None, about("When it was commented on last.")]
    priority: Annotated[int, about("Its priority: 0 is normal.", 1)]
    real_start_date: Annotated[Moment | None, about("When work on it began.")]
    retake_count: Annotated[int | None, about("How many retakes there were.", 2)]
    start_date: Annotated[Moment | None, about("When work on it is to begin.")]
    task_status_id: Id | None
    task_type_id: Id | None
    assignees: Annotated[list[Id], about("The people who are assigned to it.")]


class DetailedTask(TaskInView, kw_only=True):
    """What a view shows of tasks besides."""

    data: TaskData
    difficulty: Difficulty
    done_date: Annotated[Moment | None, about("When it was done.")]
    is_subscribed: Subscribed


class TaskOfPart(DetailedTask, kw_only=True):
    """A task of a sequence, scene or episode."""

    last_preview_file_id: Annotated[Id | None, about("Its newest preview.")]


class TaskOfAsset(DetailedTask, kw_only=True):
    """A task of an asset."""

    last_preview_file_id: Annotated[str, about("Its newest preview; empty without one.")]


class TaskOfShot(DetailedTask, kw_only=True):
    """A task of a shot."""

    last_preview_file_id: Annotated[Id | None, about("Its newest preview.")]
    nb_assets_ready: AssetsReady
    nb_drawings: Annotated[int | None, about("How many drawings it takes.", 24)]


class TaskOfConcept(TaskInView, kw_only=True):
    """A task of a concept."""

    data: TaskData
    is_subscribed: Subscribed
    nb_assets_ready: AssetsReady


class TaskOfEdit(TaskOfConcept, kw_only=True):
    """A task of an edit."""

    last_preview_file_id: Annotated[Id | None, about("Its newest preview.")]


class TaskOfLinkingEntity(TaskInView, kw_only=True):
    """A task of an entity that links to another, such as a concept."""

    nb_assets_ready: AssetsReady
    assigner_id: Annotated[Id | None, about("Who assigned it last.")]


# --- entities -------------------------------------------------------------------------------------


class EntityInView(Answer, kw_only=True):
    """An entity in a view."""

    id: Id
    name: Name
    description: Description
    canceled: Canceled
    data: Data
    entity_type_id: Id
    project_id: Id
    project_name: ProductionName
    source_id: Annotated[Id | None, about("Of assets only.")]
    preview_file_id: Preview


class AssetWithTasks(Answer, kw_only=True):
    """An asset with its tasks."""

    id: Id
    name: Name
    preview_file_id: PreviewText
    description: Description
    asset_type_name: Annotated[str, about("The name of its type.", "Characters")]
    asset_type_id: Annotated[Id, about("Its type.")]
    canceled: Canceled
    ready_for: Annotated[
        str, about("The task type that it is ready for; the text ``None`` without one.", "None")
    ]
    episode_id: Annotated[str, about("Its main episode; empty without one.")]
    casting_episode_ids: Annotated[list[Id], about("The episodes that it is cast in.")]
    is_casting_standby: Standby
    is_shared: Annotated[bool, about("Whether all productions may use it.")]
    data: Data
    tasks: list[TaskOfAsset]


class ShotWithTasks(EntityInView, kw_only=True):
    """A shot with its tasks."""

    type: Annotated[str, about("Always ``Shot``.", "Shot")]
    parent_id: Annotated[Id, about("Its sequence.")]
    sequence_id: Annotated[Id, about("Its sequence again.")]
    sequence_name: Annotated[str, about("The name of its sequence.", "SQ01")]
    episode_id: OfEpisode
    episode_name: EpisodeName
    fps: FramesPerSecond
    frame_in: FrameIn
    frame_out: FrameOut
    nb_frames: Frames
    nb_entities_out: Casting
    is_casting_standby: Standby
    tasks: list[TaskOfShot]


class PartWithTasks(Answer, kw_only=True):
    """A sequence, scene or episode with its tasks."""

    id: Id
    name: Name
    status: Annotated[str, about("Its status.", "running")]
    episode_id: Annotated[
        str,
        about(
            "What it is part of: a sequence's episode, a scene's sequence; the text ``None`` "
            "without one."
        ),
    ]
    description: Description
    frame_in: FrameIn
    frame_out: FrameOut
    fps: FramesPerSecond
    preview_file_id: PreviewText
    canceled: Canceled
    data: Data
    tasks: list[TaskOfPart]


class EditWithTasks(EntityInView, kw_only=True):
    """An edit with its tasks."""

    type: Annotated[str, about("Always ``Edit``.", "Edit")]
    parent_id: OfEpisode
    episode_id: Annotated[OfEpisode, about("Its episode again.")]
    episode_name: EpisodeName
    nb_entities_out: Casting
    tasks: list[TaskOfEdit]


class ConceptInView(EntityInView, kw_only=True):
    """A concept in a view."""

    type: Annotated[str, about("Its kind.", "Concept")]
    parent_id: Annotated[Id | None, about("Of other kinds only.")]
    fps: FramesPerSecond
    frame_in: FrameIn
    frame_out: FrameOut
    nb_frames: Frames
    nb_entities_out: Casting
    is_casting_standby: Standby
    entity_concept_links: Annotated[list[Id], about("The entities that it is drawn for.")]
    created_at: Moment
    updated_at: Moment
    created_by: Annotated[Id | None, about("Who made it.")]


class ConceptWithTasks(ConceptInView, kw_only=True):
    """A concept with its tasks."""

    tasks: list[TaskOfConcept]


class LinkingEntity(ConceptInView, kw_only=True):
    """What is drawn for an entity, mostly a concept, with its tasks."""

    tasks: list[TaskOfLinkingEntity]


class CompactRows(Answer, kw_only=True):
    """Entities and their tasks as arrays of values, which are a third as long."""

    compact: Annotated[bool, about("Always true.")]
    asset_fields: Annotated[
        list[str] | UnsetType, about("The names of an asset's values, in order.", ["id", "name"])
    ] = UNSET
    shot_fields: Annotated[
        list[str] | UnsetType, about("The names of a shot's values, in order.", ["id", "name"])
    ] = UNSET
    task_fields: Annotated[
        list[str], about("The names of a task's values, in order.", ["id", "duration"])
    ]
    rows: Annotated[
        list[list[Any]], about("The entities' values; the last one is the array of its tasks.")
    ]


# --- one entity -----------------------------------------------------------------------------------


class AssetInFull(EntityRow, kw_only=True):
    """An asset with its tasks and castings."""

    without: ClassVar[frozenset[str]] = frozenset({"source_id", "nb_frames"})

    preview_file_id: PreviewText
    ready_for: Annotated[
        str, about("The task type that it is ready for; the text ``None`` without one.", "None")
    ]
    data: Data
    project_name: ProductionName
    asset_type_id: Annotated[Id, about("Its type.")]
    asset_type_name: Annotated[str, about("The name of its type.", "Characters")]
    episode_id: Annotated[str, about("Its main episode; empty without one.")]
    casting_episode_ids: Annotated[list[Id], about("The episodes that it is cast in.")]
    tasks: list[TaskOfAsset]


class ShotInFull(EntityRow, kw_only=True):
    """A shot with its tasks and casting."""

    project_name: ProductionName
    sequence_id: Annotated[Id, about("Its sequence.")]
    sequence_name: Annotated[str, about("The name of its sequence.", "SQ01")]
    episode_id: OfEpisode
    episode_name: EpisodeName
    fps: FramesPerSecond
    frame_in: FrameIn
    frame_out: FrameOut
    tasks: list[TaskOfShot]


class ConceptInFull(EntityRow, kw_only=True):
    """A concept with its tasks."""

    project_name: ProductionName
    fps: FramesPerSecond
    frame_in: FrameIn
    frame_out: FrameOut
    tasks: list[TaskOfConcept]


# --- queries --------------------------------------------------------------------------------------


#: An episode, or a word in its place.
EpisodeOrWord = Annotated[
    str,
    about(
        "The id of an episode, ``all`` or ``main``.",
        AN_ID,
        pattern="^(all|main|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$",
        invalid="Invalid UUID format for {field}: {value}",
    ),
]


class ViewQuery(Query, kw_only=True):
    """Which entities to show."""

    bare: ClassVar[bool] = True

    project_id: Annotated[
        NamedId | UnsetType, about("Of this production; only administrators may leave it out.")
    ] = UNSET


class ConceptViewQuery(ViewQuery, kw_only=True):
    """Which concepts or edits to show."""

    id: Annotated[NamedId | UnsetType, about("Only this one.")] = UNSET


class PartViewQuery(ViewQuery, kw_only=True):
    """Which sequences, scenes or episodes to show."""

    episode_id: Annotated[EpisodeOrWord | UnsetType, about("Directly below this episode.")] = UNSET


class EditViewQuery(ConceptViewQuery, kw_only=True):
    """Which edits to show."""

    episode_id: Annotated[EpisodeOrWord | UnsetType, about("Of this episode.")] = UNSET


class LongViewQuery(ConceptViewQuery, kw_only=True):
    """Which assets or shots to show, and in which form."""

    forms: ClassVar = (NDJSON,)

    episode_id: Annotated[
        EpisodeOrWord | UnsetType,
        about("Of this episode; ``main``: assets of no episode; ``all``: any.", "main"),
    ] = UNSET
    compact: Annotated[
        bool, parameter("Answer arrays of values in place of objects.", switch="exact")
    ] = False
    stream: Annotated[
        bool, parameter(f"Answer a line of JSON for each (``{NDJSON}``).", switch="exact")
    ] = False


#: By kind: query, answer of the view, answer about one entity (None: another route's).
VIEWS: dict[str, tuple[type[ViewQuery], Any, Any]] = {
    "asset": (LongViewQuery, list[AssetWithTasks] | CompactRows, AssetInFull),
    "shot": (LongViewQuery, list[ShotWithTasks] | CompactRows, ShotInFull),
    "sequence": (PartViewQuery, list[PartWithTasks], None),
    "episode": (PartViewQuery, list[PartWithTasks], None),
    "scene": (PartViewQuery, list[PartWithTasks], None),
    "edit": (EditViewQuery, list[EditWithTasks], EditWithTasks),
    "concept": (ConceptViewQuery, list[ConceptWithTasks], ConceptInFull),
}
VIEW_QUERIES: dict[str, type[ViewQuery]] = {kind: query for kind, (query, _, _) in VIEWS.items()}
