"""The chat of an entity: who may enter it, and making it at the first visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.chat.models import Chat, chat_participant
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound


def enter(work: Any, entity: str) -> UUID:
    """The entity's id, for who may read it: its production's team, a vendor only with a task on it.

    Raises NotFound, Forbidden.
    """
    ident = known_id(entity)
    projects = work.ask("assets", "projects_of_entities", ids=[str(ident)])
    if str(ident) not in projects:
        raise NotFound
    role = work.actor.role_in(UUID(projects[str(ident)]))
    if role is None or (
        role == "vendor" and not work.ask("tasks", "is_assigned_to_entity", ident=str(ident))
    ):
        message = "This requires access to the entity."
        raise Forbidden(message)
    return ident


def find(work: Any, entity: UUID) -> UUID | None:
    """The chat of an entity, if there is one; the first, should an import have brought two."""
    found = sa.select(Chat.id).where(Chat.object_id == entity).order_by(Chat.created_at).limit(1)
    with work.database.read() as connection:
        ident: UUID | None = connection.scalar(found)
    return ident


def open_chat(work: Any, entity: UUID) -> UUID:
    """The chat of an entity, made now if nobody has been there before."""
    ident = find(work, entity)
    if ident is not None:
        return ident
    work.tx.alone(f"chat {entity}")
    ident = find(work, entity)
    if ident is None:
        chat = Chat(object_id=entity, object_type="entity")
        work.tx.session.add(chat)
        work.tx.session.flush()
        ident = chat.id
    return ident


def takes_part(work: Any, chat: UUID) -> bool:
    """Whether the caller has joined the chat."""
    link = chat_participant.c
    mine = sa.exists().where(link.chat_id == chat, link.person_id == work.actor.id)
    with work.database.read() as connection:
        return bool(connection.scalar(sa.select(mine)))
