"""RPC methods that list rows related to a task, an entity or a production, for scripts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.crud import lists
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import PreviewFile, Task
from services.tasks.policy.entity_access import entity_for_reader, own_only
from services.tasks.policy.membership import require_member
from services.tasks.policy.task_authorizer import TaskAuthorizer
from services.tasks.rows import paged

TASK: Final = table_of(Task)
FILE: Final = table_of(PreviewFile)
FILES: Final = "preview-files"


class RelatedRowsRpc(ResourceService):
    """Rows related to a task, an entity or a production."""

    @query
    def list_task_previews(self, task_id: str) -> Reply:
        """The previews of a task, the newest revision first. For its readers.

        Raises NotFound, Forbidden.
        """
        task = TaskAuthorizer(self).readable(task_id)
        return self._previews(FILE.c.task_id == task["id"])

    @query
    def list_previews_of(self, kind: str, ident: str) -> Reply:
        """The previews of all tasks of an entity. For its readers. Raises NotFound, Forbidden."""
        entity, _ = entity_for_reader(self, kind, ident)
        return self._previews(
            FILE.c.task_id.in_(sa.select(TASK.c.id).where(TASK.c.entity_id == entity))
        )

    @query
    def list_tasks_below(
        self, kind: str, of: str, ident: str, query: dict[str, str] | None = None
    ) -> Reply:
        """The tasks of the shots of a sequence or an episode, or of an episode's assets.

        For readers of the sequence or episode; vendors get their own tasks.
        Raises NotFound, Forbidden.
        """
        parent, facts = entity_for_reader(self, of, ident)
        children = self.ask("assets", "entities_below", kind=kind, of=of, ident=str(parent))
        relations = (query or {}).get("relations", "").lower() == "true"
        rows = sa.select(*self.registry["tasks"].columns(None, relations=relations)).where(
            TASK.c.entity_id.in_([UUID(child) for child in children]),
            *own_only(self, of, facts, own=False),
        )
        return lists.json_array(self, rows.order_by(TASK.c.name, TASK.c.id))

    @query
    def list_project_rows(
        self, kind: str, project_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """A page of a production's notifications, previews or subscriptions, newest first.

        ``kind`` is the resource's path. For the production's managers.
        Raises NotFound, Forbidden, InvalidInput.
        """
        project = require_member(self, project_id, "manager")
        return paged(self, self.registry[kind], project, query or {})

    def _previews(self, condition: Condition) -> Reply:
        rows = sa.select(*self.registry[FILES].columns(None, relations=False)).where(condition)
        return lists.json_array(
            self, rows.order_by(FILE.c.revision.desc(), FILE.c.position, FILE.c.id)
        )
