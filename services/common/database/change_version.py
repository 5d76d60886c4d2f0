"""Versions of a production's data, so that a client that polls costs next to nothing.

Every change emits an event, and events wait in the outbox until the relay has published and counted
them. So the number of events of a production, waiting and counted, grows with each change and
is never wrong: both tables are read in one snapshot, a change that has committed is in it, and
nobody waits for a lock. Events without a production count for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from services.common.database.transaction import Database, Transaction

#: Stands for events without a production.
STUDIO: Final = UUID(int=0)
ONE: Final = """
SELECT (SELECT coalesce(sum(changes), 0) FROM change_count
    WHERE project_id IN (%(project)s, %(studio)s))
  + (SELECT count(*) FROM outbox WHERE project_id = %(project)s OR project_id IS NULL)
"""
ALL: Final = """
SELECT (SELECT coalesce(sum(changes), 0) FROM change_count) + (SELECT count(*) FROM outbox)
"""
TOUCH: Final = f"""
INSERT INTO change_count AS known (project_id, changes) VALUES ('{STUDIO}', 1)
ON CONFLICT (project_id) DO UPDATE SET changes = known.changes + 1
"""  # noqa: S608 - a constant


def version(database: Database, project: UUID | None) -> int:
    """How often the production's data has changed here; without one, any data at all."""
    if project is None:
        return int(database.scalar(ALL))
    return int(database.scalar(ONE, project=str(project), studio=str(STUDIO)))


def touch(tx: Transaction) -> None:
    """Count a change that emits no event of its own."""
    tx.connection.exec_driver_sql(TOUCH)
