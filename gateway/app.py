"""The application factory: routes, middleware, error handlers and the broker connection."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import falcon
import falcon.asgi

from gateway import errors
from gateway.answers import AnswerCache
from gateway.console import pages as console
from gateway.docs import pages
from gateway.endpoint import Endpoint, Unserved, by_position, positional
from gateway.health import Health
from gateway.http.handover import Handover
from gateway.http.object_store import ObjectStore
from gateway.http.pace import ClientGone, ClientTooSlow, paced
from gateway.http.protocol import BoundedProtocol, accepted
from gateway.http.static_site import StaticSite
from gateway.http.uploads import PARTS
from gateway.identity import Authenticator
from gateway.invalidation import Invalidation
from gateway.live.history import History
from gateway.live.hub import Hub
from gateway.live.listeners import Listeners
from gateway.live.review import Review
from gateway.live.sockets import Sockets
from gateway.live.streams import Streams
from gateway.loop_watch import LoopWatch
from gateway.middleware import RequestMiddleware
from gateway.places import Places
from gateway.positions import HEADER, STALE_HEADER, HeardEvents, PositionTokens
from gateway.routes import ROUTES, UNSERVED
from gateway.rpc.client import RpcClient
from gateway.steps.exchange import Gateway
from services.common.access.signing_keys import KeyRing
from services.common.errors import ServiceError
from services.common.files.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.config import GatewaySettings
    from gateway.http.pace import App
    from gateway.routes.table import Route
    from services.common.wire.rpc_protocol import Reply

log = logging.getLogger(__name__)

#: Seconds that the start waits for the broker.
CONNECT_SECONDS: Final = 3.0
#: Seconds between checks whether gunicorn is still running.
PARENT_SECONDS: Final = 0.5


class Lifespan:
    """Connects to the broker before the first request, and disconnects after the last one.

    So a new worker can answer when a rolling restart switches to it. A worker whose gunicorn master
    was killed exits: nothing else would stop it, and it holds the port.
    """

    def __init__(
        self, client: RpcClient, hub: Hub, watch: LoopWatch, settings: GatewaySettings
    ) -> None:
        self.client, self.hub, self.watch = client, hub, watch
        handed = settings.live_sockets
        self.handover = Handover(Path(handed), accepted) if handed else None
        # Told rather than asked for: it may have been killed while this process was starting.
        self.parent = settings.gunicorn_pid or os.getppid()

    async def process_startup(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        """Connect; without a broker, keep trying in the background."""
        # Imported objects live until the end: the garbage collector needn't traverse them.
        gc.collect()
        gc.freeze()
        self.watch.start()
        self.orphaned = asyncio.create_task(self._end_with_parent())
        self.client.start()
        self.hub.start()
        if self.handover is not None:
            self.handover.start()
            BoundedProtocol.handover = self.handover
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await self.client.broker.ready.wait()

    async def process_shutdown(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        """Disconnect."""
        self.orphaned.cancel()
        if self.handover is not None:
            self.handover.stop()
        await self.hub.stop()
        await self.client.stop()
        self.watch.stop()

    async def _end_with_parent(self) -> None:
        # No signal tells a process that its parent has ended: poll the parent's id.
        while os.getppid() == self.parent:  # noqa: ASYNC110
            await asyncio.sleep(PARENT_SECONDS)
        log.warning("gunicorn is gone: this worker ends, too")
        os.kill(os.getpid(), signal.SIGTERM)


def connected(settings: GatewaySettings, routes: Collection[Route]) -> Gateway:
    """Create the objects that requests share; events from the client invalidate the caches."""

    async def ask(service: str, method: str, arguments: bytes) -> Reply:
        return await client.call(service, method, arguments)

    keys, heard = KeyRing.of(settings), HeardEvents()
    authenticator = Authenticator(keys, settings.actor_seconds, ask)
    answers = AnswerCache(settings.actor_seconds, routes)
    client = RpcClient(settings.amqp_uri, name="gateway", deadline=settings.rpc_deadline)
    client.listener = Invalidation(authenticator, answers, heard)
    return Gateway(
        settings=settings,
        client=client,
        authenticator=authenticator,
        answers=answers,
        positions=PositionTokens(keys),
        heard=heard,
        store=ObjectStore(open_storage(settings.storage_url)),
        calls=Places(settings.max_inflight, "requests"),
        transfers=Places(settings.max_transfers, "transfers"),
        slow=Places(max(1, min(settings.max_inflight, settings.max_transfers) // 3), "slow"),
    )


def live_hub(settings: GatewaySettings, gateway: Gateway) -> Hub:
    """The hub of live events."""

    async def ask(service: str, method: str, arguments: bytes) -> Reply:
        return await gateway.client.call(service, method, arguments)

    listeners = Listeners(gateway.authenticator, gateway.client.call)
    return Hub(settings.amqp_uri, listeners, History(ask))


def create_app(settings: GatewaySettings, routes: Collection[Route] = ROUTES) -> App:
    """The ASGI application."""
    gateway = connected(settings, routes)
    hub, places = live_hub(settings, gateway), Places(settings.max_live, "live")
    middleware: list[Any] = [
        Lifespan(gateway.client, hub, LoopWatch(settings.blocked_loop_seconds), settings),
        RequestMiddleware(settings),
    ]
    origins = [origin.strip() for origin in settings.cors_origins.split(",")]
    if settings.cors_origins:
        middleware.append(
            falcon.CORSMiddleware(
                allow_origins=origins,
                allow_credentials=origins,
                expose_headers=(HEADER, STALE_HEADER),
            )
        )
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    form = app.req_options.media_handlers[falcon.MEDIA_MULTIPART]
    form.parse_options.max_body_part_count = PARTS  # type: ignore[attr-defined]
    app.add_error_handler(Exception, errors.on_crash)
    app.add_error_handler(ClientGone, errors.on_broken_body)
    app.add_error_handler(ClientTooSlow, errors.on_broken_body)
    app.add_error_handler(falcon.HTTPError, errors.on_http_error)
    app.add_error_handler(ServiceError, errors.on_service_error)
    Health(gateway.client, settings).add_to(app)
    pages.add_to(app)
    console.add_to(app)
    served = positional(routes)
    for path, (rows, names) in served.items():
        app.add_route(path, Endpoint(gateway, rows, names, Streams(hub, places)))
    for path in {by_position(path)[0] for path in UNSERVED} - served.keys():
        app.add_route(path, Unserved())
    if settings.web_root:
        # A sink: it gets the requests that no route matches.
        site = StaticSite(settings.web_root, [route.path for route in routes])
        app.add_sink(site.serve, prefix="/")
    sockets = Sockets(hub, places, {settings.site_url, *origins})
    Review(sockets, hub, gateway.client.call)
    return paced(sockets.beside(app))
