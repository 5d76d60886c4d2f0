"""No row outlives what it references in another service, however writes and deletes meet.

Every reference that a model declares is tried, each in every order in which its two transactions
can meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.common.actor import SYSTEM
from services.common.bulk.importing import ServiceImport
from services.common.crud.cross_references import RowsGone
from services.common.crud.deletion import following
from services.common.database.pools import Database
from services.common.database.sql_errors import as_service_errors, refers_to_gone_row
from services.common.database.sql_types import Column
from services.common.database.tables import Ref
from services.common.database.transaction import Transaction
from services.common.errors import Integrity
from tests.running import SERVICES, until
from tests.service.common.sample_rows import Rows, key, new_id, sample
from tests.service.fake_services import service_class

Reference = tuple[str, Column]
REFERENCES = [
    (name, column)
    for name in SERVICES
    for table in service_class(name).metadata.sorted_tables
    for column in table.c
    if column.info.get("ref")
]
NAMES = [f"{name}.{column.table.name}.{column.name}" for name, column in REFERENCES]
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'gone_row'::regclass"


class Meeting:
    """A write that references a row, and the handler of that row's delete; both not committed."""

    def __init__(self, database: Database, reference: Reference) -> None:
        service, self.column = reference
        self.database, self.service = database, service
        self.metadata = service_class(service).metadata
        self.target, self.threads = new_id(), ThreadPoolExecutor(2)
        self.write, self.handle = (Transaction(database, actor=SYSTEM) for _ in range(2))
        self.rows: Rows = []

    def insert(self) -> None:
        """Write the row, as a call does after it has found the target."""
        ref: Ref = self.column.info["ref"]
        self.rows = sample(self.column.table, **{self.column.name: self.target})
        for table, row in self.rows:
            self.write.connection.execute(sa.insert(table).values(row))
        self.write.emit(RowsGone(service=ref.service, table=ref.table, ids=[]))

    def check(self) -> None:
        """The last thing before the write's commit. Raises Integrity if the target is gone."""
        with as_service_errors():
            self.write.flush_events()

    def cascade(self) -> None:
        """What the handler does before its commit."""
        ref: Ref = self.column.info["ref"]
        message = RowsGone(service=ref.service, table=ref.table, ids=[self.target])
        handler = SimpleNamespace(
            tx=self.handle,
            name=self.service,
            metadata=self.metadata,
            registry=service_class(self.service).registry,
        )
        following.follow_deletion(handler, message)
        self.handle.flush_events()

    def started(self, function: Callable[[], None]) -> Future[None]:
        """Run a function that waits for the other transaction; returns once it does."""
        future = self.threads.submit(function)
        until(lambda: future.done() or self.database.scalar(WAITING), 10, "the lock's waiter")
        assert not future.done()
        return future

    def found(self) -> int:
        """How many rows reference the target."""
        with self.database.read() as connection:
            query = sa.select(sa.func.count()).where(self.column == self.target)
            return connection.scalar(query) or 0

    def clean(self) -> None:
        """Leave nothing behind."""
        self.threads.shutdown()
        self.write.close()
        self.handle.close()
        with self.database.engine.begin() as connection:
            for table, row in reversed(self.rows):
                connection.execute(sa.delete(table).where(key(table, row)))
            for name in ("gone_row", "outbox"):
                connection.execute(sa.delete(self.metadata.tables[name]))


@pytest.fixture(scope="module")
def real(urls: dict[str, str]) -> Iterator[dict[str, Database]]:
    """Databases whose transactions commit."""
    result = {name: Database(urls[name]) for name in SERVICES}
    yield result
    for database in result.values():
        database.close()


@contextmanager
def refused() -> Iterator[None]:
    """The write is refused for its target's sake, with the message for a missing one."""
    with pytest.raises(Integrity, match=r"^The change conflicts with records") as refusal:
        yield
    assert refers_to_gone_row(refusal.value)


def handled_before_the_write(meeting: Meeting) -> None:
    """The call found its target, but was slow to write."""
    meeting.cascade()
    meeting.handle.commit()
    meeting.insert()
    with refused():
        meeting.check()


def handled_before_the_check(meeting: Meeting) -> None:
    """The handler can't see the row yet."""
    meeting.insert()
    meeting.cascade()
    meeting.handle.commit()
    with refused():
        meeting.check()


def checked_before_the_last_look(meeting: Meeting) -> None:
    """The handler waits for the write's commit, and takes the row along."""
    meeting.insert()
    meeting.check()
    handler = meeting.started(meeting.cascade)
    meeting.write.commit()
    handler.result(10)
    meeting.handle.commit()


def checked_after_the_last_look(meeting: Meeting) -> None:
    """The write waits for the handler's commit, and is refused."""
    meeting.insert()
    meeting.cascade()
    check = meeting.started(meeting.check)
    meeting.handle.commit()
    with refused():
        check.result(10)


def written_before_the_delete(meeting: Meeting) -> None:
    """The usual order."""
    meeting.insert()
    meeting.check()
    meeting.write.commit()
    meeting.cascade()
    meeting.handle.commit()


@pytest.mark.parametrize(
    "order",
    [
        handled_before_the_write,
        handled_before_the_check,
        checked_before_the_last_look,
        checked_after_the_last_look,
        written_before_the_delete,
    ],
    ids=lambda order: str(order.__name__),
)
@pytest.mark.parametrize("reference", REFERENCES, ids=NAMES)
def test_no_row_outlives_what_it_references(
    real: dict[str, Database], reference: Reference, order: Callable[[Meeting], None]
) -> None:
    """Whichever commits first."""
    meeting = Meeting(real[reference[0]], reference)
    try:
        order(meeting)
        assert meeting.found() == 0
    finally:
        meeting.clean()


def test_a_row_that_references_twice_loses_both(real: dict[str, Database]) -> None:
    """One column is nulled, then the other takes the row along: no check is in the way."""
    files = service_class("crud").metadata.tables["output_file"]
    meeting = Meeting(real["crud"], ("crud", files.c.temporal_entity_id))
    try:
        meeting.insert()
        change = sa.update(files).where(key(*meeting.rows[-1]))
        meeting.write.connection.execute(change.values(asset_instance_id=meeting.target))
        meeting.check()
        meeting.write.commit()
        for column in (files.c.temporal_entity_id, files.c.asset_instance_id):
            meeting.column = column
            meeting.cascade()
            meeting.handle.commit()
        assert meeting.found() == 0
    finally:
        meeting.clean()


@pytest.mark.parametrize("service", SERVICES)
def test_a_restored_row_may_be_referenced(
    real: dict[str, Database], urls: dict[str, str], service: str
) -> None:
    """What an import brings back is no longer gone."""
    known = service_class(service).metadata.tables["gone_row"]
    ident: UUID = new_id()
    with real[service].engine.begin() as connection:
        connection.execute(sa.insert(known).values(id=ident))
    part = ServiceImport(service, urls[service], replace=False)
    part.begin()
    part.commit()
    part.close()
    with real[service].read() as connection:
        assert not connection.scalar(sa.select(sa.exists().where(known.c.id == ident)))
