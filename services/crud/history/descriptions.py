"""Who may hear of this service's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from services.common.contracts.full_events import STUDIO, Audience, Description
from services.common.crud.describing import Describer, Told, by_resource, readers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.access.context import CallContext

#: Saved searches: their owner's, and shared ones the team's; those of a department, only its
#: managers', since an audience knows departments of vendors only.
SEARCHES: Final = frozenset({"search-filter", "search-filter-group"})


def describe(_ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events."""
    return [
        msgspec.structs.replace(
            by_resource(one, _audience(one)),
            entity_id=one.ident("entity_id"),
            project_id=one.project or one.ident("project_id") or one.ident("production_id"),
        )
        for one in told
    ]


def _audience(told: Told) -> Audience:
    whole = readers(told.resource)
    person = told.ident("person_id")
    own = (person,) if person else ()
    match told.subject:
        case "playlist" | "build-job":
            return Audience(roles=(*STUDIO, "client") if told.row.get("for_client") else STUDIO)
        case "budget" | "budget-entry":
            return Audience(roles=("manager",))
        case "day-off":
            return Audience(people=own)
    if told.subject in SEARCHES:
        shared = bool(told.row.get("is_shared"))
        of_department = bool(told.row.get("department_id"))
        roles = (("manager",) if of_department else (*STUDIO, "client", "vendor")) if shared else ()
        return Audience(roles=roles, people=own)
    return whole


DESCRIBER: Final = Describer(describe)
