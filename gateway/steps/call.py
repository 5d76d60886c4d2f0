"""The step that calls the owning service, unless the answer is cached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.answers import Key
from gateway.positions import passed_on
from services.common.errors import Forbidden, ServiceError, Unavailable
from services.common.wire.rpc_protocol import ACTOR, AUTHOR, POSITION

if TYPE_CHECKING:
    from gateway.identity import Identity
    from gateway.steps.exchange import Exchange
    from services.common.wire.rpc_protocol import Reply

REFUSED: Final = 400


async def call(exchange: Exchange) -> None:
    """Set the reply; holds a place for the duration of the call.

    Raises the service's errors, and Unavailable. Files of a refused request are deleted.
    """
    if exchange.route.kept:
        exchange.reply = await _cached_or_called(exchange)
        return
    exchange.reply = await _call_or_discard(exchange)


async def _cached_or_called(exchange: Exchange) -> Reply:
    answers, identity = exchange.gateway.answers, exchange.identity
    session = identity.claims["jti"] if identity else ""
    key = Key(exchange.route.path, session, exchange.req.query_string)
    behind = exchange.gateway.heard.missing(exchange.position, "answers")
    reply = None if behind else answers.get(key)
    if reply is None:
        # Read before the call: an invalidation during it makes the reply stale.
        age = answers.age
        reply = await _call_or_discard(exchange)
        reply = answers.keep(key, exchange.route, identity, reply, age)
    return reply


async def _call_or_discard(exchange: Exchange) -> Reply:
    received = exchange.received
    exchange.gateway.calls.take()
    exchange.release = exchange.gateway.calls.give_back
    try:
        reply = await _permitted(exchange)
    except Unavailable:
        raise  # the outcome is unknown: a row may refer to the files
    except ServiceError:
        if received is not None:
            await received.discard()
        raise
    if received is not None and (reply.status or 0) >= REFUSED:
        await received.discard()
    return reply


async def _permitted(exchange: Exchange) -> Reply:
    """Call; if Forbidden, retry once with a fresh actor if it differs from the cached one.

    So a new member of a team has access at once.
    """
    identity = exchange.identity
    try:
        return await _call(exchange, identity)
    except Forbidden:
        if identity is None:
            raise
        newer = await exchange.gateway.authenticator.identify(
            exchange.req, exchange.route.access.value, fresh=True
        )
        if newer.actor == identity.actor:
            raise
        return await _call(exchange, newer)


async def _call(exchange: Exchange, identity: Identity | None) -> Reply:
    route, headers = exchange.route, exchange.headers
    if exchange.position and (text := passed_on(exchange.position, reads_log=route.reads_log)):
        headers[POSITION] = text
    if identity is not None:
        headers[ACTOR] = identity.actor
        if route.author:
            headers[AUTHOR] = identity.people or ""
    return await exchange.gateway.client.call(
        route.service,
        route.function,
        exchange.arguments,
        headers=headers,
        seconds=exchange.gateway.settings.list_deadline if route.slow else None,
    )
