"""The step that calls the owning service, unless the answer is cached."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from gateway.answers import Key
from gateway.positions import passed_on
from services.common.errors import Forbidden, ServiceError, Unavailable
from services.common.wire.rpc_protocol import ACTOR, AUTHOR, POSITION, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.identity import Identity
    from gateway.steps.exchange import Exchange

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
    if not route.joined:
        return await _ask(exchange, route.rpc)
    # All of them: an error of one waits for the others, whose replies would come to nobody.
    replies = await asyncio.gather(
        *(_ask(exchange, rpc) for rpc in (route.rpc, *route.joined)), return_exceptions=True
    )
    return joined(replies)


async def _ask(exchange: Exchange, rpc: str) -> Reply:
    route = exchange.route
    service, _, function = rpc.partition(".")
    return await exchange.gateway.client.call(
        service,
        function,
        exchange.arguments,
        headers=exchange.headers,
        seconds=exchange.gateway.settings.list_deadline if route.slow else None,
    )


def joined(replies: Sequence[Reply | BaseException]) -> Reply:
    """One reply, with the members of all objects. Raises the first error."""
    members, behind = [], []
    for reply in replies:
        if isinstance(reply, BaseException):
            raise reply
        members.append(reply.plain().strip()[1:-1])
        behind.append(reply.headers.get("stale"))
    body = b"{" + b",".join(filter(None, members)) + b"}"
    stale = ",".join(filter(None, behind))
    return Reply(body, headers={"stale": stale} if stale else {})
