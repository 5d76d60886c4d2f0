"""One request of the walk, and what its answer should not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.routes.table import Access, Route
from tests.rights.expectations import rule_of
from tests.rights.places import NOWHERE, Case
from tests.rights.rules import holds

REFUSED: Final = frozenset({403, 404})
#: Of files that nobody uploaded.
FILES: Final = ("send_", "download_")
#: About rows that no import brings.
NONE_THERE: Final = frozenset({"read_dead_letter", "replay_dead_letter", "discard_dead_letter"})
#: Routes that leave out what somebody may not do instead of refusing.
SILENT: Final = frozenset({"tasks.assign_tasks", "tasks.clear_assignation", "tasks.comment_many"})
#: They refuse to take away what others point to, or what isn't there.
DELETES: Final = frozenset({"delete_row", "remove_entity", "remove_factors"})
#: About one's own account: their bodies here are refused as such.
OWN_ACCOUNT: Final = "/auth/"


@dataclass(frozen=True, eq=False)
class Step:
    """One request of somebody's."""

    route: Route
    case: Case
    #: Whether it changes nothing: some rules ask what an update changes.
    empty: bool = False

    @property
    def name(self) -> str:
        """The route, for reports."""
        return f"{self.route.method} {self.route.path}"

    @property
    def allowed(self) -> bool:
        """Whether the rules let them."""
        return holds(rule_of(self.route), self.case)


@dataclass(frozen=True, eq=False)
class Difference:
    """What an answer should not be."""

    step: Step
    status: int
    what: str
    #: The marks that they should not see.
    shown: frozenset[str] = frozenset()

    def row(self) -> str:
        """A row of the report's table."""
        one = self.step
        who = f"{one.case}{', without a change' if one.empty else ''}"
        return f"| {one.route.service} | `{one.name}` | {who} | {self.status} | {self.what} |"


def status_fits(step: Step, status: int) -> bool:
    """Whether a status is one that the rights lead to."""
    done, route = status < 300, step.route
    if step.empty:
        return status < 500
    if step.case.at is NOWHERE:
        return status in {400, *REFUSED}
    if route.access is Access.REFRESHING:
        return status == 422
    if not step.allowed:
        # One's own account is refused to bots, or its body before that.
        account = status == 400 and route.path.startswith(OWN_ACCOUNT)
        outside = status == 400 and route.rpc == "chat.post_message"
        return status in REFUSED or account or outside or (done and route.rpc in SILENT)
    if route.function.startswith(FILES) or route.function in NONE_THERE:
        return done or status == 404
    excused = route.path.startswith(OWN_ACCOUNT) or route.function in DELETES
    return done or (status == 400 and excused)
