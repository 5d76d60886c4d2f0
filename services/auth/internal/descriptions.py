"""Who may hear of this service's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.auth.models import Person
from services.auth.policy.account_fields import BRIEF, REDUCED
from services.common.contracts.full_events import ALL, OTHERS, Audience, Description
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
    """Describe events: everybody knows of people, though not everybody all of them."""
    return [
        by_resource(one, Audience(roles=ALL, hidden=HIDDEN) if one.subject == "person" else None)
        for one in told
    ]


DESCRIBER: Final = Describer(describe)
