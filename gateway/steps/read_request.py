"""The step that reads the request: path, query and body become the call's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.errors import TooLarge
from gateway.http import cookies, request_body
from gateway.http.conditional import GZIPPED
from gateway.http.pace import BODY, Pace
from gateway.http.uploads import Received
from gateway.routes.table import Body
from services.common.wire.rpc_protocol import FINGERPRINT, KEY, MATCH, REQUEST

if TYPE_CHECKING:
    from gateway.steps.exchange import Exchange

#: Largest body in bytes that is read without taking a place among the transfers.
SMALL_BODY: Final = 64 * 1024
KEY_LENGTH: Final = 200
LONGEST_MATCH: Final = 8 * 1024


async def read_request(exchange: Exchange) -> None:
    """Read the request, storing its files.

    Raises InvalidInput, UnreadableBody, TooLarge, Unavailable, ClientTooSlow, ClientGone.
    """
    route, req = exchange.route, exchange.req
    arguments: dict[str, Any] = {**dict(route.fixed), **exchange.path_fields}
    if route.query:
        arguments["query"] = request_body.query_of(req, repeat=route.repeat)
    if route.body is not Body.NONE:
        await _read_body(exchange, arguments)
    if route.caller:
        identity = exchange.identity
        arguments["caller"] = cookies.caller(req, identity.claims if identity else {})
    _read_headers(exchange)
    exchange.arguments = msgspec.json.encode(arguments)
    if exchange.received is not None:
        # Computed before the files' ids are added: a repeated upload gets other ids.
        exchange.headers[FINGERPRINT] = exchange.received.fingerprint(exchange.arguments)
        arguments["files"] = exchange.received.files
        exchange.arguments = msgspec.json.encode(arguments)


async def _read_body(exchange: Exchange, arguments: dict[str, Any]) -> None:
    """Add ``data``, and ``files`` for forms, to the arguments."""
    gateway, route, req = exchange.gateway, exchange.route, exchange.req
    limit = gateway.settings.max_json_body
    files = route.body is Body.MULTIPART and request_body.is_multipart(req)
    length = req.content_length
    if length is not None and length > (gateway.settings.max_upload if files else limit):
        raise TooLarge
    # Large bodies, or ones of unknown length (chunked), occupy memory while they arrive.
    if BODY in req.scope and (files or length is None or length > SMALL_BODY):
        await gateway.transfers.wait()
        pace: Pace = req.scope[BODY].pace
        pace.places = gateway.slow
        try:
            arguments["data"] = await (_read_form if files else _read_value)(exchange)
        finally:
            pace.end()
            gateway.transfers.give_back()
    else:
        arguments["data"] = await _read_value(exchange)
    if route.body is Body.MULTIPART:
        arguments["files"] = []


async def _read_form(exchange: Exchange) -> Any:
    """Store the files of a form, and return its fields."""
    gateway, route = exchange.gateway, exchange.route
    received = Received(gateway.store, route.files, gateway.settings.max_json_body)
    await received.read(await exchange.req.get_media())
    exchange.received = received
    return received.fields


async def _read_value(exchange: Exchange) -> Any:
    """The body without files, in the form that the route takes."""
    route, req = exchange.route, exchange.req
    limit = exchange.gateway.settings.max_json_body
    if route.body is Body.JSON:
        return msgspec.Raw(await request_body.json_of(req, limit))
    if route.body is Body.VALUE or route.bare:
        return await request_body.value_of(req, limit)
    return await request_body.fields_of(req, limit)


def _read_headers(exchange: Exchange) -> None:
    req, headers = exchange.req, exchange.headers
    headers[REQUEST] = req.context.request_id
    match = req.get_header("If-None-Match")
    # More than a cache sends: such a request is answered in full.
    if match and len(match) <= LONGEST_MATCH:
        headers[MATCH] = match.replace(GZIPPED, '"')
    if req.method == "POST" and (key := req.get_header("Idempotency-Key")):
        headers[KEY] = key[:KEY_LENGTH]
