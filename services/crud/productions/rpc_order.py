"""RPC methods that put a production's task types and statuses in order."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.tasks.workflow import StatusesInOrder, TypesInOrder
from services.common.crud import cross_references, row_statements
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database.tables import table_of
from services.common.json_types import Json
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Project
from services.crud.parts import STATUSES, TYPES, Part
from services.crud.policy.project_access import permitted_project, project_changed
from services.crud.policy.projects import CHANGE, PROJECTS
from services.crud.productions.rpc_links import LINKS

KINDS = {"task-type": TYPES, "task-status": STATUSES}


class OrderRpc(ResourceService):
    """The order of what productions use."""

    @command
    def reorder_links(self, project_id: str, kind: str, data: Json = None) -> Reply:
        """Give the production's task types or statuses the priorities of their places.

        Those that it doesn't use are skipped, and keep their place. Returns the links in order.
        For its managers. Raises NotFound, Forbidden, InvalidInput. Emits ``project:update`` once.
        """
        part, resource = KINDS[kind], LINKS[kind]
        # The rights first, where other routes look at the body first: clients know it so.
        project = permitted_project(self, project_id, PROJECTS.may[CHANGE])
        ids = _in_order(part, data)
        link, run = part.of_projects, self.tx.connection
        # Locked, so that two orders don't mix.
        self.tx.locked(table_of(Project), project)
        of_project, key = link.c.project_id == project, link.c[part.key]
        run.execute(row_statements.placed(key, ids).where(of_project))
        rows = sa.select(*resource.columns(None, relations=False))
        found = run.scalars(rows_as_json(rows.where(of_project, cross_references.in_ids(key, ids))))
        by_id = {row[part.key]: row for row in map(msgspec.json.decode, found)}
        project_changed(self, project)
        named = dict.fromkeys(map(str, ids))
        return compressed(msgspec.json.encode([by_id[one] for one in named if one in by_id]))


def _in_order(part: Part, data: Json) -> list[UUID]:
    """The ids in a body that puts task types or statuses in order. Raises InvalidInput."""
    if part is TYPES:
        return bodies.read(TypesInOrder, data).task_type_ids
    return bodies.read(StatusesInOrder, data).task_status_ids
