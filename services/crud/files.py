"""The rules of working, output and background files, whose productions other services know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.rules import Facts, Rule, Work
from services.common.crud.resource import Resource, embedded
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.crud.models import OutputFile, PreviewBackgroundFile, WorkingFile

_WORKING: Final = Resource(path="working-files", model=WorkingFile)
SOURCE_FILE: Final = embedded(
    _WORKING, WorkingFile.id == OutputFile.source_file_id, table_of(OutputFile)
)
"""The whole working file an output was made from."""


def _standing(work: Work, service: str, method: str, ident: UUID | None) -> dict[str, Any]:
    """What a task's or entity's owner says of the caller there."""
    if ident is None:
        return {"read": False, "act": False}
    answer: dict[str, Any] = work.ask(service, method, ident=str(ident))
    return answer


def _reads_task(work: Work, facts: Facts) -> bool:
    return bool(_standing(work, "tasks", "standing_on_task", facts["task_id"])["read"])


def _reads_entity(work: Work, facts: Facts) -> bool:
    return bool(_standing(work, "tasks", "standing_on_entity", facts["entity_id"])["read"])


def _acts_on_task(work: Work, facts: Facts) -> bool:
    return bool(_standing(work, "tasks", "standing_on_task", facts["task_id"])["act"])


def _acts_on_entity(work: Work, facts: Facts) -> bool:
    return bool(_standing(work, "tasks", "standing_on_entity", facts["entity_id"])["act"])


may_read_working_file: Final = Rule("access to the file's task", _reads_task, ("task_id",))
may_read_output_file: Final = Rule("access to the file's entity", _reads_entity, ("entity_id",))
may_act_on_task: Final = Rule("to work on the file's task", _acts_on_task, ("task_id",))
may_work_on_entity: Final = Rule(
    "to manage the production or work on the entity", _acts_on_entity, ("entity_id",)
)


def _within(service: str, method: str, column: Any) -> Any:
    """A scope: rows whose task or entity lies in a production of the caller's."""

    def scope(work: Any, statement: sa.Select[Any]) -> sa.Select[Any]:
        with work.database.read() as connection:
            ids = connection.execute(sa.select(column).distinct().where(column.is_not(None)))
            found = [str(ident) for ident in ids.scalars()]
        owners = work.ask(service, method, ids=found) if found else {}
        mine = {str(project) for project in work.actor.projects}
        allowed = [UUID(ident) for ident, project in owners.items() if project in mine]
        return statement.where(column.in_(allowed))

    return scope


working_files_of_own_projects: Final = _within("tasks", "projects_of_tasks", WorkingFile.task_id)
output_files_of_own_projects: Final = _within(
    "assets", "projects_of_entities", OutputFile.entity_id
)


def on_create_background(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Names are unique; a new default takes the flag from the others."""
    _refuse_background_name(work, values["name"], None)
    if values.get("is_default"):
        _clear_defaults(work)


def on_update_background(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same for a change."""
    if "name" in values:
        _refuse_background_name(work, values["name"], row["id"])
    if values.get("is_default"):
        _clear_defaults(work)


def _refuse_background_name(work: Any, name: str, own: UUID | None) -> None:
    table = PreviewBackgroundFile
    taken = sa.select(table.id).where(table.name == name, table.id != own if own else sa.true())
    if work.tx.session.scalar(taken.limit(1)):
        message = "A preview background file with similar name already exists"
        raise InvalidInput(message)


def _clear_defaults(work: Any) -> None:
    table = PreviewBackgroundFile
    change = sa.update(table).where(table.is_default.is_(True)).values(is_default=False)
    work.tx.session.execute(change)


def named(body: Mapping[str, Any]) -> dict[str, Any]:
    """A custom action's body, which must have a name. Raises Integrity."""
    if not body.get("name"):
        message = "Custom action name is required."
        raise Integrity(message)
    return dict(body)
