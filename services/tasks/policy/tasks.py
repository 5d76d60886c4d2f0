"""The policies of tasks and their previews."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import ALL, Mask, Policy, Sight
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import PreviewFile, Task
from services.tasks.policy.access import assigned_to, assigned_to_entity


def _assigned(ctx: CallContext, tasks: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, tasks.c.id)


def _on_their_entities(ctx: CallContext, tasks: sa.FromClause) -> Condition:
    return assigned_to_entity(ctx.actor.id, tasks.c.entity_id)


def _of_assigned(ctx: CallContext, previews: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, previews.c.task_id)


#: Clients see what is done, not who does it, for how long, and when it is due.
WORK: Final = Mask(
    "people, dates and durations",
    {
        "assignees": [],
        "assigner_id": None,
        "completion_rate": 0,
        "difficulty": None,
        "done_date": None,
        "due_date": None,
        "duration": 0,
        "end_date": None,
        "estimation": 0,
        "last_comment_date": None,
        "nb_assets_ready": 0,
        "nb_drawings": 0,
        "priority": 0,
        "real_start_date": None,
        "retake_count": 0,
        "start_date": None,
    },
)
#: The studio's people in a production, who see all of most kinds.
STUDIO: Final = {"manager": ALL, "supervisor": ALL, "user": ALL}

TASKS: Final = Policy(
    kind="tasks",
    table=table_of(Task),
    project=table_of(Task).c.project_id,
    sees={**STUDIO, "client": ALL, "vendor": Sight("assigned to them", _assigned)},
    reads={
        **STUDIO,
        "client": ALL,
        "vendor": Sight("on entities they are assigned to", _on_their_entities),
    },
    masks={"client": WORK},
)
PREVIEWS: Final = Policy(
    kind="preview-files",
    table=table_of(PreviewFile),
    project=table_of(PreviewFile).c.production_id,
    sees={**STUDIO, "client": ALL, "vendor": Sight("of tasks assigned to them", _of_assigned)},
)
