"""The resource class of all routes: it runs the steps of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import falcon

from gateway import metrics
from gateway.steps.answer import answer
from gateway.steps.authenticate import authenticate
from gateway.steps.call import call
from gateway.steps.exchange import Exchange
from gateway.steps.read_request import read_request
from gateway.steps.restrict import restrict
from services.common.errors import NotFound
from services.common.observability import tracing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from falcon.asgi import Request, Response

    from gateway.live.streams import Streams
    from gateway.routes.table import Route
    from gateway.steps.exchange import Gateway


class Endpoint:
    """All methods of one path; ``names`` maps ``"GET p2"`` to the name that a row uses."""

    def __init__(
        self,
        gateway: Gateway,
        routes: Iterable[Route],
        names: dict[str, str],
        streams: Streams,
    ) -> None:
        self.gateway, self.names, self.streams = gateway, names, streams
        for route in routes:
            responder = self._responder(route)
            setattr(self, f"on_{route.method.lower()}", responder)
            if route.method == "GET":
                self.on_head = responder

    def _responder(self, route: Route) -> Callable[..., Awaitable[None]]:
        name = f"{route.method} {route.path}"
        names = {
            position.partition(" ")[2]: field
            for position, field in self.names.items()
            if position.startswith(f"{route.method} ")
        }

        async def respond(req: Request, resp: Response, **params: str) -> None:
            req.context.route = route
            fields = {names[position]: text for position, text in params.items()}
            position = self.gateway.positions.of(req)
            exchange = Exchange(self.gateway, route, req, resp, fields, position)
            metrics.INFLIGHT.inc()
            try:
                with tracing.span(name, "server", req.get_header(tracing.TRACEPARENT)):
                    # The body is read only after the head was accepted: a refused request costs no
                    # upload.
                    if route.is_live:
                        await self._listen(exchange)
                        return
                    await authenticate(exchange)
                    await restrict(exchange)
                    if req.method == "HEAD" and route.effect:
                        resp.status, resp.content_type = route.status, falcon.MEDIA_JSON
                        return
                    await read_request(exchange)
                    await call(exchange)
                    await answer(exchange)
            finally:
                metrics.INFLIGHT.dec()
                if exchange.release is not None:
                    exchange.release()

        return respond

    async def _listen(self, exchange: Exchange) -> None:
        """Answer with live events; the actor is read in its turn, as all may reconnect at once."""
        async with self.streams.hub.listeners.turn:
            await authenticate(exchange)
            await restrict(exchange)
        await self.streams.serve(exchange)


class Unserved:
    """A path that clients know and this server doesn't have: not found, whatever the method."""

    async def on_get(self, _req: Request, _resp: Response, **_fields: str) -> None:
        """Raise NotFound."""
        raise NotFound

    on_post = on_put = on_delete = on_get


def positional(routes: Iterable[Route]) -> dict[str, tuple[list[Route], dict[str, str]]]:
    """Routes by path, with fields renamed by position: Falcon allows one name per position.

    The second part maps ``"GET p2"`` back to the name the row uses.
    """
    paths: dict[str, tuple[list[Route], dict[str, str]]] = {}
    for route in routes:
        path, names = by_position(route.path)
        path_routes, path_names = paths.setdefault(path, ([], {}))
        path_routes.append(route)
        path_names.update({f"{route.method} {place}": name for place, name in names.items()})
    return paths


def by_position(path: str) -> tuple[str, dict[str, str]]:
    """A path with its fields named for their positions, and the names they had, by those."""
    parts, names = path.split("/"), {}
    for index, part in enumerate(parts):
        if part.startswith("{"):
            names[f"p{index}"] = part[1:-1]
            parts[index] = f"{{p{index}}}"
    return "/".join(parts), names
