"""RPC methods of notifications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies, queries
from services.common.access.context import CallContext
from services.common.access.rules import only_persons
from services.common.contracts.tasks.events import (
    NotificationRead,
    NotificationsAllRead,
    NotificationUnread,
)
from services.common.contracts.tasks.feed import NotificationQuery, ReadMark
from services.common.contracts.types import UNSET
from services.common.crud.listing import log_query
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Expression, Select
from services.common.database.tables import NOW, table_of
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.tasks.models import (
    Comment,
    Notification,
    Subscription,
    Task,
    comment_department_mentions,
    comment_mentions,
    comment_preview_link,
)
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.entity_names import describe_entities, full_name
from services.tasks.policy.notifications import received
from services.tasks.policy.readers import readers_of
from services.tasks.rows import decode_rows
from services.tasks.shapes import replies_in

#: Rows of a list, which has no pages.
MAX_ROWS: Final = 100
NOTE, TASK, COMMENT = table_of(Notification), table_of(Task), table_of(Comment)
WATCH: Final = table_of(Subscription)


def _ids(table: sa.Table, name: str) -> Expression:
    ids = sa.select(table.c[name]).where(table.c.comment == COMMENT.c.id).correlate(COMMENT)
    return sa.func.array(ids.scalar_subquery())


FIRST_PREVIEW: Final = (
    sa.select(comment_preview_link.c.preview_file)
    .where(comment_preview_link.c.comment == COMMENT.c.id)
    .correlate(COMMENT)
    .limit(1)
    .scalar_subquery()
)
COLUMNS: Final = (
    NOTE.c.id,
    sa.literal("Notification").label("type"),
    NOTE.c.type.label("notification_type"),
    NOTE.c.author_id,
    NOTE.c.comment_id,
    NOTE.c.task_id,
    NOTE.c.reply_id,
    NOTE.c.playlist_id,
    NOTE.c.read,
    NOTE.c.change,
    sa.func.date_trunc("second", NOTE.c.created_at).label("created_at"),
    TASK.c.task_type_id,
    TASK.c.project_id,
    TASK.c.entity_id,
    COMMENT.c.task_status_id,
    COMMENT.c.text.label("comment_text"),
    COMMENT.c.replies,
    _ids(comment_mentions, "person").label("mentions"),
    _ids(comment_department_mentions, "department").label("department_mentions"),
    FIRST_PREVIEW.label("preview_file_id"),
    WATCH.c.id.label("subscription_id"),
)
# The reader's own subscription: a task may have many, and each would repeat the notification.
_OWN_SUBSCRIPTION: Final = sa.and_(
    WATCH.c.task_id == NOTE.c.task_id, WATCH.c.person_id == NOTE.c.person_id
)
SOURCE: Final = (
    NOTE.outerjoin(TASK, TASK.c.id == NOTE.c.task_id)
    .outerjoin(COMMENT, COMMENT.c.id == NOTE.c.comment_id)
    .outerjoin(WATCH, _OWN_SUBSCRIPTION)
)


class NotificationRpc(ResourceService):
    """Notifications."""

    @query
    def list_notifications(self, query: dict[str, str] | None = None) -> list[JsonObject]:
        """The caller's notifications, newest first, at most a hundred.

        ``query`` may hold ``after``, ``before``, ``task_type_id``, ``task_status_id``, ``type``,
        ``read`` and ``watching``. Raises Forbidden for bots, InvalidInput.
        """
        asked = queries.read(NotificationQuery, query)
        only_persons(self)
        return self._notifications(*_conditions(asked))

    @query
    def read_notification(self, ident: str) -> JsonObject:
        """One of the caller's notifications. Raises NotFound, Forbidden for bots."""
        only_persons(self)
        # Other people's are not found rather than forbidden: their existence is not revealed.
        notifications = self._notifications(NOTE.c.id == known_id(ident))
        if not notifications:
            raise NotFound
        return notifications[0]

    @query
    def read_notice(self, ident: str, person_id: str) -> JsonObject | None:
        """A notification as ``list_notices`` has it, None if not there. For ``auth`` of 0.1."""
        return self.list_notices({ident: person_id}).get(ident)

    @query
    def list_notices(self, readers: dict[str, str]) -> dict[str, JsonObject]:
        """Notifications as their readers see them, by id.

        Left out are the deleted, and those that their readers may not read, or may no longer.
        ``readers`` is ``{notification id: person id}``. For ``auth``, which e-mails them.
        """
        pairs = [(UUID(ident), UUID(person)) for ident, person in readers.items()]
        written = sa.tuple_(NOTE.c.id, NOTE.c.person_id).in_(pairs)
        told = [
            received(ctx) & (NOTE.c.comment_id.is_(None) | _words(ctx))
            for ctx in readers_of(self, written)
        ]
        if not told:
            return {}
        rows = sa.select(*COLUMNS, sa.true().label("words")).select_from(SOURCE)
        notifications = self._read(rows.where(written, sa.or_(*told)))
        return {one["id"]: one for one in notifications}

    def _notifications(self, *where: Condition) -> list[JsonObject]:
        rows = (
            sa.select(*COLUMNS, _words(self).label("words"))
            .select_from(SOURCE)
            .where(received(self), *where)
            .order_by(NOTE.c.created_at.desc(), NOTE.c.id)
            .limit(MAX_ROWS)
        )
        return self._read(rows)

    def _read(self, rows: Select) -> list[JsonObject]:
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return self._with_details(decode_rows(texts))

    def _with_details(self, rows: list[JsonObject]) -> list[JsonObject]:
        """Add names that other services own; without the words of hidden comments."""
        if not rows:
            return []
        projects = sorted({row["project_id"] for row in rows if row["project_id"]})
        playlists = sorted({row["playlist_id"] for row in rows if row["playlist_id"]})
        names = self.ask("crud", "list_project_names", ids=projects)
        # Most notifications are about tasks, and need no call for playlists.
        lists = self.ask("crud", "list_playlists_in_brief", ids=playlists) if playlists else {}
        entities = describe_entities(self, [row["entity_id"] for row in rows])
        for row in rows:
            entity = entities.get(row.pop("entity_id") or "")
            playlist = lists.get(row["playlist_id"] or "", {})
            reply = _reply(row)
            if not row.pop("words"):
                row |= {"comment_text": "", "mentions": [], "department_mentions": []}
                reply = {}
            row |= {
                "project_name": names.get(row["project_id"], ""),
                "full_entity_name": full_name(entity),
                "episode_id": entity and entity["episode_id"],
                "entity_preview_file_id": entity and entity["preview_file_id"],
                "comment_text": row["comment_text"] or "",
                "reply_text": reply.get("text", ""),
                "reply_mentions": reply.get("mentions", []),
                "reply_department_mentions": reply.get("department_mentions", []),
                "playlist_name": playlist.get("name", ""),
                "playlist_for_entity": playlist.get("for_entity", ""),
                "playlist_is_for_all": playlist.get("is_for_all", False),
            }
        return rows

    @command
    def mark_notification(self, ident: str, data: JsonObject) -> JsonObject:
        """Mark one of the caller's notifications as read or unread.

        Returns it. Raises NotFound, InvalidInput, Forbidden for bots. Emits ``notification:read``
        or ``notification:unread``.
        """
        only_persons(self)
        read = bodies.read(ReadMark, data).read
        uuid = known_id(ident)
        change = sa.update(NOTE).where(NOTE.c.id == uuid, received(self))
        change = change.values(read=read, updated_at=NOW).returning(NOTE.c.task_id)
        row = self.tx.connection.execute(change).first()
        if row is None:
            raise NotFound
        event = NotificationRead if read else NotificationUnread
        project = self.tx.session.scalar(sa.select(TASK.c.project_id).where(TASK.c.id == row[0]))
        event_row = event(person_id=only_persons(self), notification_id=uuid)
        self.tx.emit(event_row, project=project)
        # The names in the answer come from other services, and no transaction may be open while
        # they are called.
        self.commit_now()
        self.tx.close()
        return self.read_notification(ident)

    @command
    def mark_all_notifications(self) -> JsonObject:
        """Mark all of the caller's notifications as read. Raises Forbidden for bots.

        Emits ``notification:all-read``.
        """
        person = only_persons(self)
        unread = sa.update(NOTE).where(NOTE.c.person_id == person, NOTE.c.read.is_(False))
        self.tx.connection.execute(unread.values(read=True, updated_at=NOW))
        self.tx.emit(NotificationsAllRead(person_id=person))
        return {"success": True}


def _words(ctx: CallContext) -> Condition:
    """The condition that the caller may read the comment that a notification is about."""
    if ctx.actor.is_admin:
        return sa.true()
    return sa.func.coalesce(COMMENTS.readable_in(ctx, ctx.actor.projects), sa.false())


def _reply(row: JsonObject) -> JsonObject:
    """The reply that a notification is about; empty if there is none."""
    replies, ident = replies_in(row.pop("replies")), row.pop("reply_id")
    return next((reply for reply in replies if reply.get("id") == ident), {})


def _conditions(asked: NotificationQuery) -> Iterator[Condition]:
    """The conditions of a list's query parameters."""
    if asked.task_type_id:
        yield TASK.c.task_type_id == asked.task_type_id
    if asked.task_status_id:
        yield TASK.c.task_status_id == asked.task_status_id
    if asked.type:
        yield NOTE.c.type == asked.type
    yield from log_query.between(NOTE.c.created_at, asked.after, asked.before)
    if asked.read is not UNSET:
        yield NOTE.c.read.is_(asked.read)
    if asked.watching is not UNSET:
        yield WATCH.c.id.is_not(None) if asked.watching else WATCH.c.id.is_(None)
