"""The chat of an entity: access to it, and its creation on first access."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.chat.models import Chat, chat_participant
from services.common.access.context import CallContext
from services.common.crud.resource_rules import CrudContext
from services.common.crud.validation import known_id


def require_entity_reader(ctx: CallContext, entity: str) -> UUID:
    """The entity's id, if the caller may read it. Raises NotFound, Forbidden."""
    ident = known_id(entity)
    # Read as the caller: the policy of entities, which ``assets`` owns, is that of their chats.
    asked = {"path": "entities", "ident": str(ident), "query": {"relations": "false"}}
    ctx.ask("assets", "read_row", **asked)
    return ident


def find(ctx: CallContext, entity: UUID) -> UUID | None:
    """The chat of an entity, or None; the oldest if an import brought several."""
    oldest = sa.select(Chat.id).where(Chat.object_id == entity).order_by(Chat.created_at).limit(1)
    with ctx.database.read() as connection:
        ident: UUID | None = connection.scalar(oldest)
    return ident


def open_chat(ctx: CrudContext, entity: UUID) -> UUID:
    """The chat of an entity, created if there is none. Emits ``chat:new`` then."""
    ident = find(ctx, entity)
    if ident is not None:
        return ident
    # An advisory lock, as there is no row to lock and no unique constraint (imports bring
    # duplicates): two first visitors would each create a chat.
    ctx.tx.lock_key(f"chat {entity}")
    ident = find(ctx, entity)
    if ident is None:
        chat = Chat(object_id=entity, object_type="entity")
        ctx.tx.session.add(chat)
        ctx.tx.session.flush()
        ident = chat.id
        ctx.tx.emit(ctx.registry.event(ctx.registry["chats"], "new", {"id": ident}))
    return ident


def takes_part(ctx: CallContext, chat: UUID) -> bool:
    """Whether the caller has joined the chat."""
    link = chat_participant.c
    mine = sa.exists().where(link.chat_id == chat, link.person_id == ctx.actor.id)
    with ctx.database.read() as connection:
        return bool(connection.scalar(sa.select(mine)))
