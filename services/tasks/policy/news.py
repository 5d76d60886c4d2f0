"""The policy of news: the feeds of what happens in productions, for the studio."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Policy, Sight
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import News
from services.tasks.policy.access import assigned_to

NEWS_TABLE: Final = table_of(News)


def _of_assigned(ctx: CallContext, news: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, news.c.task_id)


#: Clients get none. Entries are read one by one where tasks are seen as a whole, not by vendors.
NEWS: Final = Policy(
    kind="news",
    table=NEWS_TABLE,
    project=NEWS_TABLE.c.production_id,
    sees={**STUDIO, "vendor": Sight("of tasks assigned to them", _of_assigned)},
    reads=STUDIO,
)
