"""Writing drafts and showing what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from services.common.access.context import CallContext
from services.common.crud.resource import CrudContext
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.tasks.comments.context import CommentContext
from services.tasks.comments.draft import Draft
from services.tasks.comments.views import comment_json
from services.tasks.comments.write import CommentWriter


def write_drafts(
    ctx: CrudContext, drafts: Sequence[Draft], known: CommentContext
) -> list[JsonObject]:
    """Write the drafts and show them. Raises NotFound, InvalidInput."""
    if not drafts:
        return []
    # Before anything is written, since no other service may be asked once the transaction is open.
    _check_people(ctx, {draft.author_id for draft in drafts})
    known.ask(drafts)
    authors = sorted({str(draft.author_id) for draft in drafts})
    # Asked now, needed last: the answer has come by the time the comments are written.
    people = _ask_authors(ctx, authors)
    made = CommentWriter(ctx, known).post(drafts)
    shown = [comment_json(ctx, ident) for ident in made]
    written_by = people()
    for comment, draft in zip(shown, drafts, strict=True):
        comment["task_status"] = known.statuses[draft.status_id]
        comment["person"] = written_by.get(comment["person_id"])
    return shown


def _ask_authors(ctx: CallContext, authors: list[str]) -> Callable[[], JsonObject]:
    """These people in full: the caller came with the call, others are asked for."""
    own = ctx.call.get("author")
    if own and authors == [str(ctx.actor.id)]:
        return lambda: msgspec.json.decode(own)
    return ctx.ask_ahead("auth", "whole_persons", ids=authors)


def _check_people(ctx: CallContext, ids: set[UUID]) -> None:
    """Raise NotFound unless everybody who is said to have written exists."""
    others = sorted(str(ident) for ident in ids if ident != ctx.actor.id)
    if others:
        found = ctx.ask("auth", "existing_rows", tables={"person": others})
        if len(found["person"]) < len(others):
            raise NotFound
