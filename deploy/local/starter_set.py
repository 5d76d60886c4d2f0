"""What a new studio starts with: decided once, at the first start of a system that is empty.

Each service's rows and the note that they were made commit together. The first of them notes the
decision for all: a start that is killed in between is finished by the next one, and a studio that
has rows of its own is given none.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from deploy.local.settings import NO_STARTER_SET
from services.assets.starter_set import STARTER_SET as ASSETS
from services.auth.starter_set import STARTER_SET as AUTH
from services.common.actor import SYSTEM
from services.common.bulk.importing import own_tables
from services.common.bulk.starter_set import decide, decision
from services.common.database.migrations import metadata_of
from services.common.database.pools import Database, with_driver
from services.common.database.transaction import Transaction
from services.crud.starter_set import STARTER_SET as CRUD
from services.tasks.starter_set import STARTER_SET as TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from services.common.bulk.starter_set import StarterSet

#: In the order in which they are made: task types refer to departments.
STARTER_SETS: Final[Mapping[str, StarterSet]] = {
    "auth": AUTH,
    "assets": ASSETS,
    "tasks": TASKS,
    "crud": CRUD,
}
LOCK: Final = sa.text("SELECT pg_advisory_lock(hashtext('callboard starter set'))")


def ensure_starter_set(urls: Mapping[str, str], wanted: str) -> None:
    """Decide, once, and give each service its part of what was decided."""
    engine = sa.create_engine(with_driver(urls["auth"]), poolclass=sa.NullPool)
    with engine.connect() as first:
        # Two that start at once: the second waits, and finds all of it decided.
        first.execute(LOCK)
        decided = decision(first, metadata_of("auth"))
        if decided is None:
            decided = wanted if _is_empty(urls) else NO_STARTER_SET
        for service in STARTER_SETS:
            _ensure(service, urls[service], decided)


def _is_empty(urls: Mapping[str, str]) -> bool:
    """Whether no service has a row that somebody made."""
    for service, url in urls.items():
        engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
        with engine.connect() as connection:
            if any(_has_rows(connection, table) for table in own_tables(service).values()):
                return False
    return True


def _has_rows(connection: Connection, table: sa.Table) -> bool:
    return bool(connection.scalar(sa.select(sa.exists(sa.select(table)))))


def _ensure(service: str, url: str, decided: str) -> None:
    metadata = metadata_of(service)
    database = Database(url, pool_size=1, application="callboard-prepare")
    with closing(database), closing(Transaction(database, actor=SYSTEM, service=service)) as tx:
        if decision(tx.connection, metadata) is None:
            rows = () if decided == NO_STARTER_SET else STARTER_SETS[service]
            decide(tx, metadata, decided, rows)
            tx.flush_events()
            tx.commit()
