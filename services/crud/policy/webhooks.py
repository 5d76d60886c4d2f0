"""The policy of webhooks."""

from __future__ import annotations

from typing import Final

from services.common.access.context import CallContext
from services.common.access.policy import ALL, Policy
from services.common.access.rules import Facts, Rule, manager
from services.common.database.tables import table_of
from services.crud.models import Webhook


def _manages(ctx: CallContext, _facts: Facts) -> bool:
    return "manager" in ctx.actor.projects.values()


manager_of_any: Final = Rule("to manage a production", _manages)

WEBHOOKS: Final = Policy(
    kind="webhooks",
    table=table_of(Webhook),
    project=table_of(Webhook).c.project_id,
    sees={"manager": ALL},
    may={"pause, resume, test, replay, renew the secret, see what was sent": manager},
    lists_closed=True,
)
