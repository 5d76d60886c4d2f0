"""Who may hear of this service's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.auth.models import Person
from services.auth.policy.account_fields import BRIEF, REDUCED
from services.common.contracts.full_events import OTHERS, STUDIO, Audience, Description
from services.common.crud.describing import Describer, by_resource
from services.common.database.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.access.context import CallContext
    from services.common.crud.describing import Told

_COLUMNS: Final = frozenset(column.name for column in table_of(Person).c)
#: What the API shows of others to administrators only.
HIDDEN: Final = {
    "client": tuple(sorted(_COLUMNS - BRIEF)),
    OTHERS: tuple(sorted(_COLUMNS - REDUCED)),
}


def describe(_ctx: CallContext, told: Sequence[Told]) -> list[Description]:
    """Describe events: everybody knows of people, though not everybody all of them.

    Clients know those of their productions only, which no audience can say: of others they don't
    hear.
    """
    return [by_resource(one, _of_person(one) if one.subject == "person" else None) for one in told]


def _of_person(told: Told) -> Audience:
    person = told.ident("person_id") or told.ident("id")
    people = (person,) if person else ()
    return Audience(roles=(*STUDIO, "vendor"), people=people, hidden=HIDDEN)


DESCRIBER: Final = Describer(describe)
