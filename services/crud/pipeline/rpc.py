"""RPC methods of working and output files for pipeline tools: new revisions, last revisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.common import bodies, queries
from services.common.access.context import CallContext
from services.common.contracts.crud.pipeline import (
    NewOutputFile,
    NewWorkingFile,
    OutputFileQuery,
    OutputOf,
    WorkingFileComment,
    WorkingFileQuery,
)
from services.common.crud import cross_references, writing
from services.common.crud.listing import filters, lists
from services.common.crud.resource_rules import CrudContext
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.common.json_types import JsonObject, Row, Values
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud.models import FileStatus, OutputFile, Software, WorkingFile
from services.crud.policy import file_rules, files
from services.crud.policy.file_rules import FileRules
from services.crud.resources import RESOURCES

#: Stands for a missing status until ``on_create`` replaces it: the column is not nullable.
DEFAULT_STATUS: Final = str(UUID(int=0))
FIRST_STATUS: Final = {"name": "To review", "color": "#FFFFFF"}
FIRST_SOFTWARE: Final = {"name": "Blender", "short_name": "blender", "file_extension": ".blend"}
WORKING, OUTPUT = table_of(WorkingFile), table_of(OutputFile)
OF_TASK: Final = ("task_id", "name")
#: The columns within which revisions are counted.
OF_OUTPUT: Final = (
    "entity_id",
    "asset_instance_id",
    "temporal_entity_id",
    "output_type_id",
    "task_type_id",
    "name",
)
KINDS: Final = (*OF_OUTPUT, "representation")


class NewWorkingRules(FileRules):
    """A new working file without a revision gets the next one; without a software, Blender."""

    def on_create(
        self, ctx: CrudContext, values: Values, body: JsonObject, prepared: UUID | None
    ) -> None:
        """Set the revision and the default software, which is created at first use."""
        super().on_create(ctx, values, body, prepared)
        _set_revision(ctx, values, WORKING, OF_TASK)
        if values["software_id"] is None:
            values["software_id"] = _default_software(ctx)


def _default_software(ctx: CrudContext) -> UUID:
    """The id of the default software; creating it emits ``software:new``."""
    table, run = table_of(Software), ctx.tx.connection
    row = {"id": uuid4(), **FIRST_SOFTWARE}
    # Concurrent first files: the second transaction waits here, and reads the first one's row.
    insertion = insert(table).values(row).on_conflict_do_nothing().returning(table.c.id)
    ident: UUID | None = run.scalar(insertion)
    if ident is not None:
        ctx.tx.emit(ctx.registry.event(ctx.registry["softwares"], "new", row))
        return ident
    by_name = sa.select(table.c.id).where(table.c.name == FIRST_SOFTWARE["name"])
    concurrent: UUID = run.execute(by_name).scalar_one()
    return concurrent


class NewOutputRules(FileRules):
    """A new output without a revision gets the next one; without a status, "To review"."""

    def on_create(
        self, ctx: CrudContext, values: Values, body: JsonObject, prepared: UUID | None
    ) -> None:
        """Set the revision and the default status, which is created at first use."""
        super().on_create(ctx, values, body, prepared)
        _set_revision(ctx, values, OUTPUT, OF_OUTPUT)
        if body["file_status_id"] == DEFAULT_STATUS:
            table, run = table_of(FileStatus), ctx.tx.connection
            row = {"id": uuid4(), **FIRST_STATUS}
            run.execute(insert(table).values(row).on_conflict_do_nothing())
            status = sa.select(table.c.id).where(table.c.name == FIRST_STATUS["name"])
            values["file_status_id"] = run.scalar(status)


def _set_revision(
    ctx: CallContext, values: Values, table: sa.Table, scope: tuple[str, ...]
) -> None:
    """Set the next revision where none is given, serialized by an advisory lock."""
    if not values["revision"]:
        # There may be no row to lock yet, hence an advisory lock on what revisions count within.
        ctx.tx.lock_key("/".join(str(values[name]) for name in scope))
        values["revision"] = ctx.tx.connection.scalar(_next_revision(table, scope, values))


NEW_WORKING: Final = replace(RESOURCES["working-files"], rules=NewWorkingRules(file_rules.OF_TASK))
NEW_OUTPUT: Final = replace(RESOURCES["output-files"], rules=NewOutputRules(file_rules.OF_ENTITY))


class PipelineRpc(ResourceService):
    """Working and output files."""

    # --- working files ----------------------------------------------------------------------

    @command
    def new_working_file(self, task_id: str, data: JsonObject) -> Reply:
        """Create a working file with the ``revision`` in the body, or the next one.

        For people who work on the task. Raises NotFound, Forbidden, Integrity.
        Emits ``working-file:new``.
        """
        body, task = bodies.read(NewWorkingFile, data), known_id(task_id)
        # NotFound comes before Forbidden: the task is read before its rights are checked.
        task_row = self.ask("tasks", "read_plain", path="tasks", ident=str(task))
        files.may_act_on_task.check(self, {"task_id": task})
        values = {
            **msgspec.to_builtins(body),
            "task_id": str(task),
            "entity_id": task_row["entity_id"],
            "person_id": self._author_id(body.person_id, task_row["project_id"]),
        }
        return writing.create(self, NEW_WORKING, values)

    @query
    def list_working_files_of_task(self, task_id: str) -> Reply:
        """The working files of a task, newest first. For those who may read the task."""
        rows = self._rows("working-files", self._task_read(task_id))
        return lists.json_array(self, rows, WORKING.c.revision.desc(), WORKING.c.name, WORKING.c.id)

    @query
    def list_last_working_files(self, task_id: str) -> JsonObject:
        """The newest working file of each name: ``{name: working file}``; none without one."""
        # DISTINCT ON keeps the first row of each name, hence the order by revision.
        newest = WORKING.c.revision.desc().nulls_last()
        rows = self._rows("working-files", self._task_read(task_id), WORKING.c.name.is_not(None))
        rows = rows.ext(distinct_on(WORKING.c.name)).order_by(WORKING.c.name, newest, WORKING.c.id)
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return {row["name"]: row for row in map(msgspec.json.decode, texts)}

    @query
    def list_working_files_of_entity(
        self, entity_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """The working files of an entity, filtered by ``task_id`` and ``name``.

        For those who may read the entity. Raises NotFound, Forbidden, InvalidInput.
        """
        condition = self._entity_read(entity_id, WORKING.c.entity_id)
        columns = queries.columns_of(WorkingFileQuery)
        rows = self._rows(
            "working-files", condition, *filters.by_columns(WORKING, query or {}, columns)
        )
        return lists.json_array(self, rows, WORKING.c.name, WORKING.c.revision.desc(), WORKING.c.id)

    @command
    def comment_working_file(self, ident: str, data: JsonObject) -> Reply:
        """Set the comment of a working file. Raises NotFound, Forbidden, InvalidInput."""
        body = {"comment": bodies.read(WorkingFileComment, data).comment}
        return writing.update(self, self.registry["working-files"], known_id(ident), body)

    @command
    def touch_working_file(self, ident: str) -> Reply:
        """Set a working file's time of change to now. Raises NotFound, Forbidden."""
        return writing.update(self, self.registry["working-files"], known_id(ident), {})

    # --- output files -----------------------------------------------------------------------

    @command
    def new_output_file(
        self, ident: str, data: JsonObject, temporal_id: str | None = None
    ) -> Reply:
        """Create an output file of an entity, or of an asset instance in ``temporal_id``.

        It gets the ``revision`` in the body or the next one, and the status "To review" by
        default. For people who work on the entity. Raises NotFound, Forbidden, Integrity.
        Emits ``output-file:new``.
        """
        body = bodies.read(NewOutputFile, data)
        owner, project = self._owner(ident, temporal_id)
        files.may_work_on_entity.check(self, {"entity_id": UUID(temporal_id or owner["entity_id"])})
        values = {
            **msgspec.to_builtins(body),
            **owner,
            "person_id": self._author_id(body.person_id, project),
            "file_status_id": str(body.file_status_id or DEFAULT_STATUS),
        }
        values["source_file_id"] = values.pop("working_file_id")
        return writing.create(self, NEW_OUTPUT, values)

    @query
    def read_next_output_revision(
        self, ident: str, data: JsonObject, temporal_id: str | None = None
    ) -> dict[str, int]:
        """The revision of the next output with a name, output type and task type.

        Nothing is reserved: a concurrent upload may take it first.
        """
        body = bodies.read(OutputOf, data)
        owner, _ = self._owner(ident, temporal_id)
        files.may_read_output_file.check(
            self, {"entity_id": UUID(temporal_id or owner["entity_id"])}
        )
        values = {**dict.fromkeys(OF_OUTPUT), **owner, **msgspec.to_builtins(body)}
        with self.database.read() as connection:
            return {"next_revision": connection.scalar(_next_revision(OUTPUT, OF_OUTPUT, values))}

    @query
    def list_output_files_of(
        self,
        ident: str,
        of: str = "entity",
        query: dict[str, str] | None = None,
        last: bool = False,
    ) -> Reply:
        """The outputs of an entity or asset instance (``of``), newest first.

        Without those of an asset's instances. With ``last`` only the newest of each kind.
        ``query`` filters by output type, task type, name, representation, status and shot.
        """
        narrowed = filters.by_columns(OUTPUT, query or {}, queries.columns_of(OutputFileQuery))
        rows = self._rows("output-files", self._outputs_of(of, ident), *narrowed)
        if last:
            kinds = [OUTPUT.c[name] for name in KINDS]
            newest, order = rows.ext(distinct_on(*kinds)), (*kinds, OUTPUT.c.revision.desc())
            return lists.json_array(self, newest, *order, OUTPUT.c.id)
        return lists.json_array(self, rows, OUTPUT.c.revision.desc(), OUTPUT.c.name, OUTPUT.c.id)

    @query
    def list_output_types_of(self, ident: str) -> Reply:
        """The output types of an entity's outputs, by name. For those who may read the entity."""
        types = sa.select(OUTPUT.c.output_type_id).where(self._outputs_of("entity", ident))
        kind = self.registry["output-types"].table.c
        rows = self._rows("output-types", kind.id.in_(types))
        return lists.json_array(self, rows, kind.name, kind.id)

    # --- what they share --------------------------------------------------------------------

    def _author_id(self, named: UUID | None, project: str | None) -> str | None:
        """The author of a new file: the caller, unless a manager of the production says who."""
        manages = self.actor.role_in(UUID(project) if project else None) in {"admin", "manager"}
        author = (named if manages else None) or self.actor.id
        return str(author) if author else None

    def _task_read(self, ident: str) -> Condition:
        task = known_id(ident)
        self.ask("tasks", "read_plain", path="tasks", ident=str(task))
        files.may_read_working_file.check(self, {"task_id": task})
        return WORKING.c.task_id == task

    def _entity_read(self, ident: str, column: Any) -> Condition:
        entity = known_id(ident)
        self.ask("assets", "read_plain", path="entities", ident=str(entity))
        files.may_read_output_file.check(self, {"entity_id": entity})
        condition: Condition = column == entity
        return condition

    def _outputs_of(self, of: str, ident: str) -> Condition:
        """The condition for an owner's outputs. Raises NotFound, Forbidden (may not read it)."""
        if of == "entity":
            return self._entity_read(ident, OUTPUT.c.entity_id) & OUTPUT.c.asset_instance_id.is_(
                None
            )
        instance = known_id(ident)
        instance_row = self.ask("assets", "read_plain", path="asset-instances", ident=str(instance))
        self._entity_read(instance_row["asset_id"], OUTPUT.c.entity_id)
        return OUTPUT.c.asset_instance_id == instance

    def _owner(self, ident: str, temporal_id: str | None) -> tuple[dict[str, str], str]:
        """The columns that name an output's owner, and the production of the work.

        An output of an instance has the instance's asset, too. Raises NotFound, and Forbidden for
        an instance that the caller may not reference.
        """
        owner = str(known_id(ident))
        if temporal_id is None:
            entity = self.ask("assets", "read_plain", path="entities", ident=owner)
            return {"entity_id": owner}, entity["project_id"]
        shot = str(known_id(temporal_id))
        instance = self.ask("assets", "read_plain", path="asset-instances", ident=owner)
        work = self.ask("assets", "read_plain", path="entities", ident=shot)
        cross_references.ask_existing(self, {("assets", "asset_instance"): {UUID(owner)}})
        place = {
            "asset_instance_id": owner,
            "temporal_entity_id": shot,
            "entity_id": instance["asset_id"],
        }
        return place, work["project_id"]

    def _rows(self, path: str, *where: Condition) -> Select:
        return sa.select(*self.registry[path].columns(None, relations=False)).where(*where)


def _next_revision(table: sa.Table, scope: tuple[str, ...], values: Row) -> Any:
    # IS NOT DISTINCT FROM: an output of an entity has no asset instance, and NULL counts as equal.
    same_scope = (table.c[name].is_not_distinct_from(values[name]) for name in scope)
    newest = sa.func.coalesce(sa.func.max(table.c.revision), 0)
    return sa.select(newest + 1).where(*same_scope)
