"""RPC methods of task types besides generic CRUD."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.tasks.workflow import TypesInOrder
from services.common.crud import cross_references, row_statements
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database import change_version
from services.common.database.tables import table_of
from services.common.json_types import Json
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import TaskType

TYPE: Final = table_of(TaskType)


class TaskTypeRpc(ResourceService):
    """Task types."""

    @command
    def reorder_task_types(self, data: Json = None) -> Reply:
        """Give task types the priorities of their places; unknown ids are skipped.

        Returns them in order. Raises Forbidden, InvalidInput.
        """
        self.registry["task-types"].update.check(self, {})
        ids = bodies.read(TypesInOrder, data).task_type_ids
        # There is no row to lock for all of them.
        self.tx.lock_key("order of task types")
        run = self.tx.connection
        run.execute(row_statements.placed(TYPE.c.id, ids))
        # No event tells of it.
        change_version.touch(self.tx)
        rows = sa.select(*self.registry["task-types"].columns(None, relations=False))
        found = run.scalars(rows_as_json(rows.where(cross_references.in_ids(TYPE.c.id, ids))))
        by_id = {row["id"]: row for row in map(msgspec.json.decode, found)}
        named = dict.fromkeys(map(str, ids))
        return compressed(msgspec.json.encode([by_id[one] for one in named if one in by_id]))
