"""The policy of metadata descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from services.assets.models import MetadataDescriptor, department_metadata_descriptor_link
from services.assets.policy.access import in_ids
from services.common.access.context import CallContext
from services.common.access.policy import STUDIO, Policy, Sight
from services.common.access.rules import Facts, Rule, manager, studio_manager
from services.common.database.sql_types import Condition, Expression
from services.common.database.tables import table_of

DESCRIPTOR: Final = table_of(MetadataDescriptor)
#: How they are listed.
BY_POSITION: Final = (DESCRIPTOR.c.position, DESCRIPTOR.c.name, DESCRIPTOR.c.id)
ORDER: Final = "put in order"
EVERYWHERE: Final = "change those of all productions that they manage"


def for_clients(descriptors: sa.FromClause) -> Condition:
    """Those that a production shows to its clients."""
    found: Condition = descriptors.c.for_client
    return found


def of_departments(
    descriptors: sa.FromClause, theirs: Callable[[Expression], Condition]
) -> Condition:
    """Those of all departments, and those of one for which ``theirs`` holds."""
    link = department_metadata_descriptor_link.c
    held = sa.exists().where(link.metadata_descriptor_id == descriptors.c.id)
    return sa.or_(~held, held.where(theirs(link.department_id)))


def _for_client(_ctx: CallContext, descriptors: sa.FromClause) -> Condition:
    return for_clients(descriptors)


def _for_vendor(ctx: CallContext, descriptors: sa.FromClause) -> Condition:
    return of_departments(descriptors, lambda column: in_ids(column, ctx.actor.departments))


def _keeps(ctx: CallContext, facts: Facts) -> bool:
    """Managers, and supervisors for descriptors of their own departments."""
    role, own = ctx.actor.role_in(facts["project_id"]), ctx.actor.departments
    given = set(facts["departments"])
    covers = not own or (bool(given) and given <= own)
    return role == "manager" or (role == "supervisor" and covers)


#: For descriptors as they are, and as they become.
keeper: Final = Rule(
    "to manage the production or to supervise the departments",
    _keeps,
    ("project_id", "departments"),
)
DESCRIPTORS: Final = Policy(
    kind="metadata-descriptors",
    table=DESCRIPTOR,
    project=DESCRIPTOR.c.project_id,
    sees={
        **STUDIO,
        "client": Sight("for clients", _for_client),
        "vendor": Sight("without departments or of theirs", _for_vendor),
    },
    may={"create, change and remove": keeper, ORDER: manager, EVERYWHERE: studio_manager},
)
