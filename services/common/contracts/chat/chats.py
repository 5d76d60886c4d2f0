"""Bodies and answers of chats and their messages."""

from __future__ import annotations

from typing import Annotated

from services.common.contracts.shapes import AttachedFile
from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Id,
    Moment,
    Timestamped,
    UnsetType,
    about,
)

LastMessage = Annotated[Moment | None, about("When its newest message was posted.")]
Text = Annotated[str, about("What the person wrote.", "The rig is ready.")]


class ChatRow(Timestamped, kw_only=True):
    """The chat of an entity."""

    object_id: Annotated[Id, about("The entity that it is about.")]
    object_type: Annotated[str, about("Always ``entity``.", "entity")]
    last_message: LastMessage


class ChatOfEntity(ChatRow, kw_only=True):
    """The chat of an entity, with who takes part in it."""

    participants: Annotated[list[Id], about("The people who have joined.")]
    messages: Annotated[list[Id], about("Always empty: messages have a route of their own.")]


class Message(Timestamped, kw_only=True):
    """A message in a chat."""

    chat_id: Id
    person_id: Annotated[Id, about("Who wrote it.")]
    text: Annotated[str | None, about("What the person wrote.", "The rig is ready.")]
    attachment_files: Annotated[
        list[AttachedFile] | UnsetType,
        about("Its files; the answer of a post has the field only if files came with it."),
    ] = UNSET


class OwnChat(Answer, kw_only=True):
    """A chat that the caller takes part in, with what it is about."""

    id: Id
    object_id: Annotated[Id, about("The entity that it is about.")]
    last_message: LastMessage
    entity_name: Annotated[str, about("The entity's full name.", "SQ01 / SH010")]
    project_id: Annotated[Id, about("The entity's production.")]
    preview_file_id: Annotated[Id | None, about("The entity's main preview.")]


class NewMessage(Body, kw_only=True):
    """A message to post; its files come as parts of a form."""

    message: Text
