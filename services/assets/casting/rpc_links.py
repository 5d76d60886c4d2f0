"""RPC method that lists the casting links of a production, for synchronization."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.assets.policy.access import LINK
from services.assets.policy.membership import require_manager
from services.common.crud.listing import filters, lists, pages
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_moment
from services.common.database import row_counts
from services.common.database.sql_types import Expression, Select
from services.common.database.tables import is_internal
from services.common.errors import InvalidInput
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

ORDER: Final = (LINK.c.created_at, LINK.c.id)
CURSOR: Final = "cursor_created_at"
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
        params = query or {}
        project = known_id(project_id)
        require_manager(self, project)
        kind = sa.literal_column("'EntityLink'", sa.Text).label("type")
        columns = [
            column
            for column in LINK.c
            if column.name not in {"id", "created_at", "updated_at"} and not is_internal(column)
        ]
        rows = (
            sa.select(*columns, LINK.c.id, kind)
            .where(LINK.c.production_id == project)
            .order_by(*ORDER)
        )
        page = filters.page_and_limit(params)
        if page is None and CURSOR not in params:
            return lists.json_array(self, rows)
        exact = rows.add_columns(_exact("created_at"), _exact("updated_at"))
        total = row_counts.total(LINK, row_counts.NOTES.c.project_id == project)
        if page is None or CURSOR in params:
            return self._links_after(exact, params, total)
        if page.rows > lists.SHORT:
            return lists.large_page(self, LINK, exact, page, ORDER)
        count, data = pages.page_of(self, LINK, exact, ORDER, page, total=total)
        return lists.compressed(pages.envelope(data, count, *page))

    def _links_after(
        self, rows: Select, params: dict[str, str], total: sa.ScalarSelect[int]
    ) -> Reply:
        try:
            moment = parse_moment(params[CURSOR])
        except BadValue:
            message = f"Wrong date format for {CURSOR}."
            raise InvalidInput(message) from None
        limit = filters.page_size(params)
        newer = rows.where(LINK.c.created_at > moment).limit(limit)
        with self.database.read() as connection:
            count = connection.scalar(sa.select(total))
        ends = ('{"data":[', f'],"total":{count},"limit":{limit}}}')
        return lists.enclosed(self, newer, ends)


def _exact(name: str) -> Expression:
    return sa.func.to_char(LINK.c[name], MICROSECONDS).label(name)
