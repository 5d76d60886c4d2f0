"""Idempotency keys: a command's reply is stored under its key, in the command's transaction.

The request is stored as a keyed hash: it may hold a password, which a plain hash in a stolen
database would let anybody guess. The reply is repeated only to a caller who has at least the rights
that they had when they got it first.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
from base64 import b64decode
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from services.common.access.derived_keys import derived_keys
from services.common.actor import Actor
from services.common.errors import Conflict, Forbidden, KeyReused
from services.common.observability.metrics import IDEMPOTENT
from services.common.runtime.service import encode
from services.common.wire.position import position_text, read_position
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from sqlalchemy import orm

    from services.common.access.context import CallContext
    from services.common.database.transaction import Transaction
    from services.common.json_types import Row

#: What the key of fingerprints is derived for.
PURPOSE: Final = "idempotency fingerprint"


def remember(ctx: CallContext, answer: Reply) -> None:
    """Store the reply under its key, uncompressed, in the transaction of the command."""
    body = gzip.decompress(answer.body) if answer.encoding else answer.body
    standing = msgspec.to_builtins(replace(ctx.actor, id=None))
    row = {
        "key": _scoped_key(ctx.tx, ctx.call),
        "fingerprint": _fingerprints(ctx)[0],
        "reply": encode([answer.status, body, position_text(ctx.tx.position), standing]),
    }
    table = ctx.metadata.tables["idempotency_key"]
    ctx.tx.connection.execute(sa.insert(table).values(row))


def _scoped_key(tx: Transaction, data: dict[str, Any]) -> str:
    # Per actor and method: another person's key must never return this reply.
    return f"{tx.actor.id}:{data['route']}:{data['key']}"


def _fingerprints(ctx: CallContext) -> list[str]:
    """The request's fingerprint, and those it may have been stored with."""
    # Uploads bring their own hash: their bodies differ each time.
    given = ctx.call.get("fingerprint")
    request = given.encode() if given else ctx.call["body"]
    keys = derived_keys(ctx.settings, PURPOSE)
    keyed = [hmac.new(key, request, hashlib.sha256).hexdigest() for key in keys]
    # The last release stored plain hashes; its rows expire within a day.
    return [*keyed, given or hashlib.sha256(request).hexdigest()]


def earlier_answer(ctx: CallContext) -> Reply | None:
    """The stored reply to this idempotency key.

    Raises KeyReused if it was another request, Forbidden if the caller has lost rights since.
    Reads outside the transaction, which must not be open yet: the method may have to call other
    services first. The key is claimed when the transaction begins.
    """
    data = ctx.call
    if not data.get("key"):
        return None
    table = ctx.metadata.tables["idempotency_key"]
    key = _scoped_key(ctx.tx, data)
    with ctx.database.read() as connection:
        row = connection.execute(sa.select(table).where(table.c.key == key)).mappings().first()
    if row is None:
        ctx.tx.on_begin = partial(_claim, table, key)
        return None
    try:
        reply = _repeated(ctx, row)
    except (KeyReused, Forbidden):
        IDEMPOTENT.labels("refused").inc()
        raise
    IDEMPOTENT.labels("repeated").inc()
    return reply


def _repeated(ctx: CallContext, row: Row) -> Reply:
    """The stored reply. Raises KeyReused, Forbidden."""
    if row["fingerprint"] not in _fingerprints(ctx):
        message = "This Idempotency-Key was used with another request."
        raise KeyReused(message)
    # Rows of the last release have no standing, those of the one before no position either.
    status, body, *more = msgspec.json.decode(row["reply"])
    if len(more) > 1 and not _still_has(ctx.actor, msgspec.convert(more[1], Actor)):
        message = "The rights of this account have changed since it made this request."
        raise Forbidden(message)
    ctx.tx.join_position(read_position(more[0] if more else ""))
    return Reply(b64decode(body), status=status)


def _still_has(now: Actor, then: Actor) -> bool:
    """Whether an actor may do all that they might do earlier; they may have come to more."""
    if now.is_admin:
        return True
    return (
        (now.role, now.is_bot, now.departments) == (then.role, then.is_bot, then.departments)
        and now.projects.items() >= then.projects.items()
        and now.open_projects >= then.open_projects
    )


def _claim(table: sa.Table, key: str, session: orm.Session) -> None:
    """Lock the key for this transaction. Raises Conflict if another one holds or just stored it."""
    lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 0))
    stored = sa.exists().where(table.c.key == key)
    # The key is looked up again under the lock: the first request may have committed since it was
    # looked up. ``try``, so that a retry fails at once instead of holding a connection.
    if not session.scalar(sa.select(lock)) or session.scalar(sa.select(stored)):
        message = "The first request with this Idempotency-Key was still running."
        raise Conflict(message)
