"""Entities with their tasks, in one answer.

Tasks belong to this service, entities to ``assets``: their JSON (``heads``) is fetched with one
call for the whole production, and the tasks that PostgreSQL aggregated by entity are inserted.
Tasks are streamed through a cursor and compressed, so a production is never in memory as a whole.
Two calls and two statements, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.common import queries
from services.common.access.context import CallContext
from services.common.contracts.tasks.overview import (
    NDJSON,
    VIEW_QUERIES,
    LongViewQuery,
    ViewQuery,
)
from services.common.contracts.types import UNSET
from services.common.crud.listing.lists import CHUNK, GzipBuilder, prefetch
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rendered
from services.common.database import sql_json
from services.common.database.sql_types import Condition, Expression, Select
from services.common.database.tables import table_of
from services.common.queries import Texts
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Subscription, Task, task_person_link
from services.tasks.overview.fields import LINKED, TASK_FIELDS, UNSET_AS_TEXT
from services.tasks.overview.layout import Heads, ResponseLayout
from services.tasks.policy.tasks import TASKS

TASK: Final = table_of(Task)
#: ``TASKS.rows_in`` or ``TASKS.readable_in``.
Rows = Callable[[CallContext, list[UUID]], Condition]
ELSEWHERE: Final = ("assets", "crud")


class OverviewRpc(ResourceService):
    """Views of a production's entities with their tasks."""

    @query
    def list_with_tasks(self, kind: str, query: dict[str, str] | None = None) -> Reply:
        """All entities of a kind, each with its tasks; ``query`` holds the kind's filters.

        For assets and shots, ``compact=true`` returns arrays of values, ``stream=true`` NDJSON.
        Raises InvalidInput, NotFound, Forbidden.
        """
        asked = queries.read(VIEW_QUERIES[kind], query)

        def build() -> Reply:
            return self._with_tasks(kind, asked, query or {})

        # ``elsewhere``: the ETag covers the state of the services whose rows the answer includes.
        return self.not_modified_or(build, project=asked.project_id or None, elsewhere=ELSEWHERE)

    def _with_tasks(self, kind: str, asked: ViewQuery, query: Texts) -> Reply:
        compact = isinstance(asked, LongViewQuery) and asked.compact
        lines = isinstance(asked, LongViewQuery) and asked.stream
        summaries = self._summaries(
            "list_entity_summaries", kind=kind, query=query, compact=compact
        )
        seen = self._tasks_seen(TASKS.rows_in, asked.project_id or None)
        watched = asked.project_id is not UNSET
        tasks = self._tasks(kind, summaries, compact=compact, seen=seen, watched=watched)
        layout = ResponseLayout(kind, compact=compact, lines=lines)
        stream = GzipBuilder()
        stream.add(layout.head)
        for chunk in layout.rows(summaries, tasks):
            stream.add(chunk)
        stream.add(layout.tail)
        reply = stream.reply()
        return reply._replace(headers={"content_type": NDJSON}) if lines else reply

    @query
    def read_entity_detail(self, kind: str, ident: str) -> Reply:
        """One entity with its tasks. Raises NotFound, Forbidden."""
        body = self.ask_raw("assets", "read_entity_summary", kind=kind, ident=ident)
        detail = msgspec.json.decode(body, type=Head)
        # The tasks are spliced in before the closing brace, without decoding the head.
        seen = self._tasks_seen(TASKS.readable_in)
        tasks = b"".join(self._parts(self._task_rows(kind, [detail.id], compact=False, seen=seen)))
        return Reply(bytes(detail.head)[:-1] + b',"tasks":[' + tasks + b"]}")

    @query
    def list_linked_with_tasks(self, ident: str) -> Reply:
        """The concepts that link to an entity, with their tasks. Raises NotFound, Forbidden."""
        summaries = self._summaries("list_linked_summaries", ident=ident)
        seen = self._tasks_seen(TASKS.readable_in)
        tasks = self._tasks(LINKED, summaries, compact=False, seen=seen, watched=False)
        layout = ResponseLayout(LINKED, compact=False, lines=False)
        return Reply(b"".join([layout.head, *layout.rows(summaries, tasks), layout.tail]))

    # --- summaries and tasks ----------------------------------------------------------------

    def _summaries(self, method: str, **question: Any) -> Heads:
        body = self.ask_raw("assets", method, **question)
        return dict(msgspec.json.decode(body, type=list[tuple[str, msgspec.Raw]]))

    def _tasks_seen(self, rows: Rows, project: UUID | None = None) -> Condition | None:
        """The condition on tasks of the production, or of all; None where the caller sees all."""
        projects = list(self.actor.projects) if project is None else [project]
        if self.actor.is_admin or all(TASKS.is_whole(self.actor, one) for one in projects):
            return None
        return rows(self, projects)

    def _task_rows(
        self,
        kind: str,
        ids: list[str],
        *,
        compact: bool,
        seen: Condition | None = None,
        watched: bool = True,
    ) -> Select:
        """SELECT ``(entity id, the JSON of its tasks joined by commas)``.

        ``seen`` is the condition on tasks that the caller sees; None for all.
        """
        people, watch = _assignees(), _watched_by(self.actor.id, watched=watched)
        columns = TASKS.shown(
            self.actor, tuple(_column(kind, name, people, watch) for name in TASK_FIELDS[kind])
        )
        # One array parameter, however many entities: an IN list would be parsed anew each time.
        entity_ids = sa.cast(ids, sa.ARRAY(sa.Uuid(as_uuid=False)))
        tasks = (
            sa.select(TASK.c.entity_id.label("owner"), TASK.c.created_at.label("age"), *columns)
            .select_from(TASK)
            .outerjoin(people, people.c.task_id == TASK.c.id)
            .outerjoin(watch, watch.c.task_id == TASK.c.id)
            .where(TASK.c.entity_id == sa.any_(entity_ids))
        )
        if seen is not None:
            tasks = tasks.where(seen)
        rows = tasks.subquery("t")
        fields = [column for column in rows.c if column.name not in {"owner", "age"}]
        values = sa.cast(sa.func.json_build_array(*fields), sa.Text)
        text = values if compact else sql_json.written(fields, "t")
        owner = sa.cast(rows.c.owner, sa.Text)
        comma: Any = aggregate_order_by(sa.literal_column("','"), rows.c.age, rows.c.id)
        return sa.select(owner, sa.func.string_agg(text, comma)).group_by(rows.c.owner)

    def _tasks(self, kind: str, summaries: Heads, **options: Any) -> Iterator[tuple[str, str]]:
        """The rows of ``_task_rows``, read a chunk at a time."""
        if not summaries:
            return
        statement = self._task_rows(kind, list(summaries), **options)
        # A connection of its own for the cursor: the call's transaction must stay closed, so that
        # other services may still be called.
        with self.database.engine.connect() as connection:
            options = {"stream_results": True, "max_row_buffer": CHUNK}
            rows = connection.execution_options(**options).execute(statement)
            for chunk in prefetch(rows.partitions(CHUNK // 4)):
                yield from chunk

    def _parts(self, statement: Select) -> list[bytes]:
        with self.database.read() as connection:
            return [text.encode() for _, text in connection.execute(statement)]


class Head(msgspec.Struct):
    """The detail of an entity, as ``assets`` returns it."""

    head: msgspec.Raw
    id: str = ""

    def __post_init__(self) -> None:
        """Read the id from the head itself."""
        self.id = msgspec.json.decode(self.head, type=Named).id


class Named(msgspec.Struct):
    """The id of a JSON object, whose other members are skipped."""

    id: str


def _assignees() -> sa.Subquery:
    """The assignees of each task, aggregated once instead of by a subquery for every row."""
    link = task_person_link.c
    ids = sa.func.array_agg(link.person_id).label("ids")
    return sa.select(link.task_id, ids).group_by(link.task_id).subquery("people")


def _watched_by(person: UUID | None, *, watched: bool) -> sa.Subquery:
    """The tasks that the person subscribed to; empty if ``watched`` is false."""
    subscriptions = sa.select(Subscription.task_id).where(
        Subscription.person_id == person, sa.literal(watched)
    )
    return subscriptions.subquery("watch")


def _column(kind: str, name: str, people: sa.Subquery, watch: sa.Subquery) -> Expression:
    if name == "assignees":
        none = sa.cast([], sa.ARRAY(sa.Uuid()))
        return sa.func.coalesce(people.c.ids, none).label(name)
    if name == "is_subscribed":
        return sa.type_coerce(watch.c.task_id.is_not(None), sa.Boolean).label(name)
    if name == "priority":
        return sa.func.coalesce(TASK.c.priority, 0).label(name)
    if name == "last_preview_file_id" and kind in UNSET_AS_TEXT:
        text = sa.cast(TASK.c.last_preview_file_id, sa.Text)
        return sa.func.coalesce(text, "").label(name)
    return rendered(TASK.c[name]).label(name)
