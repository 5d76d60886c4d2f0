"""Recording the SQL statements of a method in the test process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from deploy.local.parts import Parts
from services.common.actor import SYSTEM
from services.common.database.pools import Database
from services.common.database.prepared import Rendered
from services.common.database.transaction import Transaction
from services.common.runtime.service import Service


@contextmanager
def recorded_statements(service: Service, parts: Parts) -> Iterator[list[str]]:
    """The statements of ``service``, through SQLAlchemy and prepared; its actor is the system."""
    statements: list[str] = []
    service.database, service.call = Database(parts.urls[service.name]), {}
    service.tx = Transaction(service.database, actor=SYSTEM)
    for engine in (service.database.engine, service.database.reading):
        sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    plans, call = service.database.statements, service.database.statements.render

    def record(cursor: Any, info: Any, statement: Any, parameters: Any) -> Rendered:
        statements.append(str(statement))
        return call(cursor, info, statement, parameters)

    plans.render = record  # type: ignore[method-assign]
    try:
        yield statements
    finally:
        service.tx.close()
        service.database.close()
