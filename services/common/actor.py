"""Who is calling."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

ROLES: Final = ("user", "admin", "supervisor", "manager", "client", "vendor")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """The person or bot behind a request, as ``auth`` knew it moments ago."""

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
        """Whether what they see depends on what they are assigned to."""
        return "vendor" in {self.role, *self.projects.values()}

    def sees_all_of(self, project: UUID) -> bool:
        """Whether lists of what belongs to a production leave nothing out for them."""
        mine = project in self.open_projects and self.projects.get(project) != "vendor"
        return self.is_admin or mine

    def role_in(self, project: UUID | None) -> str | None:
        """Their effective role in a production; None when not in its team."""
        if self.is_admin:
            return "admin"
        return self.projects.get(project) if project else None


#: Acts for the system itself: handlers of events, the command line.
SYSTEM: Final = Actor(role="admin")
