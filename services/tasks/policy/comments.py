"""The policies of comments, their replies, and the files attached to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import ALL, Policy, Sight
from services.common.access.rules import Facts, Rule, any_of, manager
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import (
    AttachmentFile,
    Comment,
    PreviewFile,
    comment_department_mentions,
    comment_mentions,
    comment_preview_link,
)
from services.tasks.policy import access
from services.tasks.policy.clients import CLIENT, clients_in
from services.tasks.policy.previews import not_rejected

COMMENT: Final = table_of(Comment)


# --- who sees what ------------------------------------------------------------------------------


def _by_client(ctx: CallContext, comments: sa.FromClause, projects: Collection[UUID]) -> Condition:
    return clients_in(ctx, projects).wrote(comments.c.production_id, comments.c.person_id)


def _not_by_clients(
    ctx: CallContext, comments: sa.FromClause, projects: Collection[UUID]
) -> Condition:
    return sa.not_(_by_client(ctx, comments, projects))


def _on_their_entities(
    ctx: CallContext, comments: sa.FromClause, projects: Collection[UUID]
) -> Condition:
    on_theirs = access.on_entities_of(ctx.actor.id, comments.c.object_id)
    return on_theirs & _not_by_clients(ctx, comments, projects)


def _for_clients(
    ctx: CallContext, comments: sa.FromClause, projects: Collection[UUID]
) -> Condition:
    others = _by_client(ctx, comments, projects)
    if isolated := clients_in(ctx, projects).isolated:
        others &= comments.c.production_id.not_in(sorted(isolated))
    own = comments.c.person_id == ctx.actor.id
    theirs = comments.c.for_client.is_(True) | own | others
    return access.not_on_concepts(comments.c.object_id) & theirs


def _with_pictures(
    ctx: CallContext, comments: sa.FromClause, projects: Collection[UUID]
) -> Condition:
    link, file = comment_preview_link.c, table_of(PreviewFile).alias("shown")
    shown = sa.exists().where(
        link.comment == comments.c.id, file.c.id == link.preview_file, not_rejected(file)
    )
    pictures = shown & _not_by_clients(ctx, comments, projects)
    on_others = access.not_on_concepts(comments.c.object_id)
    return _for_clients(ctx, comments, projects) | (on_others & pictures)


_TO_ARTISTS: Final = Sight("not by clients", within=_not_by_clients)
_TO_VENDORS: Final = Sight(
    "on entities they are assigned to, not by clients", within=_on_their_entities
)
_TO_CLIENTS: Final = Sight(
    "for clients, their own, and by other clients unless they are isolated", within=_for_clients
)
_LISTED_TO_CLIENTS: Final = Sight(
    f"{_TO_CLIENTS.name}; others that have previews, without their words", within=_with_pictures
)


# --- who may do what ----------------------------------------------------------------------------


def is_mentioned(ctx: CallContext, task: UUID, project: UUID | None) -> bool:
    """Whether a comment or reply on the task mentions the caller or their department."""
    actor = ctx.actor
    if actor.role_in(project) in {None, "vendor"}:
        return False
    person, department = comment_mentions.c, comment_department_mentions.c
    ids = sa.select(COMMENT.c.id).where(COMMENT.c.object_id == task)
    tests: list[Condition] = [
        sa.exists().where(person.comment.in_(ids), person.person == actor.id),
        sa.exists().where(
            department.comment.in_(ids), department.department.in_(actor.departments)
        ),
        _in_replies(ids, {"mentions": [str(actor.id)]}),
    ]
    # jsonb's ``@>`` with one element each: it finds arrays that contain the department.
    tests += [_in_replies(ids, {"department_mentions": [str(one)]}) for one in actor.departments]
    with ctx.database.read() as connection:
        return bool(connection.scalar(sa.select(sa.or_(*tests))))


def _in_replies(ids: Any, named: dict[str, list[str]]) -> Condition:
    return sa.exists().where(COMMENT.c.id.in_(ids), COMMENT.c.replies.contains([named]))


def _is_own(ctx: CallContext, facts: Facts) -> bool:
    """Its author, as long as they may read it: who left the team may not."""
    return facts["person_id"] == ctx.actor.id and COMMENTS.reader.test(ctx, facts)


def _replies(ctx: CallContext, facts: Facts) -> bool:
    if not COMMENTS.reader.test(ctx, facts) or _is_of_rival(ctx, facts):
        return False
    if facts["person_id"] == ctx.actor.id:
        return True
    task, project = facts["task_id"], facts["project_id"]
    # Mentions let people answer whose role alone would not (e.g. artists of another task).
    return access.may_act(ctx, task, facts) or is_mentioned(ctx, task, project)


def _is_of_rival(ctx: CallContext, facts: Facts) -> bool:
    """Whether the caller is a client, and a client of another studio wrote the comment."""
    project, author = facts["project_id"], facts["person_id"]
    if ctx.actor.role_in(project) != CLIENT or author == ctx.actor.id:
        return False
    if not clients_in(ctx, [project]).include(project, author):
        return False
    ids = [str(author), str(ctx.actor.id)]
    people = ctx.ask("auth", "list_full_persons", ids=ids)
    theirs, own = (people.get(ident, {}).get("studio_id") for ident in ids)
    return bool(theirs != own)


def _edits(ctx: CallContext, facts: Facts) -> bool:
    """Its author edits a comment; supervisors pin and tick, assignees tick the checklist."""
    if not COMMENTS.reader.test(ctx, facts):
        return False
    fields = set(facts["body"]) - {"id", "created_at", "updated_at"}
    if facts["person_id"] == ctx.actor.id:
        return True
    if ctx.actor.role_in(facts["project_id"]) == "supervisor":
        in_department = access.in_departments(ctx.actor, facts["department_id"])
        if in_department and fields <= {"pinned", "checklist"}:
            return True
    return fields <= {"checklist"} and access.is_assignee(ctx, facts)


def _works_on_it(ctx: CallContext, facts: Facts) -> bool:
    return access.may_act(ctx, facts["task_id"], facts) and COMMENTS.reader.test(ctx, facts)


_OF_COMMENT: Final = ("id", "project_id", "person_id")
_CHANGE: Final = any_of(manager, Rule("to have written the comment", _is_own, _OF_COMMENT))
_EDIT: Final = any_of(
    manager,
    Rule(
        "to have written the comment (to pin it: to supervise its task; to tick: to work on that)",
        _edits,
        (*_OF_COMMENT, "department_id", "task_id"),
    ),
)
_REPLY: Final = Rule(
    "to read the comment and to have written it, to work on its task or to be mentioned there",
    _replies,
    (*_OF_COMMENT, "task_id", "entity_id", "department_id"),
)
_WORK_ON_IT: Final = Rule(
    "to read the comment and to work on its task",
    _works_on_it,
    ("id", "project_id", "task_id", "entity_id", "department_id"),
)

COMMENTS: Final = Policy(
    kind="comments",
    table=COMMENT,
    project=COMMENT.c.production_id,
    sees={
        "manager": ALL,
        "supervisor": ALL,
        "user": _TO_ARTISTS,
        "client": _LISTED_TO_CLIENTS,
        "vendor": _TO_VENDORS,
    },
    reads={
        "manager": ALL,
        "supervisor": ALL,
        "user": _TO_ARTISTS,
        "client": _TO_CLIENTS,
        "vendor": _TO_VENDORS,
    },
    may={
        "reply": _REPLY,
        "edit": _EDIT,
        "delete": _CHANGE,
        "attach a file": _CHANGE,
        "add a preview": _WORK_ON_IT,
        "remove a preview": _WORK_ON_IT,
    },
)


# --- attached files -----------------------------------------------------------------------------


def _of_comments(sight: Sight) -> Sight:
    """The files of the comments that somebody sees."""
    if sight is ALL:
        return ALL

    def within(ctx: CallContext, files: sa.FromClause, projects: Collection[UUID]) -> Condition:
        comments = COMMENT.alias("comment_of_file")
        seen = sight.of(ctx, comments, projects)
        return sa.exists().where(comments.c.id == files.c.comment_id, seen)

    return Sight(f"of comments {sight.name}", within=within)


ATTACHMENTS: Final = Policy(
    kind="attachment-files",
    table=table_of(AttachmentFile),
    project=access.ATTACHMENT_PROJECT,
    sees={role: _of_comments(sight) for role, sight in (COMMENTS.reads or {}).items()},
)
