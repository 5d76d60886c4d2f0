"""Bodies, queries and answers of the pipeline's working and output files."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Id,
    Query,
    RowOf,
    UnsetType,
    about,
    parameter,
)

Name = Annotated[
    str, about("The name within which revisions count.", "main", min_length=1, max_length=250)
]
Comment = Annotated[str, about("What was changed.", "Fixed the knees.")]
Author = Annotated[Id | None, about("Who made it; the caller by default.")]
Revision = Annotated[int, about("Its revision; zero: the next one.", 3)]


class WorkingFileRow(RowOf, kw_only=True):
    """A revision of the file in which an artist works on a task."""

    resource: ClassVar[str] = "working-files"


class OutputFileRow(RowOf, kw_only=True):
    """A file exported from a working file, of an entity or an asset instance."""

    resource: ClassVar[str] = "output-files"


class OutputTypeRow(RowOf, kw_only=True):
    """The kind of content of an output file."""

    resource: ClassVar[str] = "output-types"


#: By the name of the file.
WorkingFilesByName = dict[str, WorkingFileRow]


class NextRevision(Answer, kw_only=True):
    """The revision of the next output file; it isn't reserved."""

    next_revision: Annotated[int, about("The next revision.", 4, ge=1)]


class WorkingFileQuery(Query, kw_only=True):
    """Filters by equality."""

    task_id: Annotated[Id | UnsetType, parameter("Of this task.", column=True)] = UNSET
    name: Annotated[str | UnsetType, parameter("With this name.", "main", column=True)] = UNSET


class OutputFileQuery(Query, kw_only=True):
    """Filters by equality."""

    output_type_id: Annotated[Id | UnsetType, parameter("Of this type.", column=True)] = UNSET
    task_type_id: Annotated[Id | UnsetType, parameter("Of this task type.", column=True)] = UNSET
    name: Annotated[str | UnsetType, parameter("With this name.", "main", column=True)] = UNSET
    representation: Annotated[str | UnsetType, parameter("In this format.", "abc", column=True)] = (
        UNSET
    )
    file_status_id: Annotated[Id | UnsetType, parameter("With this status.", column=True)] = UNSET
    temporal_entity_id: Annotated[
        Id | UnsetType, parameter("The shot in which an instance was exported.", column=True)
    ] = UNSET


class NewWorkingFile(Body, kw_only=True):
    """A working file to create."""

    name: Name = "main"
    comment: Comment = ""
    revision: Revision = 0
    software_id: Annotated[Id | None, about("Its software; Blender by default.")] = None
    person_id: Author = None


class WorkingFileComment(Body, kw_only=True):
    """What was changed in a working file."""

    comment: Comment


class OutputOf(Body, kw_only=True):
    """Whose next revision is asked for."""

    output_type_id: Id
    task_type_id: Id
    name: Name = "main"


class NewOutputFile(Body, kw_only=True):
    """An output file to create."""

    output_type_id: Id | None = None
    task_type_id: Id | None = None
    name: Name = "main"
    comment: Comment = ""
    revision: Revision = 0
    extension: Annotated[str, about("Its extension.", ".abc", max_length=10)] = ""
    representation: Annotated[str, about("Its format.", "abc", max_length=20)] = ""
    nb_elements: Annotated[int | None, about("Files of a sequence of pictures.", 122)] = None
    working_file_id: Annotated[Id | None, about("The file that it was exported from.")] = None
    file_status_id: Annotated[Id | None, about("Its status; to review by default.")] = None
    person_id: Author = None
