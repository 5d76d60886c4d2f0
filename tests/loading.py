"""Loading rows by connections that stay open.

Tests load a few rows thousands of times. A command that imports opens five connections, whose
first statements read the catalogue of all tables, and looks for dangling references: three quarters
of what such a load costs.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import psycopg2
import psycopg2.errors

from deploy.broker_connection import BROKEN
from deploy.transfer.freshness import Listener
from deploy.transfer.load import load_tables
from deploy.transfer.target import Target
from services.common.bulk.copy_format import Complaint
from services.common.bulk.importing import ServiceImport, own_tables
from services.common.contracts.crud.events import ImportDone

Tables = Mapping[str, list[dict[str, Any]]]
#: The rows are read again after these, by a command's import: what it waits for and repeats is its
#: own business.
REPEATED: Final = (psycopg2.Error, *BROKEN)


#: For which it is waited, as a test may have ended the relay.
RELAY_SECONDS: Final = 1.0


class Loader:
    """Replaces all rows of a system, as ``load_tables`` does."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.owners = {table: name for name in target.urls for table in own_tables(name)}
        self.complaints: list[tuple[str, str, Complaint]] = []
        self._opened: dict[str, ServiceImport] = {}
        self._listener: Listener | None = None

    def load(self, tables: Tables) -> None:
        """Make these rows the only ones, and return when all gateways know."""
        try:
            self._load(tables)
        except REPEATED:
            self.close()
            load_tables(self.target, tables)
        except BaseException:
            self.close()
            raise

    def _load(self, tables: Tables) -> None:
        if self._listener is None:
            self._listener = Listener(self.target.amqp_uri).__enter__()
        listener = self._listener
        listener.heard.clear()
        self.complaints.clear()
        listener.count()
        parts = {name: self._part(name) for name in self.target.urls}
        _await_relay([*parts.values()])
        for part in parts.values():
            part.begin()
        for table, rows in tables.items():
            part = parts[self.owners[table]]
            part.add(table, rows)
            assert part.imported.get(table, 0) == len(rows), f"{table}: {self.complaints}"
        for part in parts.values():
            part.outdate_events()
        counts = {table: len(rows) for table, rows in tables.items()}
        event = ImportDone(replaced=True, rows=sum(counts.values()), tables=counts)
        event_id = str(uuid.uuid4())
        parts["crud"].announce(event_id, event.event_name, event.payload_json())
        # A consumer of the event must find the rows of all services.
        for part in sorted(parts.values(), key=lambda one: one.service == "crud"):
            part.commit()
        for part in parts.values():
            part.analyze()
        listener.wait(event_id)

    def _part(self, name: str) -> ServiceImport:
        """One service's part of this load, on the connection of the last."""
        url, complain = self.target.urls[name], self._complain
        part = ServiceImport(name, url, replace=True, complain=complain)
        if before := self._opened.get(name):
            before.connection.autocommit = False
            part.connection, part.cursor, part.keys = before.connection, before.cursor, before.keys
        part.connect()
        self._opened[name] = part
        return part

    def _complain(self, table: str, key: str, complaint: Complaint) -> None:
        self.complaints.append((table, key, complaint))

    def close(self) -> None:
        """Close the connections; the next load opens others."""
        for part in self._opened.values():
            part.close()
        self._opened.clear()
        if self._listener is not None:
            self._listener.__exit__(None, None, None)
            self._listener = None


def _await_relay(parts: list[ServiceImport]) -> None:
    """Wait until the events of the test before are sent, so that the next one hears none."""
    ends = time.monotonic() + RELAY_SECONDS
    for part in parts:
        waiting = True
        while waiting and time.monotonic() < ends:
            part.cursor.execute("SELECT EXISTS (SELECT FROM outbox)")
            (waiting,) = part.cursor.fetchone()
            part.connection.rollback()
