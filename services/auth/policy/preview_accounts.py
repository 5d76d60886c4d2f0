"""The policy of preview accounts: one a production, with which somebody may look at it."""

from __future__ import annotations

from typing import Final

from services.auth.models import Person
from services.common.access.policy import ALL, Policy
from services.common.access.rules import manager
from services.common.database.tables import table_of

PERSON: Final = table_of(Person)
KEEP: Final = "make, open, close and remove"
PREVIEW_ACCOUNTS: Final = Policy(
    kind="preview-accounts",
    table=PERSON,
    project=PERSON.c.preview_project_id,
    sees={"manager": ALL},
    may={KEEP: manager},
)
