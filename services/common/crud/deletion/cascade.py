"""What one deletion takes along in a service, and the events that tell of it.

Each reference says what becomes of its row, and whether an event tells of that
(``tables.OnGone``). A production is the exception: ``project:delete`` says that all it held is
gone, so nobody is told of tens of thousands of rows one by one. Only what others had of it, such
as a casting of one of its shared assets, is told: the production ids go along from service to
service (``RowsGone.within``).
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import nullcontext
from operator import itemgetter
from typing import TYPE_CHECKING, Final
from uuid import UUID

from services.common.database.tables import production_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from contextlib import AbstractContextManager

    import sqlalchemy as sa

    from services.common.crud.resource import Resource
    from services.common.crud.resource_rules import CrudContext
    from services.common.database.sql_types import Expression
    from services.common.json_types import Row

PROJECT: Final = "project_id"


class Cascade:
    """One deletion, in one service."""

    def __init__(self, ctx: CrudContext, within: Collection[UUID] = ()) -> None:
        self.tx, self.service, self.metadata = ctx.tx, ctx.name, ctx.metadata
        self.registry = ctx.registry
        #: The productions that it is the end of, or a consequence of it.
        self.within = frozenset(within)
        #: The ids of deleted rows by table, of which other services are told.
        self.deleted: defaultdict[str, set[UUID]] = defaultdict(set)

    def facts(self, table: sa.Table, verb: str) -> list[Expression]:
        """What ``tell`` needs of each row: of a deleted one, as it was."""
        resource = self._resource(table)
        names = self.registry.event_facts(resource, verb)
        facts = {name: resource.fact(name) for name in names}
        project = production_column(table) if resource.project is None else resource.project
        if project is not None:
            facts[PROJECT] = project
        return [facts[name].label(name) for name in sorted(facts)]

    def told(self, rows: Iterable[Row]) -> list[Row]:
        """Those of these rows that no production's event tells of."""
        if not self.within:
            return list(rows)
        return [row for row in rows if row.get(PROJECT) not in {None, *self.within}]

    def noted(self, rows: Collection[Row]) -> AbstractContextManager[None]:
        """Meanwhile these rows, of which ``tell`` is to tell, are changed.

        Their events say what changed, which is read from the notes of triggers.
        """
        return self.tx.noted() if rows else nullcontext()

    def tell(self, table: sa.Table, verb: str, rows: Iterable[Row]) -> None:
        """Emit an event for each row, in the order of their ids."""
        for row in sorted(rows, key=itemgetter("id")):
            event = self.registry.event(self._resource(table), verb, row)
            self.tx.emit(event, project=row.get(PROJECT))

    def _resource(self, table: sa.Table) -> Resource:
        resource = self.registry.of_table(table.name)
        assert resource is not None, f"no events tell of {table.name}"
        return resource
