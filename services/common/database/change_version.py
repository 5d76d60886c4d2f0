"""Change versions of a production's data, so that polling clients get a cheap 304.

Every change emits an event, which stays in the outbox until the relay has published it and moved it
into ``change_count``. The number of a production's events in both tables is its version: it grows
with each change. Both are read in one snapshot that holds every committed change, without locks.
Events without a production count for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from services.common.database.pools import Database
    from services.common.database.transaction import Transaction

#: The ``project_id`` under which events without a production are counted.
STUDIO: Final = UUID(int=0)
#: The version of one production, and below of all data: one statement each, hence one snapshot.
OF_PROJECT: Final = """
SELECT (SELECT coalesce(sum(changes), 0) FROM change_count
    WHERE project_id IN (%(project)s, %(studio)s))
  + (SELECT count(*) FROM outbox WHERE project_id = %(project)s OR project_id IS NULL)
"""
OF_ALL: Final = """
SELECT (SELECT coalesce(sum(changes), 0) FROM change_count) + (SELECT count(*) FROM outbox)
"""
TOUCH: Final = f"""
INSERT INTO change_count AS known (project_id, changes) VALUES ('{STUDIO}', 1)
ON CONFLICT (project_id) DO UPDATE SET changes = known.changes + 1
"""  # noqa: S608 - a constant


def version(database: Database, project: UUID | None) -> int:
    """The number of changes of the production's data in this service; None: of all data."""
    if project is None:
        return int(database.scalar(OF_ALL))
    return int(database.scalar(OF_PROJECT, project=str(project), studio=str(STUDIO)))


def touch(tx: Transaction) -> None:
    """Count a change that emits no event: without it, cached answers would stay valid."""
    tx.connection.exec_driver_sql(TOUCH)
