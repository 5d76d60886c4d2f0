"""Mentions in texts: people and departments after ``@``, task types after ``#``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud import cross_references
from services.common.crud.resource import CrudContext
from services.common.database.tables import table_of
from services.common.database.transaction import Transaction
from services.common.json_types import JsonObject, Row
from services.tasks.models import Notification, comment_department_mentions, comment_mentions
from services.tasks.policy.notifications import notify

HASHTAG: Final = re.compile(r"#([^\W\d_]+)")
EVERY_TASK: Final = "all"
#: The type of notifications of who a comment mentions.
MENTION: Final = "mention"


class Circle(NamedTuple):
    """A production's team: the names that texts may mention."""

    people: dict[UUID, str]
    departments: dict[UUID, str]
    #: The team's people in each department.
    members: dict[UUID, list[UUID]]


EMPTY: Final = Circle({}, {}, {})


class Mentions(NamedTuple):
    """The people and departments that a text mentions."""

    people: list[UUID]
    departments: list[UUID]

    def everybody(self, circle: Circle) -> set[UUID]:
        """All people mentioned, by name or with their department."""
        named = set(self.people)
        for department in self.departments:
            named.update(circle.members.get(department, ()))
        return named


NOBODY: Final = Mentions([], [])


def circle_of(ctx: CallContext, project: UUID | None, texts: Iterable[str]) -> Circle:
    """The production's team; empty, without a call, if no text contains a mention."""
    if project is None or not any("@" in text for text in texts):
        return EMPTY
    team = list(ctx.ask("crud", "list_team", project_id=str(project)))
    return read_circle(ctx.ask("auth", "list_mentionable", ids=team))


def read_circle(found: JsonObject) -> Circle:
    """The reply of ``auth`` with its ids as UUIDs."""
    return Circle(
        {UUID(ident): name for ident, name in found["people"].items()},
        {UUID(ident): name for ident, name in found["departments"].items()},
        {UUID(k): [UUID(one) for one in v] for k, v in found["members"].items()},
    )


def find(text: str, circle: Circle) -> Mentions:
    """The mentions in a text: ``@First Last`` or ``@Department``, before a space or the end."""
    if "@" not in text:
        return NOBODY
    return Mentions(_mentioned(text, circle.people), _mentioned(text, circle.departments))


def _mentioned(text: str, names: dict[UUID, str]) -> list[UUID]:
    return [
        ident
        for ident, name in names.items()
        # Before a space or the end only, so that @Ann is not found in @Anna.
        if name and re.search(f"@{re.escape(name)}(?= |\\Z)", text)
    ]


def hashtags(text: str) -> set[str]:
    """The task types in a text's hashtags, in lower case; ``all`` means every type."""
    return {word.lower() for word in HASHTAG.findall(text)} if "#" in text else set()


def write_mentions(tx: Transaction, comment: UUID, named: Mentions) -> None:
    """Insert the mentions of a comment."""
    if named.people:
        rows = [{"comment": comment, "person": person} for person in named.people]
        tx.connection.execute(sa.insert(comment_mentions), rows)
    if named.departments:
        rows = [{"comment": comment, "department": ident} for ident in named.departments]
        tx.connection.execute(sa.insert(comment_department_mentions), rows)


def edit_mentions(ctx: CrudContext, comment: Row, named: Mentions, circle: Circle) -> None:
    """Replace a comment's mentions. Emits ``notification:new`` for who was not mentioned before."""
    before = _replace(ctx, comment["id"], named)
    wanted = named.everybody(circle)
    notes = table_of(Notification).c
    mine = (notes.comment_id == comment["id"], notes.reply_id.is_(None), notes.type == MENTION)
    run = ctx.tx.connection.execute
    told = dict(run(sa.select(notes.id, notes.person_id).where(*mine)).all())
    idle = [note for note, person in told.items() if person not in wanted]
    cross_references.remove(ctx.tx, ctx.name, ctx.metadata, Notification.__tablename__, idle)
    # Neither the author nor who edits the text has to be told what they write themselves.
    known = before.everybody(circle) | set(told.values()) | {comment["person_id"], ctx.actor.id}
    reasons = [(person, MENTION) for person in sorted(wanted - known)]
    facts = {
        "author_id": comment["person_id"],
        "task_id": comment["object_id"],
        "comment_id": comment["id"],
    }
    notify(ctx.tx, comment["project_id"], reasons, change=False, **facts)


def _replace(ctx: CrudContext, comment: UUID, named: Mentions) -> Mentions:
    """Write the mentions; returns those before."""
    run = ctx.tx.connection.execute
    before = []
    for table, other in (
        (comment_mentions, comment_mentions.c.person),
        (comment_department_mentions, comment_department_mentions.c.department),
    ):
        gone = sa.delete(table).where(table.c.comment == comment).returning(other)
        before.append(list(run(gone).scalars()))
    write_mentions(ctx.tx, comment, named)
    return Mentions(*before)
