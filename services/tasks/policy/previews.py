"""The policy of previews, their pictures and their movies."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Policy, Sight
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.tasks.models import PreviewFile
from services.tasks.policy.access import assigned_to, not_on_concepts, on_entities_of

REJECTED: Final = "rejected"


def not_rejected(previews: sa.FromClause) -> Condition:
    """The condition that a preview was not rejected; one that nobody judged wasn't."""
    status: Condition = previews.c.validation_status.is_distinct_from(REJECTED)
    return status


def _of_assigned(ctx: CallContext, previews: sa.FromClause) -> Condition:
    return assigned_to(ctx.actor.id, previews.c.task_id)


def _on_their_entities(ctx: CallContext, previews: sa.FromClause) -> Condition:
    return on_entities_of(ctx.actor.id, previews.c.task_id)


def _for_clients(_ctx: CallContext, previews: sa.FromClause) -> Condition:
    return not_rejected(previews) & not_on_concepts(previews.c.task_id)


_FOR_CLIENTS: Final = Sight("neither rejected nor of concepts", _for_clients)

PREVIEWS: Final = Policy(
    kind="preview-files",
    table=table_of(PreviewFile),
    project=table_of(PreviewFile).c.production_id,
    sees={
        **STUDIO,
        "client": _FOR_CLIENTS,
        "vendor": Sight("of tasks assigned to them", _of_assigned),
    },
    reads={
        **STUDIO,
        "client": _FOR_CLIENTS,
        "vendor": Sight("on entities they are assigned to", _on_their_entities),
    },
)
