"""Keeping the production of working and output files, whose tasks and entities others own."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud.resource_service import ResourceService
from services.common.events.subscriber import Delivery, Inbox, on
from services.common.runtime.scheduler import every
from services.crud.policy.file_rules import OWNERS, Owner

#: Seconds between two looks for files without one: imported, or written by the release before.
PAUSE: Final = 2.0
#: Owners asked about at a time.
BATCH: Final = 5000
#: Stands for "nobody knows it": not asked again before the next import.
UNKNOWN: Final = UUID(int=0)


class FileProductionRpc(ResourceService):
    """Fills what creation through the API sets at once."""

    @every(PAUSE)
    def fill_productions(self) -> None:
        """Ask for the productions of some files that lack one."""
        # All answers before the first change: no call is made inside a transaction.
        missing = [(owner, self._missing(owner)) for owner in OWNERS]
        answers = [
            (owner, ids, owner.productions(self, ids)) for owner, ids in missing if ids is not None
        ]
        for owner, ids, productions in answers:
            self._fill(owner, ids, productions)

    def _missing(self, owner: Owner) -> list[UUID] | None:
        """The owners of files without a production; None where there is no such file."""
        table, column = owner.table, owner.column
        statement = sa.select(column).where(table.c.production_id.is_(None)).limit(BATCH)
        with self.database.read() as connection:
            ids = set(connection.execute(statement).scalars())
        return sorted(ids - {None}) if ids else None

    def _fill(self, owner: Owner, ids: list[UUID], productions: dict[UUID, UUID]) -> None:
        table, column = owner.table, owner.column
        without_production = table.c.production_id.is_(None)
        pairs = sa.values(
            sa.column("id", sa.Uuid), sa.column("production_id", sa.Uuid), name="known"
        ).data([(ident, productions.get(ident, UNKNOWN)) for ident in ids])
        change = sa.update(table).values(production_id=pairs.c.production_id)
        run = self.tx.connection
        if ids:
            run.execute(change.where(without_production, column == pairs.c.id))
        nobodys = sa.update(table).values(production_id=UNKNOWN)
        run.execute(nobodys.where(without_production, column.is_(None)))

    # Unordered and without inbox: it sets a mark that the next look takes away.
    @on("import:done", inbox=Inbox.NONE)
    def ask_again(self, _delivery: Delivery) -> None:
        """Ask again about files whose owner was unknown: it may have come with the import."""
        for owner in OWNERS:
            unknown = sa.update(owner.table).where(owner.table.c.production_id == UNKNOWN)
            self.tx.connection.execute(unknown.values(production_id=None))
