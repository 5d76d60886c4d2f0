"""Who may hear of this service's events: those who take part in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.chat.models import Chat, chat_participant
from services.common.contracts.full_events import Audience, Description
from services.common.crud.describing import Describer, by_resource, idents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.access.context import CallContext
    from services.common.crud.describing import Told


def describe(ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events."""
    ids = idents(told, "chat_id")
    people, entities = _participants(ctx, ids), _entities(ctx, ids)
    projects = _projects(ctx, sorted(set(entities.values())))
    described = []
    for one in told:
        entity = entities.get(one.ident("chat_id"))
        described.append(
            msgspec.structs.replace(
                by_resource(one, _audience(one, people, entity)),
                entity_id=entity,
                project_id=projects.get(entity),
            )
        )
    return described


def _projects(ctx: CallContext, entities: list[UUID]) -> dict[UUID | None, UUID]:
    """The productions of the entities. Raises Unavailable."""
    if not entities:
        return {}
    answer = ctx.ask("assets", "list_projects_of_entities", ids=[str(one) for one in entities])
    return {UUID(entity): UUID(project) for entity, project in answer.items()}


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


def _audience(
    told: Told, people: dict[UUID | None, tuple[UUID, ...]], entity: UUID | None
) -> Audience:
    # Who joins or leaves hears of it, too, though no participant before or any more.
    person = told.ident("person_id") if told.name in {"chat:joined", "chat:left"} else None
    taking_part = people.get(told.ident("chat_id"), ())
    # Participants who have left the team, or the entity as vendors, don't read the chat any more.
    everybody = (*taking_part, *((person,) if person else ()))
    return Audience(people=everybody, team=True, entity=entity)


DESCRIBER: Final = Describer(describe)
