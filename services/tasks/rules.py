"""The rules of task types, statuses, tasks, previews and time, beyond who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.tasks import TaskAssigned, TaskUnassigned
from services.common.crud.validation import BadValue, parse_moment
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.tasks.models import (
    Comment,
    News,
    PreviewFile,
    Task,
    TaskStatus,
    TaskType,
    TimeSpent,
    comment_preview_link,
    task_person_link,
)
from services.tasks.notices import notify

SAME_TYPE: Final = "A task type with similar name already exists"
MAIN: Final = "main"


# --- task types and statuses --------------------------------------------------------------------


def check_type_name(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Names of task types are unique, whatever they are for. Raises InvalidInput."""
    _refuse_type_name(work, values["name"], None)


def check_type_rename(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same for a change."""
    if "name" in values and values["name"] != row["name"]:
        _refuse_type_name(work, values["name"], row["id"])


def _refuse_type_name(work: Any, name: str, own: UUID | None) -> None:
    same = sa.select(TaskType.id).where(TaskType.name == name)
    if own is not None:
        same = same.where(TaskType.id != own)
    if work.tx.session.scalar(same.limit(1)):
        raise InvalidInput(SAME_TYPE)


def free_type(work: Any, body: Mapping[str, Any], ident: UUID | None) -> None:
    """Before a task type goes: productions and schedules that use it hold it back, or let go.

    With ``force`` they let go at once; should the delete then be refused by tasks, the links are
    gone all the same, as clients expect. Raises Refused naming what uses it.
    """
    if "force" not in body:
        return
    if body["force"]:
        work.ask("crud", "release_task_type", task_type_id=str(ident))
        return
    users = work.ask("crud", "users_of_task_type", task_type_id=str(ident))
    if users:
        message = f"This task type is still used: {', '.join(users)}."
        raise Refused(message)


def clear_other_default(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """There is one default status for concepts and one for the rest."""
    if values.get("is_default"):
        _clear_default(work, bool(values.get("for_concept")), None)


def clear_other_default_on_update(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same for a change."""
    if values.get("is_default"):
        concept = values.get("for_concept", row["for_concept"])
        _clear_default(work, bool(concept), row["id"])


def _clear_default(work: Any, concept: bool, own: UUID | None) -> None:
    change = sa.update(TaskStatus).where(
        TaskStatus.is_default.is_(True),
        sa.func.coalesce(TaskStatus.for_concept, False).is_(concept),
    )
    if own is not None:
        change = change.where(TaskStatus.id != own)
    work.tx.session.execute(change.values(is_default=False))


# --- tasks --------------------------------------------------------------------------------------


def named(body: Mapping[str, Any]) -> dict[str, Any]:
    """A new task is called "main" unless it says."""
    return {**body, "name": body.get("name") or MAIN}


def task_kind(work: Any, body: Mapping[str, Any], ident: UUID | None) -> str | None:
    """The entity type's name of the entity a new task is for."""
    entity = body.get("entity_id")
    if ident is not None or not isinstance(entity, str):
        return None
    kinds: dict[str, str] = work.ask("assets", "kinds_of_entities", ids=[entity])
    return kinds.get(entity.lower())


def check_task(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """A task's type must be one for such an entity. Raises Refused, Integrity."""
    temporal = {"Shot", "Sequence", "Scene", "Episode", "Edit", "Concept"}
    wanted = work.prepared if work.prepared in temporal else "Asset"
    kind = sa.select(TaskType.for_entity).where(TaskType.id == values["task_type_id"])
    actual = work.tx.session.scalar(kind)
    if work.prepared is not None and actual is not None and actual != wanted:
        message = "Task type of the task does not match entity type."
        raise Refused(message)
    if values["assigner_id"] is None:
        values["assigner_id"] = work.actor.id
    names = ("name", "project_id", "task_type_id", "entity_id")
    same = sa.select(Task.id).where(*(table_of(Task).c[n] == values[n] for n in names))
    if work.tx.session.scalar(same.limit(1)):
        message = "Task already exists."
        raise Integrity(message)


def announce_assignees(work: Any, row: Mapping[str, Any], _body: Mapping[str, Any]) -> None:
    """A new task's assignees learn of it."""
    _announce(work, row, set(), _assignees(work, row["id"]))


def merge_task_data(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], body: Mapping[str, Any]
) -> None:
    """``data`` is merged key by key; who was assigned before is remembered."""
    if isinstance(values.get("data"), dict):
        values["data"] = {**(row["data"] or {}), **values["data"]}
    if "assignees" in body:
        work.prepared = _assignees(work, row["id"])


def announce_assignment(
    work: Any, before: Mapping[str, Any], row: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    """Each person added or taken off is an event; who was added gets a notification."""
    if "assignees" in body:
        _announce(work, row, work.prepared, _assignees(work, before["id"]))


def _assignees(work: Any, task: UUID) -> set[UUID]:
    link = task_person_link.c
    return set(work.tx.session.scalars(sa.select(link.person_id).where(link.task_id == task)))


def _announce(work: Any, row: Mapping[str, Any], before: set[UUID], after: set[UUID]) -> None:
    ids = {"task_id": row["id"], "project_id": row["project_id"]}
    for person in sorted(after - before):
        work.tx.emit(TaskAssigned(person_id=person, **ids))
    if work.actor.id is not None:
        reasons = [(one, "assignation") for one in sorted(after - before - {work.actor.id})]
        facts = {"author_id": work.actor.id, "task_id": row["id"]}
        notify(work.tx, row["project_id"], reasons, change=False, **facts)
    for person in sorted(before - after):
        work.tx.emit(TaskUnassigned(person_id=person, **ids))


def of_episode(work: Any, text: str) -> sa.ColumnElement[bool]:
    """Tasks of the shots of that episode's sequences."""
    try:
        entities = work.ask("assets", "entities_of_episode", episode_id=str(UUID(text)))
    except ValueError:
        message = f"Invalid UUID value: {text}"
        raise InvalidInput(message) from None
    return Task.entity_id.in_([UUID(ident) for ident in entities])


# --- previews -----------------------------------------------------------------------------------


def unlink_preview(work: Any, row: Mapping[str, Any], _force: bool) -> None:
    """A preview about to go is taken out of comments, news and its task's last preview."""
    ident, run = row["id"], work.tx.session.execute
    run(sa.delete(comment_preview_link).where(comment_preview_link.c.preview_file == ident))
    run(sa.update(Comment).where(Comment.preview_file_id == ident).values(preview_file_id=None))
    run(sa.update(News).where(News.preview_file_id == ident).values(preview_file_id=None))
    newest = (
        sa.select(PreviewFile.id)
        .where(PreviewFile.task_id == row["task_id"], PreviewFile.id != ident)
        .order_by(PreviewFile.revision.desc(), PreviewFile.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    run(
        sa.update(Task)
        .where(Task.last_preview_file_id == ident)
        .values(last_preview_file_id=newest)
    )


def move_revision(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """A first file that changes its revision takes the others along. Raises Refused if taken."""
    revision = values.get("revision")
    if revision is None or revision == row["revision"] or row["position"] != 1:
        return
    taken = sa.select(PreviewFile.id).where(
        PreviewFile.task_id == row["task_id"], PreviewFile.revision == revision
    )
    if work.tx.session.scalar(taken.limit(1)):
        message = (
            f"Revision {revision} already exists for this task. Choose a different revision number."
        )
        raise Refused(message)
    work.tx.session.execute(
        sa.update(PreviewFile)
        .where(
            PreviewFile.task_id == row["task_id"],
            PreviewFile.revision == row["revision"],
            PreviewFile.id != row["id"],
        )
        .values(revision=revision)
    )


# --- time ---------------------------------------------------------------------------------------


def time_written(work: Any, row: Mapping[str, Any], _body: Mapping[str, Any]) -> None:
    """A task's duration is the sum of the time spent on it."""
    recompute_duration(work, row["task_id"])


def time_changed(
    work: Any, before: Mapping[str, Any], row: Mapping[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same for a change, also for the task it was moved from."""
    for task in {before["task_id"], row["task_id"]}:
        recompute_duration(work, task)


def time_removed(work: Any, row: Mapping[str, Any]) -> None:
    """The same once a row is gone."""
    recompute_duration(work, row["task_id"])


def recompute_duration(work: Any, task: UUID | None) -> None:
    """Set a task's duration, and tell of it."""
    if task is None:
        return
    total = sa.select(sa.func.coalesce(sa.func.sum(TimeSpent.duration), 0.0)).where(
        TimeSpent.task_id == task
    )
    changed = sa.update(Task).where(Task.id == task).values(duration=total.scalar_subquery())
    project = work.tx.session.scalar(changed.returning(Task.project_id))
    resource = work.registry["tasks"]
    facts = {"id": task, "project_id": project}
    work.tx.emit(work.registry.event(resource, "update", facts))


def time_range(query: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """``start_date`` and ``end_date``, both included. Raises InvalidInput unless both are there."""
    given = [query[name] for name in ("start_date", "end_date") if name in query]
    if not given:
        return []
    if len(given) == 1:
        message = (
            "If querying for a range of dates, both a `start_date` and an `end_date` must be given."
        )
        raise InvalidInput(message)
    try:
        start, end = (parse_moment(text).date() for text in given)
    except BadValue:
        message = f"Invalid date: {' or '.join(given)}. Expected YYYY-MM-DD."
        raise InvalidInput(message) from None
    return [TimeSpent.date.between(start, end)]
