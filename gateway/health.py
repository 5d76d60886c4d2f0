"""Status pages (``/status``), health checks (``/health``) and metrics."""

from __future__ import annotations

import asyncio
import hmac
import logging
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import falcon
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import metrics
from gateway.config import networks
from gateway.errors import write
from services.common.errors import Forbidden
from services.common.version import VERSION
from services.common.wire.topology import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from falcon.asgi import App, Request, Response

    from gateway.config import GatewaySettings
    from gateway.rpc.client import RpcClient

log = logging.getLogger(__name__)

API: Final = "Callboard"
#: Headers of requests that a proxy passes on.
PASSED_ON: Final = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


class Health:
    """Answers from the heartbeats that the client receives, without calling services."""

    def __init__(self, client: RpcClient, settings: GatewaySettings) -> None:
        self.client, self.settings = client, settings

    def add_to(self, app: App[Any, Any]) -> None:
        """Route the status pages."""
        app.add_route("/", Page(self.root))
        app.add_route("/status", Page(self.status))
        app.add_route("/status.txt", Page(self.status_text))
        app.add_route("/health/live", Page(self.live))
        app.add_route("/health/ready", Page(self.ready))
        app.add_route("/metrics", Metrics(self))

    def root(self, resp: Response) -> None:
        """The name and version that ``gazu`` looks for."""
        write(resp, 200, {"api": API, "version": VERSION})

    def parts(self) -> dict[str, bool]:
        """Whether each service sent a heartbeat lately, and so its database answers, too."""
        return {name: self.client.alive(name) for name in SERVICES}

    def status(self, resp: Response) -> None:
        """The health of all components; 200 even if some are down."""
        write(resp, 200, {"name": API, "version": VERSION, **self._summary()})

    def _summary(self) -> dict[str, bool]:
        broker, parts = self.client.broker.ready.is_set(), self.parts()
        # The names that clients know, of components which the reference server has.
        return {
            "database-up": all(parts.values()),
            "key-value-store-up": parts["auth"],
            "event-stream-up": broker,
            "job-queue-up": broker,
            "indexer-up": parts["assets"],
        }

    def status_text(self, resp: Response) -> None:
        """The status as plain text, for simple monitors."""
        lines = [f"name: {API}", f"version: {VERSION}"]
        lines += [f"{name}: {'up' if up else 'down'}" for name, up in self._summary().items()]
        resp.content_type, resp.text = falcon.MEDIA_TEXT, "\n".join(lines)

    def live(self, resp: Response) -> None:
        """Liveness: 200 while this process answers."""
        write(resp, 200, {"live": True})

    def ready(self, resp: Response) -> None:
        """Readiness: 503 unless the broker and all services are up."""
        parts = {"broker": self.client.broker.ready.is_set(), **self.parts()}
        write(resp, 200 if all(parts.values()) else 503, {"ready": all(parts.values()), **parts})


class Metrics:
    """The metrics of all workers of this gateway."""

    def __init__(self, health: Health) -> None:
        self.health = health
        token = health.settings.metrics_token
        self._token = f"Bearer {token}".encode() if token else b""
        self._networks = networks(health.settings.metrics_networks)
        # Concurrent scrapes must not take several threads, nor the CPU of requests.
        self._lock = asyncio.Lock()

    def _check(self, req: Request) -> None:
        """Raise Forbidden unless it has the token or, where none is set, is from a network."""
        if self._token:
            given = (req.get_header("Authorization") or "").encode()
            allowed = hmac.compare_digest(given, self._token)
        else:
            allowed = self._is_near(req)
        if not allowed:
            message = "The metrics are for those whom METRICS_TOKEN or METRICS_NETWORKS names."
            raise Forbidden(message)

    def _is_near(self, req: Request) -> bool:
        address = req.context.address
        # Unless the proxy is trusted and names its client, anybody may be behind it.
        if any(map(req.get_header, PASSED_ON)) and req.get_header("X-Real-IP") != address:
            return False
        return any(ip_address(address) in network for network in self._networks)

    async def on_get(self, req: Request, resp: Response) -> None:
        """Render the metrics on a thread: they would block the event loop for 50 ms.

        Raises Forbidden.
        """
        self._check(req)
        resp.content_type = CONTENT_TYPE_LATEST
        async with self._lock:
            resp.data = await asyncio.to_thread(
                metrics.exposition,
                broker_up=self.health.client.broker.ready.is_set(),
                services=self.health.parts(),
                multiproc_dir=self.health.settings.prometheus_multiproc_dir,
            )

    on_head = on_get


class Page:
    """A GET that the gateway answers itself."""

    def __init__(self, answer: Callable[[Response], None]) -> None:
        self.answer = answer

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Write the page."""
        self.answer(resp)

    on_head = on_get
