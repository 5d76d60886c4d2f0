"""Membership in productions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.assets.policy.entities import BY_KIND
from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound

#: Roles that see a kind in lists of a production only.
CLOSED_TO: Final = {"scene": ("vendor",)}


def project_names(ctx: CallContext, ids: list[UUID] | None) -> dict[str, str]:
    """The names of productions by id, of all for None; unknown ids are left out."""
    project_ids = None if ids is None else [str(ident) for ident in ids]
    names: dict[str, str] = ctx.ask("crud", "list_project_names", ids=project_ids)
    return names


def require_member(ctx: CallContext, project: UUID) -> None:
    """Check that the caller is in the team, or an administrator. Raises NotFound, Forbidden."""
    if ctx.actor.role_in(project) is not None:
        return
    if str(project) not in project_names(ctx, [project]):
        raise NotFound
    message = "This requires to be in the production's team."
    raise Forbidden(message)


def member_project(ctx: CallContext, project: str) -> UUID:
    """The id of a production in whose team the caller is; administrators always pass.

    Raises NotFound, Forbidden. For administrators an unknown production passes, too.
    """
    ident = known_id(project)
    require_member(ctx, ident)
    return ident


def known_project(ctx: CallContext, project: str) -> UUID:
    """As ``member_project``, but the production must exist for administrators, too."""
    ident = known_id(project)
    # Only administrators pass without a membership, which would prove that it exists.
    if ctx.actor.is_admin and str(ident) not in project_names(ctx, [ident]):
        raise NotFound
    require_member(ctx, ident)
    return ident


def refuse_roles(ctx: CallContext, project: UUID | None, *roles: str) -> None:
    """Raise Forbidden if the caller has one of these roles in the production."""
    role = ctx.actor.role_in(project) if project else ctx.actor.role
    if role in roles:
        message = f"This is not for a {role}."
        raise Forbidden(message)


def admit(ctx: CallContext, kind: str, project: UUID | None) -> None:
    """Raise Forbidden if the caller's role in the production may not list entities of the kind."""
    if project is not None:
        BY_KIND[kind].lister.check(ctx, {"project_id": project})
        refuse_roles(ctx, project, *CLOSED_TO.get(kind, ()))


def require_manager(ctx: CallContext, project: UUID) -> None:
    """Check that the caller manages the production. Raises NotFound, Forbidden."""
    require_member(ctx, project)
    if ctx.actor.role_in(project) not in {"admin", "manager"}:
        message = "This requires to manage the production."
        raise Forbidden(message)
