"""RPC method that lists the casting links of a production, for synchronization."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.assets.policy.access import LINK
from services.assets.policy.membership import require_manager
from services.common import queries
from services.common.contracts.assets.casting import LinkQuery
from services.common.contracts.types import UNSET
from services.common.crud.listing import lists, pages
from services.common.crud.listing.filters import Page
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database import row_counts
from services.common.database.sql_types import Expression, Select
from services.common.database.tables import is_internal
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

ORDER: Final = (LINK.c.created_at, LINK.c.id)
#: Other times have whole seconds, which as a cursor would repeat or skip links.
MICROSECONDS: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US'


class EntityLinkRpc(ResourceService):
    """Casting links in bulk."""

    @query
    def list_entity_links(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """All links of a production, a page of them, or those made after a moment.

        Times come with the latter two, exact to the microsecond: the last one is the next cursor.
        Raises NotFound, Forbidden, InvalidInput.
        """
        asked, project = queries.read(LinkQuery, query), known_id(project_id)
        require_manager(self, project)
        kind = sa.literal_column("'EntityLink'", sa.Text).label("type")
        columns = [
            column
            for column in LINK.c
            if column.name not in {"id", "created_at", "updated_at"} and not is_internal(column)
        ]
        rows = sa.select(*columns, LINK.c.id, kind).where(LINK.c.production_id == project)
        page, after = Page.asked(asked), asked.cursor_created_at
        if page is None and after is UNSET:
            return lists.json_array(self, rows, *ORDER)
        exact = rows.add_columns(_exact("created_at"), _exact("updated_at"))
        total = row_counts.total(LINK, row_counts.NOTES.c.project_id == project)
        if page is None or after is not UNSET:
            newer = exact.where(LINK.c.created_at > after).order_by(*ORDER)
            return self._links_after(newer, asked.limit, total)
        if page.rows > lists.SHORT:
            return lists.large_page(self, LINK, exact, page, ORDER)
        count, data = pages.page_of(self, LINK, exact, ORDER, page, total=total)
        return lists.compressed(pages.envelope(data, count, *page))

    def _links_after(self, newer: Select, limit: int, total: sa.ScalarSelect[int]) -> Reply:
        with self.database.read() as connection:
            count = connection.scalar(sa.select(total))
        ends = ('{"data":[', f'],"total":{count},"limit":{limit}}}')
        return lists.enclosed(self, newer.limit(limit), ends)


def _exact(name: str) -> Expression:
    return sa.func.to_char(LINK.c[name], MICROSECONDS).label(name)
