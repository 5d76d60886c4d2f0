"""RPC methods that list rows related to a task, an entity or a production, for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.common import queries
from services.common.contracts.tasks.work import TaskQuery
from services.common.contracts.types import PageQuery
from services.common.crud.listing import lists
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Expression
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import PreviewFile, Task, TaskStatus, TaskType
from services.tasks.policy.entity_access import entity_for_reader, seen_tasks
from services.tasks.policy.entity_names import describe_entities
from services.tasks.policy.membership import require_member
from services.tasks.policy.previews import PREVIEWS
from services.tasks.policy.task_authorizer import TaskAuthorizer
from services.tasks.rows import project_page

TASK, KIND, STATUS = table_of(Task), table_of(TaskType), table_of(TaskStatus)
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
        rows = sa.select(*self.registry[FILES].columns(None, relations=False))
        rows = rows.where(FILE.c.task_id == task["id"])
        if not self.actor.is_admin:
            rows = rows.where(PREVIEWS.readable_in(self, [task["project_id"]]))
        order = (FILE.c.revision.desc(), FILE.c.position, FILE.c.created_at, FILE.c.id)
        return lists.json_array(self, rows, *order)

    @query
    def list_tasks_below(
        self, kind: str, of: str, ident: str, query: dict[str, str] | None = None
    ) -> Reply:
        """The tasks of the shots of a sequence or an episode, or of an episode's assets.

        With the names of type, status, entity and production, by name. For readers of the sequence
        or episode; vendors get their own tasks.
        Raises NotFound, Forbidden.
        """
        relations = queries.read(TaskQuery, query).relations
        parent, facts = entity_for_reader(self, of, ident)
        children = self.ask("assets", "list_entities_below", kind=kind, of=of, ident=str(parent))
        projects = self.ask("crud", "list_project_names", ids=[facts["project_id"]])
        entities = describe_entities(self, children)
        names = {
            "project_name": sa.literal(projects.get(facts["project_id"]), sa.Text),
            "task_type_name": KIND.c.name,
            "task_status_name": STATUS.c.name,
            "entity_type_name": _described(entities, "type_name"),
            "entity_name": _described(entities, "name"),
        }
        resource = self.registry["tasks"]
        rows = (
            sa.select(
                *resource.shown(self.actor, resource.columns(None, relations=relations)),
                *(column.label(name) for name, column in names.items()),
            )
            .select_from(TASK)
            .outerjoin(KIND, KIND.c.id == TASK.c.task_type_id)
            .outerjoin(STATUS, STATUS.c.id == TASK.c.task_status_id)
            .where(
                TASK.c.entity_id.in_([UUID(child) for child in children]),
                *seen_tasks(self, of, facts, own=False),
            )
        )
        order = (TASK.c.name, KIND.c.name, names["entity_type_name"], names["entity_name"])
        return lists.json_array(self, rows, *order, TASK.c.id)

    @query
    def list_project_rows(
        self, kind: str, project_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """A page of a production's notifications, previews or subscriptions, newest first.

        ``kind`` is the resource's path. For the production's managers.
        Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(PageQuery, query)
        project = require_member(self, project_id, "manager")
        return project_page(self, self.registry[kind], project, asked)


def _described(entities: Mapping[str, JsonObject], name: str) -> Expression:
    """A field of each task's entity, as ``assets`` describes it, as a column."""
    # One parameter, however many entities there are.
    texts = sa.literal({ident: entity[name] for ident, entity in entities.items()}, JSONB)
    text: Expression = texts[sa.cast(TASK.c.entity_id, sa.Text)].astext
    return text
