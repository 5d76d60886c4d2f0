"""Rules and hooks of working, output and background files, and of custom actions.

``tasks`` and ``assets`` own the tasks and entities of these files; rights on them are asked there.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.actor import Actor
from services.common.crud.resource import (
    CrudContext,
    Resource,
    ResourceRules,
    SimpleRules,
    WholeProductions,
    embedded,
)
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Column, Select
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.crud.models import OutputFile, PreviewBackgroundFile, WorkingFile

_WORKING: Final = Resource(path="working-files", model=WorkingFile)
#: The JSON of the working file that an output was made from.
SOURCE_FILE: Final = embedded(
    _WORKING, WorkingFile.id == OutputFile.source_file_id, table_of(OutputFile)
)


def _rights(ctx: CallContext, service: str, method: str, ident: UUID | None) -> JsonObject:
    """The caller's rights on a task or entity: ``{"read", "act"}``, from ``tasks``."""
    if ident is None:
        return {"read": False, "act": False}
    rights: JsonObject = ctx.ask(service, method, ident=str(ident))
    return rights


def _reads_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_rights(ctx, "tasks", "read_rights_on_task", facts["task_id"])["read"])


def _reads_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_rights(ctx, "tasks", "read_rights_on_entity", facts["entity_id"])["read"])


def _acts_on_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_rights(ctx, "tasks", "read_rights_on_task", facts["task_id"])["act"])


def _acts_on_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_rights(ctx, "tasks", "read_rights_on_entity", facts["entity_id"])["act"])


may_read_working_file: Final = Rule("access to the file's task", _reads_task, ("task_id",))
may_read_output_file: Final = Rule("access to the file's entity", _reads_entity, ("entity_id",))
may_act_on_task: Final = Rule("to work on the file's task", _acts_on_task, ("task_id",))
may_work_on_entity: Final = Rule(
    "to manage the production or work on the entity", _acts_on_entity, ("entity_id",)
)


class Owner(NamedTuple):
    """What a file belongs to: the column that names it, and who knows its production."""

    column: Column
    service: str
    method: str

    @property
    def table(self) -> sa.Table:
        """The table of the files."""
        return self.column.table

    def productions(self, ctx: CallContext, ids: list[UUID]) -> dict[UUID, UUID]:
        """The production of each of these owners; the unknown are left out."""
        projects = ctx.ask(self.service, self.method, ids=[str(i) for i in ids]) if ids else {}
        return {UUID(ident): UUID(project) for ident, project in projects.items() if project}


OF_TASK: Final = Owner(table_of(WorkingFile).c.task_id, "tasks", "list_projects_of_tasks")
OF_ENTITY: Final = Owner(table_of(OutputFile).c.entity_id, "assets", "list_projects_of_entities")
OWNERS: Final = (OF_TASK, OF_ENTITY)


class FileRules(ResourceRules[UUID | None]):
    """Keeps the production of a file, by which lists are scoped, with what it belongs to."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def prepare(self, ctx: CrudContext, body: JsonObject, _ident: UUID | None) -> UUID | None:
        """The production of the owner that the body names."""
        try:
            owner = parse_id(body.get(self.owner.column.name))
        except BadValue:
            return None  # refused by the column's own check, or none is named
        return self.owner.productions(ctx, [owner]).get(owner)

    def on_create(
        self, _ctx: CrudContext, values: Values, _body: JsonObject, prepared: UUID | None
    ) -> None:
        """Set the production."""
        values["production_id"] = prepared

    def on_update(
        self,
        _ctx: CrudContext,
        _row: Row,
        values: Values,
        _body: JsonObject,
        prepared: UUID | None,
    ) -> None:
        """Move the file to its new owner's."""
        if self.owner.column.name in values:
            values["production_id"] = prepared


def of_own_productions(ctx: CallContext, statement: Select) -> Select:
    """Files of the caller's productions; ``tasks`` and ``assets`` said of which each is."""
    # One scope for both kinds of files: it narrows the table that the list selects from.
    (table,) = statement.get_final_froms()
    return statement.where(table.c.production_id.in_(ctx.actor.projects))


def whole(actor: Actor) -> WholeProductions:
    """All of the caller's productions."""
    return WholeProductions(frozenset(actor.projects))


#: The author and the revision of a file are set on creation only.
NUMBERED: Final = frozenset({"person_id", "revision"})


class BackgroundRules(SimpleRules):
    """Names of backgrounds are unique; at most one is the default."""

    def prepare(self, ctx: CrudContext, body: JsonObject, _ident: UUID | None) -> None:
        """Serialize all writes, before the first of them locks a row.

        With its row locked, each would wait for the other to clear its default.
        """
        if {"name", "is_default"} & body.keys():
            ctx.tx.lock_key("preview backgrounds")

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check that the name is free. Raises InvalidInput."""
        _refuse_background_name(ctx, values["name"], None)
        if values.get("is_default"):
            _clear_defaults(ctx)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check that a new name is free. Raises InvalidInput."""
        if "name" in values:
            _refuse_background_name(ctx, values["name"], row["id"])
        if values.get("is_default"):
            _clear_defaults(ctx)


def _refuse_background_name(ctx: CallContext, name: str, ident: UUID | None) -> None:
    table = PreviewBackgroundFile
    homonyms = sa.select(table.id).where(
        table.name == name, table.id != ident if ident else sa.true()
    )
    if ctx.tx.session.scalar(homonyms.limit(1)):
        message = "A preview background file with similar name already exists"
        raise InvalidInput(message)


def _clear_defaults(ctx: CallContext) -> None:
    table = PreviewBackgroundFile
    change = sa.update(table).where(table.is_default.is_(True)).values(is_default=False)
    ctx.tx.session.execute(change)


NO_NAME: Final = "Custom action name is required."


class CustomActionRules(SimpleRules):
    """The name of a custom action is required."""

    def rewrite(self, body: JsonObject) -> JsonObject:
        """Require a name. Raises Integrity."""
        if not body.get("name"):
            raise Integrity(NO_NAME)
        return dict(body)

    def on_update(
        self, _ctx: CrudContext, _row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check that the name isn't emptied. Raises Integrity."""
        if values.get("name") == "":
            raise Integrity(NO_NAME)
