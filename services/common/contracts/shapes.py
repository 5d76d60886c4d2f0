"""Shapes that the answers of several services embed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from services.common.contracts.types import (
    AN_ID,
    UNSET,
    Answer,
    AskedMoment,
    Id,
    Query,
    UnsetType,
    about,
)


class ShortPerson(Answer, kw_only=True):
    """A person as comments, replies and news embed them."""

    id: Id
    first_name: Annotated[str, about("Their first name.", "Ema")]
    last_name: Annotated[str, about("Their last name.", "Doe")]
    full_name: Annotated[str, about("Both names.", "Ema Doe")]
    has_avatar: Annotated[bool | None, about("Whether there is a picture of them.")]
    role: Annotated[str, about("Their role in the studio.", "user")]


class AttachedFile(Answer, kw_only=True):
    """A file attached to a message or comment."""

    id: Id
    name: Annotated[str, about("The file's name, as it was uploaded.", "notes.pdf")]
    extension: Annotated[str | None, about("Its extension, without the dot.", "pdf")]
    size: Annotated[int | UnsetType | None, about("Its size in bytes.", 12840)] = UNSET


class Success(Answer, kw_only=True):
    """It is done."""

    success: Annotated[bool, about("Always true.")]


class StoredPicture(Answer, kw_only=True):
    """A picture was stored."""

    thumbnail_path: Annotated[
        str,
        about(
            "Where it is read from.",
            "pictures/thumbnails/persons/9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10.png",
        ),
    ]


NO_BOUND: Final = "Wrong date format for before or after argument."
LoggedPerson = Annotated[
    Id, about("A person.", AN_ID, invalid="The person_ids parameter contains an invalid id")
]
#: An id in the query of a log.
LoggedId = Annotated[
    Id, about("The id of a row.", AN_ID, invalid="The {field} parameter is not a valid id")
]


class LogQuery(Query, kw_only=True):
    """Which rows of a log to read, from the newest backwards; the bounds are exclusive."""

    bare: ClassVar[bool] = True

    limit: Annotated[
        int,
        about(
            "How many rows at most, up to 1000.",
            100,
            ge=0,
            invalid="Wrong value for parameter {field}.",
        ),
    ] = 100
    after: Annotated[
        AskedMoment | UnsetType,
        about("Only what is newer than this time or day.", "2026-01-05T10:00:00", invalid=NO_BOUND),
    ] = UNSET
    before: Annotated[
        AskedMoment | UnsetType,
        about("Only what is older than this time or day.", "2026-01-06", invalid=NO_BOUND),
    ] = UNSET
    person_ids: Annotated[
        list[LoggedPerson], about("Only by these people; the parameter may be repeated.")
    ] = []
