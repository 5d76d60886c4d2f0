"""Who may hear of this service's events: those who take part in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import sqlalchemy as sa

from services.chat.models import Chat, chat_participant
from services.common.contracts.full_events import Audience, Description
from services.common.crud.describing import Describer, by_resource, idents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.common.access.context import CallContext
    from services.common.crud.describing import Told


def describe(ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events."""
    ids = idents(told, "chat_id")
    people, entities = _participants(ctx, ids), _entities(ctx, ids)
    return [
        msgspec.structs.replace(
            by_resource(one, _audience(one, people)), entity_id=entities.get(one.ident("chat_id"))
        )
        for one in told
    ]


def _participants(ctx: CallContext, ids: list[UUID]) -> dict[UUID | None, tuple[UUID, ...]]:
    link = chat_participant.c
    found: dict[UUID | None, tuple[UUID, ...]] = {}
    if ids:
        rows = sa.select(link.chat_id, link.person_id).where(link.chat_id.in_(ids))
        with ctx.database.read() as connection:
            for chat, person in connection.execute(rows):
                found[chat] = (*found.get(chat, ()), person)
    return found


def _entities(ctx: CallContext, ids: list[UUID]) -> dict[UUID | None, UUID]:
    if not ids:
        return {}
    with ctx.database.read() as connection:
        rows = connection.execute(sa.select(Chat.id, Chat.object_id).where(Chat.id.in_(ids)))
        return dict(rows.all())


def _audience(told: Told, people: dict[UUID | None, tuple[UUID, ...]]) -> Audience:
    # Who joins or leaves hears of it, too, though no participant before or any more.
    person = told.ident("person_id") if told.name in {"chat:joined", "chat:left"} else None
    taking_part = people.get(told.ident("chat_id"), ())
    return Audience(people=(*taking_part, *((person,) if person else ())))


DESCRIBER: Final = Describer(describe)
