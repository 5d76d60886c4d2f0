"""The mentions of an edited comment: the new ones are notified, the old ones no longer."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.common.crud import cross_references
from services.common.crud.resource import CrudContext
from services.common.database.tables import table_of
from services.common.json_types import Row
from services.tasks.comments.mentions import Circle, Mentions, write_mentions
from services.tasks.models import Notification, comment_department_mentions, comment_mentions
from services.tasks.policy.notifications import notify

MENTION = "mention"


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
