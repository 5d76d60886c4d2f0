"""Mentions in texts: people and departments after ``@``, task types after ``#``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.deletion import removal
from services.common.crud.resource_rules import CrudContext
from services.common.database.tables import table_of
from services.common.database.transaction import Transaction
from services.common.json_types import JsonObject, Row
from services.tasks.models import Notification, comment_department_mentions, comment_mentions
from services.tasks.policy.notifications import notify

HASHTAG: Final = re.compile(r"#([^\W\d_]+)")
EVERY_TASK: Final = "all"
#: The type of notifications of who a comment mentions.
MENTION: Final = "mention"


class Team(NamedTuple):
    """The people and departments of a production that texts may mention."""

    people: dict[UUID, str]
    departments: dict[UUID, str]
    #: The team's people in each department.
    members: dict[UUID, list[UUID]]


EMPTY: Final = Team({}, {}, {})


class Mentions(NamedTuple):
    """The people and departments that a text mentions."""

    people: list[UUID]
    departments: list[UUID]

    def everybody(self, team: Team) -> set[UUID]:
        """All people mentioned, by name or with their department."""
        people = set(self.people)
        for department in self.departments:
            people.update(team.members.get(department, ()))
        return people


NOBODY: Final = Mentions([], [])


def ask_team(ctx: CallContext, project: UUID | None, texts: Iterable[str]) -> Team:
    """The production's team; empty, without a call, if no text contains a mention."""
    if project is None or not any("@" in text for text in texts):
        return EMPTY
    team = list(ctx.ask("crud", "list_team", project_id=str(project)))
    return read_team(ctx.ask("auth", "list_mentionable", ids=team))


def read_team(reply: JsonObject) -> Team:
    """The reply of ``auth`` with its ids as UUIDs."""
    return Team(
        {UUID(ident): name for ident, name in reply["people"].items()},
        {UUID(ident): name for ident, name in reply["departments"].items()},
        {
            UUID(department): [UUID(person) for person in people]
            for department, people in reply["members"].items()
        },
    )


def find(text: str, team: Team) -> Mentions:
    """The mentions in a text: ``@First Last`` or ``@Department``, before a space or the end."""
    if "@" not in text:
        return NOBODY
    return Mentions(_mentioned(text, team.people), _mentioned(text, team.departments))


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


def write_mentions(tx: Transaction, comment: UUID, mentions: Mentions) -> None:
    """Insert the mentions of a comment."""
    if mentions.people:
        rows = [{"comment": comment, "person": person} for person in mentions.people]
        tx.connection.execute(sa.insert(comment_mentions), rows)
    if mentions.departments:
        rows = [{"comment": comment, "department": ident} for ident in mentions.departments]
        tx.connection.execute(sa.insert(comment_department_mentions), rows)


def edit_mentions(ctx: CrudContext, comment: Row, mentions: Mentions, team: Team) -> None:
    """Replace a comment's mentions. Emits ``notification:new`` for who was not mentioned before."""
    previous = _replace(ctx, comment["id"], mentions)
    people = mentions.everybody(team)
    notes = table_of(Notification).c
    of_comment = (
        notes.comment_id == comment["id"],
        notes.reply_id.is_(None),
        notes.type == MENTION,
    )
    run = ctx.tx.connection.execute
    notified = dict(run(sa.select(notes.id, notes.person_id).where(*of_comment)).all())
    outdated = [note for note, person in notified.items() if person not in people]
    removal.remove(ctx, Notification.__tablename__, outdated)
    # Neither the author nor who edits the text has to be told what they write themselves.
    already_notified = (
        previous.everybody(team) | set(notified.values()) | {comment["person_id"], ctx.actor.id}
    )
    reasons = [(person, MENTION) for person in sorted(people - already_notified)]
    facts = {
        "author_id": comment["person_id"],
        "task_id": comment["object_id"],
        "comment_id": comment["id"],
    }
    notify(ctx.tx, comment["project_id"], reasons, change=False, **facts)


def _replace(ctx: CrudContext, comment: UUID, mentions: Mentions) -> Mentions:
    """Write the mentions; returns those before."""
    run = ctx.tx.connection.execute
    previous = []
    for table, column in (
        (comment_mentions, comment_mentions.c.person),
        (comment_department_mentions, comment_department_mentions.c.department),
    ):
        deletion = sa.delete(table).where(table.c.comment == comment).returning(column)
        previous.append(list(run(deletion).scalars()))
    write_mentions(ctx.tx, comment, mentions)
    return Mentions(*previous)
