"""RPC methods of news feeds: comments and status changes, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import queries
from services.common.contracts.tasks.feed import NewsOfProductionsQuery, NewsQuery
from services.common.crud.listing import lists, log_query
from services.common.crud.listing.filters import Page
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database import row_counts
from services.common.database.prepared import parameter
from services.common.database.tables import table_of
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Comment, News, PreviewFile, Task
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.entity_access import entity_for_reader
from services.tasks.policy.entity_names import full_name
from services.tasks.policy.membership import require_member
from services.tasks.policy.news import NEWS as NEWS_POLICY
from services.tasks.policy.previews import PREVIEWS
from services.tasks.rows import decode_rows, distinct_ids, encode_rows

NOT_FOR_CLIENTS: Final = "News are not for clients."
#: The maximum number of rows of an entity's feed, which has no pages.
OF_ENTITY: Final = 2000
NEWS, TASK, COMMENT = table_of(News), table_of(Task), table_of(Comment)
PREVIEW: Final = table_of(PreviewFile)
ORDER: Final = (NEWS.c.created_at.desc(), NEWS.c.id)
# Outer joins: PostgreSQL leaves out those that a count or a look for ids doesn't need.
SOURCE: Final = (
    NEWS.outerjoin(TASK, TASK.c.id == NEWS.c.task_id)
    .outerjoin(COMMENT, COMMENT.c.id == NEWS.c.comment_id)
    .outerjoin(PREVIEW, PREVIEW.c.id == NEWS.c.preview_file_id)
)
COLUMNS: Final = (
    NEWS.c.id,
    sa.literal("News").label("type"),
    NEWS.c.author_id,
    NEWS.c.comment_id,
    NEWS.c.task_id,
    TASK.c.task_type_id,
    COMMENT.c.task_status_id,
    TASK.c.entity_id.label("task_entity_id"),
    NEWS.c.preview_file_id,
    PREVIEW.c.extension.label("preview_file_extension"),
    PREVIEW.c.revision.label("preview_file_revision"),
    TASK.c.project_id,
    sa.func.date_trunc("second", NEWS.c.created_at).label("created_at"),
    NEWS.c.change,
)
# Prepared, with the ids as a parameter: a plan for these ids may read the tasks in their order.
IDS: Final = parameter("ids", sa.ARRAY(sa.Uuid(as_uuid=False)))
ENTRIES: Final = rows_as_json(
    sa.select(*COLUMNS).select_from(SOURCE).where(NEWS.c.id == sa.any_(IDS))
)


class NewsRpc(ResourceService):
    """News feeds of productions and entities."""

    @query
    def list_project_news(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """A page of a production's feed, as the caller sees it; not for clients.

        ``query`` may hold ``page``, ``limit`` (rows), ``only_preview``, ``task_type_id``,
        ``task_status_id``, ``person_id``, ``episode_id``, ``after`` and ``before``. The envelope
        has ``stats``: ``{status id: number of changes to it}`` over all pages.
        Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(NewsQuery, query)
        return self._feed([self._seen(project_id)], asked)

    @query
    def list_news_of_projects(self, query: dict[str, str] | None = None) -> Reply:
        """The feed of the caller's open productions, or of ``project_id``.

        Parameters and envelope are those of ``list_project_news``.
        """
        asked = queries.read(NewsOfProductionsQuery, query)
        if asked.project_id:
            projects = [self._seen(str(asked.project_id))]
        # Administrators are in no team: they see the open productions of the whole studio.
        elif self.actor.is_admin:
            projects = [UUID(ident) for ident in self.ask("crud", "list_open_project_ids")]
        else:
            projects = sorted(NEWS_POLICY.seen_projects(self.actor))
            if not projects and self.actor.open_projects:
                raise Forbidden(NOT_FOR_CLIENTS)
        return self._feed(projects, asked)

    def _seen(self, project_id: str) -> UUID:
        """A production whose feed the caller sees. Raises NotFound, Forbidden."""
        project = require_member(self, project_id)
        if self.actor.role_in(project) == CLIENT:
            raise Forbidden(NOT_FOR_CLIENTS)
        return project

    @query
    def read_project_news(self, project_id: str, ident: str) -> JsonObject:
        """An entry of a production's feed. Raises NotFound, Forbidden."""
        project, entry = require_member(self, project_id), known_id(ident)
        NEWS_POLICY.reader.check(self, {"project_id": project, "id": entry})
        conditions = [NEWS.c.production_id == project, NEWS.c.id == entry]
        entries = self._entries(self._ids(conditions, 1))
        if not entries:
            raise NotFound
        return entries[0]

    @query
    def list_entity_news(self, entity_id: str) -> Reply:
        """The newest ``OF_ENTITY`` entries of an entity's tasks, as its readers see them.

        Raises NotFound, Forbidden.
        """
        entity, facts = entity_for_reader(self, "", entity_id)
        project = UUID(facts["project_id"])
        if self.actor.role_in(project) == CLIENT:
            raise Forbidden(NOT_FOR_CLIENTS)
        conditions = [TASK.c.entity_id == entity]
        if not self.actor.is_admin:
            conditions.append(NEWS_POLICY.rows_in(self, [project]))
        ends = lists.page_ends(self._total(conditions), Page(1, OF_ENTITY))
        return self._listed(self._ids(conditions, OF_ENTITY), ends)

    def _feed(self, projects: list[UUID], asked: NewsQuery) -> Reply:
        page, narrowed = Page(max(asked.page, 1), asked.limit), self._conditions(asked)
        conditions = [NEWS_POLICY.rows_in(self, projects), *narrowed]
        ids = self._ids(conditions, page.limit, page.offset)
        stats = msgspec.json.encode(self._stats(conditions)).decode()
        whole = all(NEWS_POLICY.is_whole(self.actor, project) for project in projects)
        counted = whole and not narrowed
        total = self._total_from_counts(projects) if counted else self._total(conditions)
        ends = lists.page_ends(total, page, stats=stats)
        return self._listed(ids, ends, with_previews=asked.only_preview)

    def _conditions(self, asked: NewsQuery) -> list[Any]:
        ids = (
            (TASK.c.task_type_id, asked.task_type_id),
            (COMMENT.c.task_status_id, asked.task_status_id),
            (NEWS.c.author_id, asked.person_id),
        )
        conditions: list[Any] = [column == ident for column, ident in ids if ident]
        if asked.episode_id:
            ident = str(asked.episode_id)
            entities = self.ask("assets", "list_entities_of_episode", episode_id=ident)
            conditions.append(TASK.c.entity_id.in_([UUID(entity) for entity in entities]))
        conditions += log_query.between(NEWS.c.created_at, asked.after, asked.before)
        if asked.only_preview:
            conditions.append(NEWS.c.preview_file_id.is_not(None))
        return conditions

    def _ids(self, conditions: list[Any], limit: int, offset: int = 0) -> Sequence[UUID]:
        """The ids of entries, newest first: from an index, joined with nothing that is skipped."""
        ids = sa.select(NEWS.c.id).select_from(SOURCE).where(*conditions).order_by(*ORDER)
        with self.database.read() as connection:
            return connection.scalars(ids.limit(limit).offset(offset)).all()

    def _listed(
        self, ids: Sequence[UUID], ends: Sequence[str], *, with_previews: bool = False
    ) -> Reply:
        """These entries between ``ends``."""

        def read(some: Sequence[UUID]) -> list[bytes]:
            return encode_rows(self._entries(some, with_previews=with_previews))

        return lists.in_batches(ids, read, ends)

    def _entries(self, ids: Sequence[UUID], *, with_previews: bool = False) -> list[JsonObject]:
        texts = self.database.rows(ENTRIES, ids=list(map(str, ids)))
        by_id = {row["id"]: row for row in decode_rows([text for (text,) in texts])}
        found = [by_id[str(ident)] for ident in ids if str(ident) in by_id]
        entries = self._with_names(found)
        if with_previews:
            previews = self._previews_by_revision(entries)
            for entry in entries:
                entry["preview_files"] = previews.get(_revision(entry), [])
        return entries

    def _previews_by_revision(self, entries: list[JsonObject]) -> dict[Any, list[JsonObject]]:
        """The previews that the caller may read of each task and revision, in their order."""
        resource, table = self.registry["preview-files"], PREVIEW
        wanted = {_revision(entry) for entry in entries}
        keys = [(UUID(task), revision) for task, revision in wanted if revision is not None]
        rows = (
            sa.select(*resource.columns(None, relations=False))
            .where(sa.tuple_(table.c.task_id, table.c.revision).in_(keys))
            .order_by(table.c.position, table.c.created_at)
        )
        if not self.actor.is_admin:
            rows = rows.where(PREVIEWS.readable_in(self, self.actor.projects))
        with self.database.read() as connection:
            found = decode_rows(connection.execute(rows_as_json(rows)).scalars().all())
        previews: dict[Any, list[JsonObject]] = {}
        for preview in found:
            previews.setdefault((preview["task_id"], preview["revision"]), []).append(preview)
        return previews

    def _with_names(self, rows: list[JsonObject]) -> list[JsonObject]:
        if not rows:
            return []
        # Other services own these names: one call each for all rows, at the same time.
        asked = ("project_id", "author_id", "task_entity_id")
        projects, authors, entity_ids = (distinct_ids(row[name] for row in rows) for name in asked)
        names, people, entities = self.ask_all(
            [
                ("crud", "list_project_names", {"ids": projects}),
                ("auth", "list_short_persons", {"ids": authors}),
                ("assets", "describe_entities", {"ids": entity_ids}),
            ]
        )
        for row in rows:
            entity = entities.get(row["task_entity_id"] or "")
            row |= {
                "project_name": names.get(row["project_id"], ""),
                "full_entity_name": full_name(entity),
                "episode_id": entity and entity["episode_id"],
                "entity_preview_file_id": entity and entity["preview_file_id"],
                "person": people.get(row["author_id"]),
            }
        return rows

    def _total(self, conditions: list[Any]) -> int:
        count = sa.select(sa.func.count()).select_from(SOURCE).where(*conditions)
        with self.database.read() as connection:
            return int(connection.scalar(count) or 0)

    def _total_from_counts(self, projects: list[UUID]) -> int:
        counted = row_counts.total(NEWS, row_counts.NOTES.c.project_id.in_(projects))
        with self.database.read() as connection:
            return int(connection.scalar(sa.select(counted)) or 0)

    def _stats(self, conditions: list[Any]) -> dict[str, int]:
        """The number of changes to each status, over all matching entries."""
        status = NEWS.c.given_status_id
        counts = (
            sa.select(status, sa.func.count())
            .select_from(SOURCE)
            .where(*conditions, NEWS.c.change.is_(True), status.is_not(None))
            .group_by(status)
        )
        with self.database.read() as connection:
            return {str(ident): count for ident, count in connection.execute(counts)}


def _revision(entry: JsonObject) -> tuple[str, int | None]:
    """The revision that an entry is about: its task, and the number."""
    return entry["task_id"], entry["preview_file_revision"]
