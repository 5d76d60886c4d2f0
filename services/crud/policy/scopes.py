"""Scopes of lists: rows of the caller's productions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.common.database.sql_types import Select

if TYPE_CHECKING:
    from services.common.access.context import CallContext
    from services.common.crud.resource import Scope


def own_open_projects(project: Any) -> Scope:
    """Rows of open productions whose team the caller is in; ``project`` is the row's column."""

    def scope(ctx: CallContext, statement: Select) -> Select:
        return statement.where(project.in_(ctx.actor.open_projects))

    return scope
