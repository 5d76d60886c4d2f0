"""Scopes of ``crud``'s lists: productions the caller works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

    from services.common.access.rules import Work
    from services.common.crud.resource import Scope


def own_open_projects(project: Any) -> Scope:
    """Rows of open productions whose team the caller is in; ``project`` is the row's column."""

    def scope(work: Work, statement: sa.Select[Any]) -> sa.Select[Any]:
        return statement.where(project.in_(work.actor.open_projects))

    return scope
