"""Hooks of generic CRUD for working, output and background files, and for custom actions."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.rules import Rule
from services.common.crud.resource import Resource, embedded
from services.common.crud.resource_rules import CrudContext, ResourceRules, SimpleRules
from services.common.crud.validation import BadValue, parse_id
from services.common.database.sql_types import Column
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.crud.models import (
    OutputFile,
    PreviewBackgroundFile,
    ProjectTaskTypeSoftwareLink,
    WorkingFile,
)
from services.crud.policy.files import may_act_on_task, may_work_on_entity

_WORKING: Final = Resource(path="working-files", model=WorkingFile)
#: The JSON of the working file that an output was made from.
SOURCE_FILE: Final = embedded(
    _WORKING, WorkingFile.id == OutputFile.source_file_id, table_of(OutputFile)
)


class Owner(NamedTuple):
    """What a file belongs to: the column that names it, and who knows its production."""

    column: Column
    service: str
    method: str
    #: Who may make files of it.
    worker: Rule

    @property
    def table(self) -> sa.Table:
        """The table of the files."""
        return self.column.table

    def productions(self, ctx: CallContext, ids: list[UUID]) -> dict[UUID, UUID]:
        """The production of each of these owners; the unknown are left out."""
        projects = ctx.ask(self.service, self.method, ids=[str(i) for i in ids]) if ids else {}
        return {UUID(ident): UUID(project) for ident, project in projects.items() if project}


OF_TASK: Final = Owner(
    table_of(WorkingFile).c.task_id, "tasks", "list_projects_of_tasks", may_act_on_task
)
OF_ENTITY: Final = Owner(
    table_of(OutputFile).c.entity_id, "assets", "list_projects_of_entities", may_work_on_entity
)
OWNERS: Final = (OF_TASK, OF_ENTITY)


class FileRules(ResourceRules[UUID | None]):
    """Keeps the production of a file, by which lists are scoped, with what it belongs to."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> UUID | None:
        """The production of the owner that the body names.

        A file moves only to where its caller could have made it. Raises Forbidden.
        """
        try:
            owner = parse_id(body.get(self.owner.column.name))
        except BadValue:
            return None  # refused by the column's own check, or none is named
        if ident is not None:
            self.owner.worker.check(ctx, {self.owner.column.name: owner})
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


#: The author and the revision of a file are set on creation only.
NUMBERED: Final = frozenset({"person_id", "revision"})


class SoftwareRules(SimpleRules):
    """Productions don't keep software from being deleted."""

    def on_delete(self, ctx: CrudContext, row: Row, _prepared: None) -> None:
        """Take it from the productions that work with it."""
        link = ProjectTaskTypeSoftwareLink
        ctx.tx.session.execute(sa.delete(link).where(link.software_id == row["id"]))


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
