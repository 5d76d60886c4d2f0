"""Idempotency keys: a command's reply is stored under its key, in the command's transaction."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64decode
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from services.common.errors import Conflict, KeyReused
from services.common.observability.metrics import IDEMPOTENT
from services.common.runtime.service import encode
from services.common.wire.position import position_text, read_position
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from sqlalchemy import orm

    from services.common.database.transaction import Transaction


def remember(tx: Transaction, table: sa.Table, data: dict[str, Any], answer: Reply) -> None:
    """Store the reply under its key, uncompressed, in the transaction of the command."""
    body = gzip.decompress(answer.body) if answer.encoding else answer.body
    row = {
        "key": _scoped_key(tx, data),
        "fingerprint": _fingerprint(data),
        "reply": encode([answer.status, body, position_text(tx.position)]),
    }
    tx.connection.execute(sa.insert(table).values(row))


def _scoped_key(tx: Transaction, data: dict[str, Any]) -> str:
    # Per actor and method: another person's key must never return this reply.
    return f"{tx.actor.id}:{data['route']}:{data['key']}"


def _fingerprint(data: dict[str, Any]) -> str:
    # Uploads bring their own fingerprint: their bodies differ each time.
    return data.get("fingerprint") or hashlib.sha256(data["body"]).hexdigest()


def earlier_answer(service: Any) -> Reply | None:
    """The stored reply to this idempotency key. Raises KeyReused if it was another request.

    Reads outside the transaction, which must not be open yet: the method may have to call other
    services first. The key is claimed when the transaction begins.
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
    is_same_request = row["fingerprint"] == _fingerprint(data)
    IDEMPOTENT.labels("repeated" if is_same_request else "refused").inc()
    if not is_same_request:
        message = "This Idempotency-Key was used with another request."
        raise KeyReused(message)
    # Rows of the last release have no position.
    status, body, *position = msgspec.json.decode(row["reply"])
    service.tx.position.update(read_position(*position or [""]))
    return Reply(b64decode(body), status=status)


def _claim(table: sa.Table, key: str, session: orm.Session) -> None:
    """Lock the key for this transaction. Raises Conflict if another one holds or just stored it."""
    lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 0))
    stored = sa.exists().where(table.c.key == key)
    # The key is looked up again under the lock: the first request may have committed since it was
    # looked up. ``try``, so that a retry fails at once instead of holding a connection.
    if not session.scalar(sa.select(lock)) or session.scalar(sa.select(stored)):
        message = "The first request with this Idempotency-Key was still running."
        raise Conflict(message)
