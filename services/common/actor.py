"""The actor: who makes a call."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

ROLES: Final = ("user", "admin", "supervisor", "manager", "client", "vendor")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """The person or bot that makes a request; the gateway caches it for some seconds."""

    id: UUID | None = None
    role: str = "user"
    is_bot: bool = False
    departments: frozenset[UUID] = frozenset()
    #: Productions whose team they are in, with the role they have there.
    projects: dict[UUID, str] = {}
    #: Those of ``projects`` whose status is Open.
    open_projects: frozenset[UUID] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Administrators may do everything everywhere."""
        return self.role == "admin"

    @property
    def works_as_vendor(self) -> bool:
        """Whether they are a vendor anywhere: then what they see depends on their assignments."""
        return "vendor" in {self.role, *self.projects.values()}

    def role_in(self, project: UUID | None) -> str | None:
        """Their effective role in a production; None when not in its team."""
        if self.is_admin:
            return "admin"
        return self.projects.get(project) if project else None


#: The actor of event handlers, scheduled work and the command line.
SYSTEM: Final = Actor(role="admin")
