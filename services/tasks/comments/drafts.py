"""Writing drafts, and returning the comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from services.common.access.context import CallContext
from services.common.crud.resource_rules import CrudContext
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.tasks.comments.context import CommentContext, Draft
from services.tasks.comments.views import comment_json
from services.tasks.comments.write import CommentWriter


def write_drafts(
    ctx: CrudContext, drafts: Sequence[Draft], context: CommentContext
) -> list[JsonObject]:
    """Write the drafts and return the comments. Raises NotFound, InvalidInput."""
    if not drafts:
        return []
    # Before anything is written: no other service may be called once the transaction is open.
    _check_people(ctx, {draft.author_id for draft in drafts})
    context.ask(drafts)
    authors = sorted({str(draft.author_id) for draft in drafts})
    # Sent now, awaited at the end: the reply arrives while the comments are written.
    people = _ask_authors(ctx, authors)
    comment_ids = CommentWriter(ctx, context).post(drafts)
    comments = [comment_json(ctx, ident) for ident in comment_ids]
    written_by = people()
    for comment, draft in zip(comments, drafts, strict=True):
        comment["task_status"] = context.statuses[draft.status_id]
        comment["person"] = written_by.get(comment["person_id"])
    return comments


def _ask_authors(ctx: CallContext, authors: list[str]) -> Callable[[], JsonObject]:
    """Request the authors' complete persons; the result waits for them.

    The caller's own arrives in the call's headers, and needs no request.
    """
    caller = ctx.call.get("author")
    if caller and authors == [str(ctx.actor.id)]:
        return lambda: msgspec.json.decode(caller)
    return ctx.ask_ahead("auth", "list_full_persons", ids=authors)


def _check_people(ctx: CallContext, ids: set[UUID]) -> None:
    """Raise NotFound unless all authors exist."""
    person_ids = sorted(str(ident) for ident in ids if ident != ctx.actor.id)
    if person_ids:
        existing = ctx.ask("auth", "find_existing_rows", tables={"person": person_ids})
        if len(existing["person"]) < len(person_ids):
            raise NotFound
