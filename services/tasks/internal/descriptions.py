"""What this service's events are about, and who may hear of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.full_events import STUDIO, Audience, Description, Named
from services.common.crud.describing import Describer, Told, idents, readers
from services.common.database.tables import table_of
from services.tasks.models import Comment, Task, TaskStatus, TaskType
from services.tasks.policy.access import CONCEPT
from services.tasks.policy.clients import Clients, clients_in
from services.tasks.policy.previews import REJECTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.access.context import CallContext
    from services.common.json_types import JsonObject

COMMENT: Final = table_of(Comment)
#: Subjects whose receivers depend on who wrote the comment.
WORDS: Final = frozenset({"comment", "attachment-file"})
#: Rows that only one person gets.
PERSONAL: Final = frozenset({"notification", "subscription"})


class Kind(NamedTuple):
    """A type of task."""

    named: Named
    of_concept: bool


class Work(NamedTuple):
    """A task that events are about, as far as it is known."""

    task: Named | None = None
    entity: UUID | None = None
    project: UUID | None = None
    task_type: Named | None = None
    task_status: Named | None = None
    #: Whether it is of a concept, which clients don't see; of an unknown one they hear nothing.
    of_concept: bool = True


def describe(ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events by the task that they are about; of comments, asks who the clients are."""
    comments = _comments(ctx, [one for one in told if one.subject == "attachment-file"])
    tasks = _work(ctx, told, comments)
    written = [one for one in told if one.subject in WORDS]
    projects = {work.project for one in written if (work := tasks.get(_task_of(one, comments)))}
    clients = clients_in(ctx, [ident for ident in projects if ident]) if written else None
    return [_description(one, tasks, comments, clients) for one in told]


def _description(
    told: Told,
    tasks: Mapping[UUID | None, Work],
    comments: Mapping[UUID | None, JsonObject],
    clients: Clients | None,
) -> Description:
    work = tasks.get(_task_of(told, comments), Work())
    project = told.project or work.project or told.ident("project_id")
    comment = comments.get(told.ident("comment_id")) if told.subject != "comment" else told.row
    if told.subject in WORDS and clients is not None:
        audience = _of_words(comment or {}, work, project, clients)
    else:
        audience = _audience(told, work)
    return Description(
        audience=audience,
        changes=told.changes,
        project_id=project,
        entity_id=work.entity,
        person_id=told.ident("person_id"),
        task=work.task,
        task_type=work.task_type,
        task_status=work.task_status,
    )


def _comments(ctx: CallContext, told: Sequence[Told]) -> dict[UUID | None, JsonObject]:
    ids = idents(told, "comment_id")
    if not ids:
        return {}
    columns = (COMMENT.c.object_id, COMMENT.c.person_id, COMMENT.c.for_client)
    with ctx.database.read() as connection:
        rows = connection.execute(sa.select(COMMENT.c.id, *columns).where(COMMENT.c.id.in_(ids)))
        return {row["id"]: dict(row) for row in rows.mappings()}


def _work(
    ctx: CallContext, told: Sequence[Told], comments: Mapping[UUID | None, JsonObject]
) -> dict[UUID | None, Work]:
    """The tasks by id: as they are now, or as they were before they were deleted."""
    deleted = {one.ident("id"): one.row for one in told if one.subject == "task"}
    wanted = {ident for one in told if (ident := _task_of(one, comments))}
    columns = (Task.id, Task.name, Task.entity_id, Task.project_id, Task.task_type_id)
    with ctx.database.read() as connection:
        rows = connection.execute(
            sa.select(*columns, Task.task_status_id).where(Task.id.in_(sorted(wanted)))
        )
        known = {row["id"]: dict(row) for row in rows.mappings()}
        kinds = {
            row["id"]: Kind(Named(id=row["id"], name=row["name"]), row["for_entity"] == CONCEPT)
            for row in connection.execute(
                sa.select(TaskType.id, TaskType.name, TaskType.for_entity)
            ).mappings()
        }
        statuses = dict(connection.execute(sa.select(TaskStatus.id, TaskStatus.name)).all())
    return {
        ident: _work_of(ident, row, kinds, statuses)
        for ident in wanted
        if (row := known.get(ident) or deleted.get(ident))
    }


def _task_of(told: Told, comments: Mapping[UUID | None, JsonObject]) -> UUID | None:
    if told.subject == "task":
        return told.ident("task_id") or told.ident("id")
    if told.subject == "comment":
        return told.ident("object_id") or told.ident("task_id")
    comment = comments.get(told.ident("comment_id"), {})
    return told.ident("task_id") or _uuid(comment.get("object_id"))


def _uuid(value: object) -> UUID | None:
    return UUID(str(value)) if value else None


def _work_of(
    ident: UUID,
    row: Mapping[str, object],
    kinds: Mapping[UUID | None, Kind],
    statuses: Mapping[UUID, str],
) -> Work:
    kind, status = kinds.get(_uuid(row["task_type_id"])), _uuid(row["task_status_id"])
    return Work(
        task=Named(id=ident, name=str(row["name"])),
        entity=_uuid(row["entity_id"]),
        project=_uuid(row["project_id"]),
        task_type=kind.named if kind else None,
        task_status=_named(status, statuses),
        of_concept=kind is None or kind.of_concept,
    )


def _named(ident: UUID | None, names: Mapping[UUID, str]) -> Named | None:
    return Named(id=ident, name=names[ident]) if ident and ident in names else None


def _audience(told: Told, work: Work) -> Audience:
    """Who hears of an event that isn't about words."""
    person = told.ident("person_id")
    if told.subject in PERSONAL or told.name == "notifications:written":
        return Audience(people=(person,) if person else ())
    whole = readers(told.resource)
    client = () if work.of_concept else ("client",)
    match told.subject:
        case "task":
            roles = (*STUDIO, *client, *_vendors(work))
            return Audience(roles=roles, entity=work.entity, hidden=whole.hidden)
        case "preview-file":
            rejected = told.row.get("validation_status") == REJECTED
            roles = (*STUDIO, *(() if rejected else client), *_vendors(work))
            return Audience(roles=roles, entity=work.entity)
        case "news":
            task = work.task.id if work.task else None
            return Audience(roles=(*STUDIO, *_vendors(work)), task=task)
        case "time-spent":
            return Audience(roles=STUDIO, people=(person,) if person else ())
    return whole


def _vendors(work: Work) -> tuple[str, ...]:
    """Vendors, whom the entity narrows; of work that is not known, none."""
    return ("vendor",) if work.entity else ()


def _of_words(comment: JsonObject, work: Work, project: UUID | None, clients: Clients) -> Audience:
    """Who hears of a comment, and of what is attached to it: see ``policy.comments``."""
    author = _uuid(comment.get("person_id"))
    if clients.include(project, author):
        others = () if project in clients.isolated or work.of_concept else ("client",)
        own = (author,) if author and not work.of_concept else ()
        return Audience(roles=("manager", "supervisor", *others), people=own)
    client = ("client",) if comment.get("for_client") and not work.of_concept else ()
    return Audience(roles=(*STUDIO, *client, *_vendors(work)), entity=work.entity)


DESCRIBER: Final = Describer(describe)
