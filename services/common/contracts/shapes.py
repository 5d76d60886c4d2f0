"""Shapes that the answers of several services embed."""

from __future__ import annotations

from typing import Annotated

from services.common.contracts.types import UNSET, Answer, Id, UnsetType, about


class ShortPerson(Answer, kw_only=True):
    """A person as comments, replies and news embed them."""

    id: Id
    first_name: Annotated[str, about("Their first name.", "Ema")]
    last_name: Annotated[str, about("Their last name.", "Doe")]
    full_name: Annotated[str, about("Both names.", "Ema Doe")]
    has_avatar: Annotated[bool, about("Whether there is a picture of them.")]
    role: Annotated[str, about("Their role in the studio.", "user")]


class AttachedFile(Answer, kw_only=True):
    """A file attached to a message or comment."""

    id: Id
    name: Annotated[str, about("The file's name, as it was uploaded.", "notes.pdf")]
    extension: Annotated[str | None, about("Its extension, without the dot.", "pdf")]
    size: Annotated[int | UnsetType | None, about("Its size in bytes.", 12840)] = UNSET
