"""The policy of tasks."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Mask, Policy, Sight
from services.common.actor import Actor
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import Task, TaskType
from services.tasks.policy.access import CONCEPT, assigned_to, assigned_to_entity


def _assigned(ctx: CallContext, tasks: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, tasks.c.id)


def _on_their_entities(ctx: CallContext, tasks: sa.FromClause) -> Condition:
    return assigned_to_entity(ctx.actor.id, tasks.c.entity_id)


def _not_of_concepts(_ctx: CallContext, tasks: sa.FromClause) -> Condition:
    # An alias: statements that name the types of tasks must not be mistaken for this one's.
    kind = table_of(TaskType).alias("kind")
    of_concept = kind.c.for_entity == CONCEPT
    return sa.not_(sa.exists().where(kind.c.id == tasks.c.task_type_id, of_concept))


def led_projects(actor: Actor) -> frozenset[UUID]:
    """The productions that somebody manages or supervises."""
    return frozenset(p for p, role in actor.projects.items() if role in LEADING)


def leads(actor: Actor) -> bool:
    """Whether somebody leads a production, or would lead those whose team they were in."""
    return actor.role in {"admin", *LEADING} or bool(led_projects(actor))


LEADING: Final = frozenset({"manager", "supervisor"})
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
        # Under the names of a person's tasks, too.
        "task_due_date": None,
        "task_duration": 0,
        "task_estimation": 0,
        "task_start_date": None,
    },
)

NO_CONCEPTS: Final = Sight("not of concepts", _not_of_concepts)

TASKS: Final = Policy(
    kind="tasks",
    table=table_of(Task),
    project=table_of(Task).c.project_id,
    sees={**STUDIO, "client": NO_CONCEPTS, "vendor": Sight("assigned to them", _assigned)},
    reads={
        **STUDIO,
        "client": NO_CONCEPTS,
        "vendor": Sight("on entities they are assigned to", _on_their_entities),
    },
    masks={"client": WORK},
)
