"""RPC methods of the log-in logs of the web and of desktop tools."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.auth.credentials.attempts import now
from services.auth.models import DesktopLoginLog, LoginLog, Person
from services.auth.policy.protected import account_to_change
from services.auth.resources import RESOURCES
from services.common import bodies, queries
from services.common.access.rules import only_persons, studio_manager
from services.common.contracts.auth.people import LogInQuery, NewDesktopLogIn
from services.common.contracts.tasks.events import TimeLogged
from services.common.crud.listing import lists, log_query
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.sql_types import Column, Expression
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, NotFound
from services.common.events.subscriber import Delivery, on
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

KIND: Final = sa.literal_column("'DesktopLoginLog'", sa.Text).label("type")


def _second(column: Column) -> Expression:
    return sa.func.date_trunc("second", column).label(column.name)


DESKTOP_LOG: Final = table_of(DesktopLoginLog)
DESKTOP: Final = sa.select(
    _second(DESKTOP_LOG.c.date),
    DESKTOP_LOG.c.person_id,
    DESKTOP_LOG.c.id,
    _second(DESKTOP_LOG.c.created_at),
    _second(DESKTOP_LOG.c.updated_at),
    KIND,
)


class LogRpc(ResourceService):
    """Log-in logs."""

    @query
    def list_login_logs(self, query: dict[str, list[str]] | None = None) -> Reply:
        """Log-ins, newest first. For administrators.

        Returns ``[{"id", "created_at", "ip_address", "person_id", "origin"}]``.
        Raises Forbidden, InvalidInput.
        """
        if not self.actor.is_admin:
            message = "This requires an administrator."
            raise Forbidden(message)
        asked, table = queries.read(LogInQuery, query), table_of(LoginLog)
        conditions = log_query.conditions(asked, table.c.created_at, table.c.person_id)
        with self.database.read() as connection:
            if cursor := asked.cursor_login_log_id:
                conditions.append(log_query.older(connection, table, cursor, "login log"))
            rows = (
                sa.select(
                    table.c.id,
                    _second(table.c.created_at),
                    table.c.ip_address,
                    table.c.person_id,
                    table.c.origin,
                )
                .where(*conditions)
                .order_by(table.c.created_at.desc(), table.c.id.desc())
                .limit(log_query.limit(asked))
            )
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return Reply(f"[{','.join(texts)}]".encode())

    @query
    def list_desktop_logs(self, ident: str | None = None) -> Reply:
        """A person's desktop log-ins, oldest first; ``ident`` defaults to the caller.

        Those of others are for the studio's managers. Raises Forbidden, NotFound.
        """
        person = self._person(ident)
        if person != self.actor.id:
            studio_manager.check(self, {})
        rows = DESKTOP.where(DESKTOP_LOG.c.person_id == person)
        return lists.json_array(self, rows, DESKTOP_LOG.c.date, DESKTOP_LOG.c.id)

    @command
    def log_desktop_login(self, data: JsonObject | None = None, ident: str | None = None) -> Reply:
        """Log that a person opened a desktop tool, at ``date`` or now.

        For the person (``ident`` defaults to the caller) and administrators. Returns the row.
        Raises Forbidden, NotFound, InvalidInput. Emits ``person:update``.
        """
        when = bodies.read(NewDesktopLogIn, data).date or now()
        person = self._person(ident)
        if person != self.actor.id and not self.actor.is_admin:
            message = "This requires an administrator or the person concerned."
            raise Forbidden(message)
        account_to_change(self, person)
        row = DesktopLoginLog(person_id=person, date=when)
        self.tx.session.add(row)
        self.tx.session.flush()
        self._note_presence(person, when.date())
        shown = rows_as_json(DESKTOP.where(DESKTOP_LOG.c.id == row.id))
        return Reply(str(self.tx.connection.scalar(shown)).encode())

    # Unordered: the latest day counts, whichever comes first.
    @on("time-spent:logged")
    def note_worked_day(self, delivery: Delivery) -> None:
        """Who logged time for a day was present on it. Emits ``person:update``."""
        message = msgspec.convert(delivery.payload, TimeLogged)
        self._note_presence(message.person_id, date.fromisoformat(message.date))

    def _note_presence(self, person: UUID, day: date) -> None:
        # A day may be logged afterwards: the presence never moves back.
        latest = sa.func.greatest(Person.last_presence, day)
        change = sa.update(Person).where(Person.id == person)
        if self.tx.connection.execute(change.values(last_presence=latest, updated_at=NOW)).rowcount:
            self.tx.emit(RESOURCES.event(RESOURCES["persons"], "update", {"id": person}))

    def _person(self, ident: str | None) -> UUID:
        """The id of an existing person; the caller's without ``ident``.

        Raises NotFound, and Forbidden for bots without ``ident``.
        """
        if ident is None:
            only_persons(self)
        person = self.actor.id if ident is None else known_id(ident)
        with self.database.read() as connection:
            exists = connection.scalar(sa.select(sa.exists().where(Person.id == person)))
        if person is None or not exists:
            raise NotFound
        return person
