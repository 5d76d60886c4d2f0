"""What this service's events are about, and who may hear of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import replace

from services.common.contracts.full_events import STUDIO, Audience, Description, Named
from services.common.crud import json_parts
from services.common.crud.describing import Describer, Told, idents, readers
from services.common.database.tables import table_of
from services.tasks.models import Comment, Task, TaskStatus, TaskType
from services.tasks.policy.access import CONCEPT
from services.tasks.policy.previews import REJECTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.access.context import CallContext
    from services.common.json_types import JsonObject

COMMENT: Final = table_of(Comment)
WRITTEN: Final = (COMMENT.c.object_id, COMMENT.c.person_id, COMMENT.c.for_client)
#: Subjects whose receivers depend on who wrote the comment.
COMMENTED: Final = "comment"
ATTACHMENT: Final = "attachment-file"
#: The tasks that events are about, with the names of their type and status.
TASKS: Final = (
    sa.select(
        *(Task.id, Task.name, Task.entity_id, Task.project_id),
        *(Task.task_type_id, TaskType.name.label("type_name"), TaskType.for_entity),
        *(Task.task_status_id, TaskStatus.name.label("status_name")),
    )
    .outerjoin(TaskType, TaskType.id == Task.task_type_id)
    .outerjoin(TaskStatus, TaskStatus.id == Task.task_status_id)
    .where(Task.id == json_parts.idents("ids"))
)
#: The comments that files are attached to.
COMMENTS: Final = sa.select(COMMENT.c.id, *WRITTEN).where(COMMENT.c.id == json_parts.idents("ids"))
#: Rows that only one person gets.
PERSONAL: Final = frozenset({"notification", "subscription"})


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
    """Describe events by the task that they are about."""
    comments = _comments(ctx, [one for one in told if one.subject == ATTACHMENT])
    tasks = _work(ctx, told, comments)
    return [_description(one, tasks.get(_task_of(one, comments), Work()), comments) for one in told]


def _description(told: Told, work: Work, comments: Mapping[UUID | None, JsonObject]) -> Description:
    found = Description(
        audience=_audience(told, work),
        changes=told.changes,
        project_id=told.project or work.project or told.ident("project_id"),
        entity_id=work.entity,
        person_id=told.ident("person_id"),
        task=work.task,
        task_type=work.task_type,
        task_status=work.task_status,
    )
    if told.subject == ATTACHMENT:
        return _of_words(found, comments.get(told.ident("comment_id"), {}), work)
    return _of_words(found, told.row, work) if told.subject == COMMENTED else found


def _comments(ctx: CallContext, told: Sequence[Told]) -> dict[UUID | None, JsonObject]:
    ids = idents(told, "comment_id")
    if not ids:
        return {}
    found = ctx.database.rows(COMMENTS, ids=[*map(str, ids)])
    names = [column.name for column in WRITTEN]
    return {UUID(str(ident)): dict(zip(names, row, strict=True)) for ident, *row in found}


def _work(
    ctx: CallContext, told: Sequence[Told], comments: Mapping[UUID | None, JsonObject]
) -> dict[UUID | None, Work]:
    """The tasks by id: as they are now, or as they were before they were deleted."""
    wanted = {ident for one in told if (ident := _task_of(one, comments))}
    if not wanted:
        return {}
    names = TASKS.selected_columns.keys()
    rows = ctx.database.rows(TASKS, ids=sorted(map(str, wanted)))
    known = (_work_of(dict(zip(names, row, strict=True))) for row in rows)
    found = {work.task.id: work for work in known if work.task}
    deleted = [one.row for one in told if one.subject == "task" and one.row.get("id")]
    if deleted := [row for row in deleted if UUID(row["id"]) not in found]:
        found |= _deleted(ctx, deleted)
    return dict(found.items())


def _deleted(ctx: CallContext, rows: Sequence[JsonObject]) -> dict[UUID, Work]:
    """Tasks that are gone, by what they were; their types and statuses are still there."""
    with ctx.database.read() as connection:
        types = connection.execute(sa.select(TaskType.id, TaskType.name, TaskType.for_entity))
        kinds: dict[UUID | None, Any] = {row["id"]: row for row in types.mappings()}
        names = connection.execute(sa.select(TaskStatus.id, TaskStatus.name))
        statuses: dict[UUID | None, str] = dict(names.all())
    found = {}
    for row in rows:
        kind = kinds.get(_uuid(row["task_type_id"]))
        found[UUID(row["id"])] = _work_of(
            {
                **row,
                "type_name": kind["name"] if kind else None,
                "for_entity": kind["for_entity"] if kind else CONCEPT,
                "status_name": statuses.get(_uuid(row["task_status_id"])),
            }
        )
    return found


def _task_of(told: Told, comments: Mapping[UUID | None, JsonObject]) -> UUID | None:
    if told.subject == "task":
        return told.ident("task_id") or told.ident("id")
    if told.subject == COMMENTED:
        return told.ident("object_id") or told.ident("task_id")
    comment = comments.get(told.ident("comment_id"), {})
    return told.ident("task_id") or _uuid(comment.get("object_id"))


def _uuid(value: object) -> UUID | None:
    return UUID(str(value)) if value else None


def _work_of(row: Mapping[str, Any]) -> Work:
    """A task, from a row of ``TASKS``."""
    kind, status = _uuid(row["task_type_id"]), _uuid(row["task_status_id"])
    return Work(
        task=Named(id=UUID(str(row["id"])), name=row["name"]),
        entity=_uuid(row["entity_id"]),
        project=_uuid(row["project_id"]),
        task_type=Named(id=kind, name=row["type_name"]) if kind else None,
        task_status=Named(id=status, name=row["status_name"]) if status else None,
        of_concept=row["for_entity"] == CONCEPT,
    )


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


def _of_words(found: Description, comment: JsonObject, work: Work) -> Description:
    """Of a comment, or of what is attached to it: see ``policy.comments``.

    Whether its author is a client in the production, ``crud`` knows.
    """
    author = _uuid(comment.get("person_id"))
    for_client = ("client",) if comment.get("for_client") and not work.of_concept else ()
    others = () if work.of_concept else ("client",)
    return replace(
        found,
        person_id=author,
        audience=Audience(roles=(*STUDIO, *for_client, *_vendors(work)), entity=work.entity),
        by_client=Audience(
            roles=("manager", "supervisor", *others),
            people=(author,) if author and not work.of_concept else (),
        ),
    )


DESCRIBER: Final = Describer(describe)
