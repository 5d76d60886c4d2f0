"""Idempotency keys: the answer to a command is stored under its key, with what the command did."""

from __future__ import annotations

import gzip
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from services.common.errors import Conflict, KeyReused
from services.common.observability.metrics import IDEMPOTENT
from services.common.runtime.service import encode
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from sqlalchemy import orm

    from services.common.database.transaction import Transaction


def remember(tx: Transaction, table: sa.Table, data: dict[str, Any], answer: Reply) -> None:
    """Store the answer under its key, with what was done; unpacked, as it is answered again."""
    body = gzip.decompress(answer.body) if answer.encoding else answer.body
    row = {
        "key": _scoped_key(tx, data),
        "fingerprint": _fingerprint(data),
        "reply": encode([answer.status, body]),
    }
    tx.connection.execute(sa.insert(table).values(row))


def _scoped_key(tx: Transaction, data: dict[str, Any]) -> str:
    return f"{tx.actor.id}:{data['route']}:{data['key']}"


def _fingerprint(data: dict[str, Any]) -> str:
    return data.get("fingerprint") or hashlib.sha256(data["body"]).hexdigest()


def earlier_answer(service: Any) -> Reply | None:
    """The stored answer to this idempotency key. Raises KeyReused if it was another request.

    Read outside the transaction, which must not be open yet: the method may have to ask others.
    Once it opens, the key is claimed.
    """
    data = service.call
    if not data.get("key"):
        return None
    table = service.metadata.tables["idempotency_key"]
    key = _scoped_key(service.tx, data)
    with service.database.read() as connection:
        row = connection.execute(sa.select(table).where(table.c.key == key)).mappings().first()
    if row is None:
        service.tx.on_begin = partial(_claim, table, key)
        return None
    same = row["fingerprint"] == _fingerprint(data)
    IDEMPOTENT.labels("repeated" if same else "refused").inc()
    if not same:
        message = "This Idempotency-Key was used with another request."
        raise KeyReused(message)
    status, body = msgspec.json.decode(row["reply"], type=tuple[int | None, bytes])
    return Reply(body, status=status)


def _claim(table: sa.Table, key: str, session: orm.Session) -> None:
    """Be the only one to work under the key. Raises Conflict if another does or just did."""
    lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 0))
    known = sa.exists().where(table.c.key == key)
    if not session.scalar(sa.select(lock)) or session.scalar(sa.select(known)):
        message = "The first request with this Idempotency-Key was still running."
        raise Conflict(message)
