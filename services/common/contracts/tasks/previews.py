"""Bodies and answers of previews."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypedDict

from services.common.contracts.assets.entities import EntityRow
from services.common.contracts.types import (
    Answer,
    Body,
    FreeObject,
    Id,
    Moment,
    RowOf,
    about,
)

Drawings = Annotated[list[FreeObject] | None, about("Drawings, by time.")]


class PreviewFileRow(RowOf, kw_only=True):
    """A picture or movie that shows the state of a task."""

    resource: ClassVar[str] = "preview-files"


class EntityWithPreview(EntityRow, kw_only=True):
    """An entity that got a main preview."""

    preview_file_status: Annotated[str, about("Whether the preview can be seen.", "ready")]


class FileOfRevision(Answer, kw_only=True):
    """A preview in a player."""

    id: Id
    task_id: Id
    revision: Annotated[int | None, about("Its revision.", 3)]
    original_name: Annotated[str | None, about("The name of its file.", "sh010")]
    extension: Annotated[str | None, about("The extension of its file.", "mp4")]
    width: Annotated[int | None, about("In pixels.", 1920)]
    height: Annotated[int | None, about("In pixels.", 1080)]
    duration: Annotated[float | None, about("Of a movie, in seconds.", 4.88)]
    status: Annotated[str, about("Whether its file can be seen.", "ready")]
    annotations: Drawings
    created_at: Moment
    original_width: Annotated[Any, about("As uploaded, in pixels. Free JSON.", 3840)]
    original_height: Annotated[Any, about("As uploaded, in pixels. Free JSON.", 2160)]
    original_duration: Annotated[Any, about("As uploaded, in seconds. Free JSON.", 4.88)]
    original_file_size: Annotated[Any, about("As uploaded, in bytes. Free JSON.", 12840)]


class OtherFileOfRevision(FileOfRevision, kw_only=True):
    """A further preview of a revision."""

    position: Annotated[int | None, about("Its place within the revision, from 1.", 2)]
    task_type_id: Id


class RevisionOfEntity(FileOfRevision, kw_only=True):
    """A revision of a task: its first preview, with the others."""

    previews: Annotated[list[OtherFileOfRevision], about("The revision's other previews.")]


#: By the id of the task type: types by priority, revisions newest first.
RevisionsByType = dict[str, list[RevisionOfEntity]]


class NewPreview(Body, kw_only=True):
    """A preview to make."""

    revision: Annotated[int, about("Its revision; the next one by default.", 3, ge=0)] | None = None


class MainFrame(Body, kw_only=True):
    """Which frame of a movie to show; the whole movie stands for the entity all the same."""

    frame_number: Annotated[int | None, about("Accepted for clients, and ignored.", 1)] = None


class NewPlace(Body, kw_only=True):
    """Where a preview stands within its revision."""

    position: Annotated[int, about("Its place, from 1.", 2, ge=1)]


class Drawn(TypedDict, total=False):
    """A drawn object, as the client's canvas has it: further keys are kept."""

    id: Annotated[str, about("The object's id, which the client gives it.", "o1")]


class Drawing(TypedDict, total=False):
    """What is drawn on a frame."""

    objects: list[Drawn] | None


class Annotation(TypedDict, total=False):
    """A frame's drawing, or an object without a frame; further keys are kept."""

    id: Annotated[str, about("The object's id, which the client gives it.", "o1")]
    time: Annotated[float | None, about("Where the frame is, in seconds.", 1.25)]
    drawing: Drawing | None


class Erased(TypedDict, total=False):
    """Objects to take off a frame."""

    time: Annotated[float | None, about("Where the frame is, in seconds.", 1.25)]
    objects: Annotated[list[str] | None, about("The ids of the objects.")]


class DrawingChanges(Body, kw_only=True):
    """What to change of a preview's drawings; changes made at the same time are merged."""

    additions: Annotated[list[Annotation], about("Drawings to add, each with a ``time``.")] = []
    updates: Annotated[list[Annotation], about("Drawings to replace, by their ids.")] = []
    deletions: Annotated[
        list[Erased | str], about("Objects to take off a frame; or ids of objects alone.")
    ] = []
