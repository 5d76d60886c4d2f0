"""Rules and hooks of working, output and background files; other services own their tasks."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.crud.resource import CrudContext, Resource, SimpleRules, embedded
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.crud.models import OutputFile, PreviewBackgroundFile, WorkingFile

_WORKING: Final = Resource(path="working-files", model=WorkingFile)
#: The whole working file an output was made from.
SOURCE_FILE: Final = embedded(
    _WORKING, WorkingFile.id == OutputFile.source_file_id, table_of(OutputFile)
)


def _standing(ctx: CallContext, service: str, method: str, ident: UUID | None) -> JsonObject:
    """The caller's rights on a task or entity, from its owner."""
    if ident is None:
        return {"read": False, "act": False}
    answer: JsonObject = ctx.ask(service, method, ident=str(ident))
    return answer


def _reads_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "tasks", "standing_on_task", facts["task_id"])["read"])


def _reads_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "tasks", "standing_on_entity", facts["entity_id"])["read"])


def _acts_on_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "tasks", "standing_on_task", facts["task_id"])["act"])


def _acts_on_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "tasks", "standing_on_entity", facts["entity_id"])["act"])


may_read_working_file: Final = Rule("access to the file's task", _reads_task, ("task_id",))
may_read_output_file: Final = Rule("access to the file's entity", _reads_entity, ("entity_id",))
may_act_on_task: Final = Rule("to work on the file's task", _acts_on_task, ("task_id",))
may_work_on_entity: Final = Rule(
    "to manage the production or work on the entity", _acts_on_entity, ("entity_id",)
)


def _within(service: str, method: str, column: Any) -> Any:
    """A scope: rows whose task or entity lies in a production of the caller's."""

    def scope(ctx: CallContext, statement: Select) -> Select:
        with ctx.database.read() as connection:
            # Other services own the productions of these rows, so the scope is a call, not a join.
            ids = connection.execute(sa.select(column).distinct().where(column.is_not(None)))
            found = [str(ident) for ident in ids.scalars()]
        owners = ctx.ask(service, method, ids=found) if found else {}
        mine = {str(project) for project in ctx.actor.projects}
        allowed = [UUID(ident) for ident, project in owners.items() if project in mine]
        return statement.where(column.in_(allowed))

    return scope


working_files_of_own_projects: Final = _within("tasks", "projects_of_tasks", WorkingFile.task_id)
output_files_of_own_projects: Final = _within(
    "assets", "projects_of_entities", OutputFile.entity_id
)


#: Who made a file and which revision it is: said once, when it is made.
NUMBERED: Final = frozenset({"person_id", "revision"})


class BackgroundRules(SimpleRules):
    """Names of backgrounds are unique; at most one is the default."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a name that is taken. Raises InvalidInput."""
        _refuse_background_name(ctx, values["name"], None)
        if values.get("is_default"):
            _clear_defaults(ctx)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Refuse a new name that is taken. Raises InvalidInput."""
        if "name" in values:
            _refuse_background_name(ctx, values["name"], row["id"])
        if values.get("is_default"):
            _clear_defaults(ctx)


def _refuse_background_name(ctx: CallContext, name: str, own: UUID | None) -> None:
    table = PreviewBackgroundFile
    taken = sa.select(table.id).where(table.name == name, table.id != own if own else sa.true())
    if ctx.tx.session.scalar(taken.limit(1)):
        message = "A preview background file with similar name already exists"
        raise InvalidInput(message)


def _clear_defaults(ctx: CallContext) -> None:
    table = PreviewBackgroundFile
    change = sa.update(table).where(table.is_default.is_(True)).values(is_default=False)
    ctx.tx.session.execute(change)


NO_NAME: Final = "Custom action name is required."


class CustomActionRules(SimpleRules):
    """A custom action has a name."""

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Raise Integrity without a name."""
        if not body.get("name"):
            raise Integrity(NO_NAME)
        return dict(body)

    def on_update(
        self, _ctx: CrudContext, _row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Raise Integrity for an empty name."""
        if values.get("name") == "":
            raise Integrity(NO_NAME)
