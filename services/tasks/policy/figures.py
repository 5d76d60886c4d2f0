"""The policies of figures: whose work is counted for whom."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import ALL, STUDIO, Policy, Sight
from services.common.access.rules import Facts, Rule, any_of, is_self, supervisor
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import Task
from services.tasks.policy.access import assigned_to

TASK: Final = table_of(Task)
READ: Final = "read a person's"


def _assigned(ctx: CallContext, tasks: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, tasks.c.id)


def _is_no_client(ctx: CallContext, facts: Facts) -> bool:
    """Their role in the production, else that in the studio: in a team or not."""
    return role_of(ctx, facts["project_id"]) != "client"


def role_of(ctx: CallContext, project: UUID | None) -> str:
    """The caller's role in a production; that in the studio if they are not in the team."""
    return ctx.actor.role_in(project) or ctx.actor.role


not_client: Final = Rule("a role other than client", _is_no_client, ("project_id",))
_THEIRS: Final = Sight("of tasks assigned to them", _assigned)

QUOTAS: Final = Policy(
    kind="quotas",
    table=TASK,
    project=TASK.c.project_id,
    sees={**STUDIO, "vendor": Sight("their own", _assigned)},
    may={READ: any_of(is_self("person_id"), supervisor)},
)
EPISODE_STATS: Final = Policy(
    kind="statistics of episodes",
    table=TASK,
    project=TASK.c.project_id,
    # Of clients the production's settings may keep them.
    sees={**STUDIO, "client": ALL, "vendor": _THEIRS},
)
RETAKE_STATS: Final = Policy(
    kind="statistics of retakes",
    table=TASK,
    project=TASK.c.project_id,
    sees={**STUDIO, "vendor": _THEIRS},
)
