"""Membership in productions."""

from __future__ import annotations

from uuid import UUID

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound


def require_member(ctx: CallContext, project_id: str, *roles: str) -> UUID:
    """The id of a production whose team the caller is in, with one of ``roles`` if given.

    Administrators always pass. Raises NotFound, Forbidden.
    """
    project = known_id(project_id)
    role = ctx.actor.role_in(project)
    # A role proves that the production exists; administrators have one everywhere, so they are
    # checked.
    if role is None or ctx.actor.is_admin:
        found = ctx.ask("crud", "find_existing_rows", tables={"project": [str(project)]})
        if not found["project"]:
            raise NotFound
    if role is None or (roles and role not in {"admin", *roles}):
        message = f"This requires to be {' or '.join(roles) or 'in the team'} of the production."
        raise Forbidden(message)
    return project
