"""The policies of working and output files.

``tasks`` and ``assets`` own the tasks and entities of these files; rights on them are asked there.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.common.access.context import CallContext
from services.common.access.policy import ALL, STUDIO, Policy
from services.common.access.rules import Facts, Rule
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.crud.models import OutputFile, WorkingFile


def _standing(ctx: CallContext, method: str, ident: UUID | None) -> JsonObject:
    """The caller's rights on a task or entity: ``{"read", "act"}``, from ``tasks``."""
    if ident is None:
        return {"read": False, "act": False}
    answer: JsonObject = ctx.ask("tasks", method, ident=str(ident))
    return answer


def _reads_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "read_rights_on_task", facts["task_id"])["read"])


def _reads_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "read_rights_on_entity", facts["entity_id"])["read"])


def _acts_on_task(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "read_rights_on_task", facts["task_id"])["act"])


def _acts_on_entity(ctx: CallContext, facts: Facts) -> bool:
    return bool(_standing(ctx, "read_rights_on_entity", facts["entity_id"])["act"])


may_read_working_file: Final = Rule("access to the file's task", _reads_task, ("task_id",))
may_read_output_file: Final = Rule("access to the file's entity", _reads_entity, ("entity_id",))
may_act_on_task: Final = Rule("to work on the file's task", _acts_on_task, ("task_id",))
may_work_on_entity: Final = Rule(
    "to manage the production or work on the entity", _acts_on_entity, ("entity_id",)
)
WORKING_FILES: Final = Policy(
    kind="working-files",
    table=table_of(WorkingFile),
    project=table_of(WorkingFile).c.production_id,
    sees={**STUDIO, "client": ALL},
    may={"create for a task": may_act_on_task, "read of a task": may_read_working_file},
    lists_closed=True,
)
OUTPUT_FILES: Final = Policy(
    kind="output-files",
    table=table_of(OutputFile),
    project=table_of(OutputFile).c.production_id,
    sees={**STUDIO, "client": ALL},
    may={"create for an entity": may_work_on_entity, "read of an entity": may_read_output_file},
    lists_closed=True,
)
