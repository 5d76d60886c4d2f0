"""The Falcon application: one endpoint class for every row of the route tables."""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import falcon
import msgspec

from gateway import bodies, downloads, errors, metrics, sessions
from gateway.auth import Gate
from gateway.compression import passed_on
from gateway.conditional import GZIPPED, validated
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, Body, Route
from gateway.status import Status
from gateway.uploads import PARTS, Received
from gateway.web import INDEX, Web
from services.common.access.signing_keys import KeyRing
from services.common.errors import Forbidden, ServiceError, Unavailable
from services.common.files.storage import open_storage
from services.common.observability import tracing
from services.common.observability.log import request_id
from services.common.wire.rpc_client import (
    ACTOR,
    AUTHOR,
    FINGERPRINT,
    KEY,
    MATCH,
    REQUEST,
    Reply,
    RpcClient,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from gateway.auth import Identity
    from gateway.config import GatewaySettings

log = logging.getLogger(__name__)

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
CONNECT_SECONDS: Final = 3.0
"""How long the start waits for the broker."""
TRANSFER_SECONDS: Final = 1.5
"""How long a transfer waits for one of the others to end."""
FILE: Final = "file"
REFUSED: Final = 400
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
RESTRICTED: Final = "requires_2fa_setup"
SETTING_UP: Final = frozenset(
    {
        "/auth/totp",
        "/auth/email-otp",
        "/auth/fido",
        "/auth/recovery-codes",
        "/auth/login",
        "/auth/logout",
        "/auth/authenticated",
        "/auth/refresh-token",
    }
)
"""All that a session may reach while its account lacks the second factor it must have."""
OTHER: Final = "other"
"""How requests are counted that no route table knows: status pages, what is not found."""
ANSWERS: Final[dict[str, Callable[..., Reply]]] = {
    "signed_in": sessions.signed_in,
    "signed_out": sessions.signed_out,
    "refreshed": sessions.refreshed,
    "challenged": sessions.challenged,
}


class Gateway:
    """What all endpoints share: settings, the RPC client, the gate, the count of requests."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.gate = Gate(KeyRing.of(settings), settings.actor_seconds, lambda: self.client)
        self.client = RpcClient(
            settings.amqp_uri,
            name="gateway",
            deadline=settings.rpc_deadline,
            also=self.gate.listen,
            lost=self.gate.forget_all,
        )
        self.free = threading.BoundedSemaphore(settings.max_inflight)
        self.storage = open_storage(settings.storage_url)
        self.transfers = threading.BoundedSemaphore(settings.max_transfers)

    def begin_transfer(self) -> None:
        """Take one of the places for uploads and downloads. Raises Unavailable."""
        if not self.transfers.acquire(timeout=TRANSFER_SECONDS):
            metrics.OVERLOAD.labels("transfers").inc()
            raise Unavailable(errors.FULL)


class Endpoint:
    """All methods of one path."""

    def __init__(self, gateway: Gateway, routes: Iterable[Route], names: dict[str, str]) -> None:
        self.gateway, self.names = gateway, names
        for route in routes:
            responder = self._responder(route)
            setattr(self, f"on_{route.method.lower()}", responder)
            if route.method == "GET":
                self.on_head = responder

    def _responder(self, route: Route) -> Callable[..., None]:
        name = f"{route.method} {route.path}"

        def respond(req: falcon.Request, resp: falcon.Response, **params: str) -> None:
            req.context.route = route
            if not self.gateway.free.acquire(blocking=False):
                metrics.OVERLOAD.labels("requests").inc()
                raise Unavailable(errors.FULL)
            metrics.INFLIGHT.inc()
            try:
                with tracing.span(name, "server", req.get_header(tracing.TRACEPARENT)):
                    self._answer(route, req, resp, params)
            finally:
                metrics.INFLIGHT.dec()
                self.gateway.free.release()

        return respond

    def _answer(
        self, route: Route, req: falcon.Request, resp: falcon.Response, params: dict[str, str]
    ) -> None:
        identity = None
        if route.access is not PUBLIC:
            identity = self.gateway.gate.identify(req, route.access.value)
            if identity.claims.get(RESTRICTED) and route.path not in SETTING_UP:
                raise errors.SetupRequired
        received = self._received(route, req)
        given = self._arguments(route, req, params, identity, received)
        headers = self._headers(req)
        if received is not None:
            headers[FINGERPRINT] = received.fingerprint(msgspec.json.encode(given))
            given["files"] = received.files
        try:
            reply = self._permitted(route, req, msgspec.json.encode(given), identity, headers)
        except Unavailable:
            raise  # nobody knows whether a row stands for the files now
        except ServiceError:
            if received is not None:
                received.discard()
            raise
        if received is not None and (reply.status or 0) >= REFUSED:
            received.discard()
        self._write(route, req, resp, reply)

    def _write(
        self, route: Route, req: falcon.Request, resp: falcon.Response, reply: Reply
    ) -> None:
        if route.answer == FILE:
            self._send_file(req, resp, reply)
            return
        if route.answer:
            reply = ANSWERS[route.answer](req, resp, reply)
        resp.status = reply.status or route.status
        if route.method == "GET" and validated(req, resp, reply):
            return
        if reply.body:
            resp.content_type = reply.headers.get("content_type", "application/json")
            passed_on(req, resp, reply)
        else:
            resp.content_type = "text/html"

    def _send_file(self, req: falcon.Request, resp: falcon.Response, reply: Reply) -> None:
        gateway = self.gateway
        gateway.begin_transfer()
        pieces = None
        try:
            pieces = downloads.send(req, resp, reply.body, gateway.storage)
        finally:
            if pieces is None:
                gateway.transfers.release()
        if pieces is not None:
            resp.stream = downloads.Stream(pieces, gateway.transfers.release)

    def _permitted(
        self,
        route: Route,
        req: falcon.Request,
        arguments: bytes,
        identity: Identity | None,
        headers: dict[str, str],
    ) -> Reply:
        """The answer; nobody is refused on what a cache said of them.

        So a person just added to a team gets in at once.
        """
        try:
            return self._call(route, arguments, identity, headers)
        except Forbidden:
            newer = identity and self.gateway.gate.identify(req, route.access.value, fresh=True)
            if newer is None or newer.actor == identity.actor:  # type: ignore[union-attr]
                raise
            return self._call(route, arguments, newer, headers)

    def _call(
        self, route: Route, arguments: bytes, identity: Identity | None, headers: dict[str, str]
    ) -> Reply:
        if identity is not None:
            headers = {**headers, ACTOR: identity.actor}
            if route.author:
                headers[AUTHOR] = identity.people or ""
        deadline = self.gateway.settings.list_deadline if route.slow else None
        return self.gateway.client.call(
            route.service, route.function, arguments, headers=headers, deadline=deadline
        )

    @staticmethod
    def _headers(req: falcon.Request) -> dict[str, str]:
        headers = {REQUEST: req.context.request_id}
        if match := req.get_header("If-None-Match"):
            headers[MATCH] = match.replace(GZIPPED, '"')
        if req.method == "POST" and (key := req.get_header("Idempotency-Key")):
            headers[KEY] = key[:200]
        return headers

    def _received(self, route: Route, req: falcon.Request) -> Received | None:
        """The files of a multipart body, stored. Raises InvalidInput, TooLarge, Unavailable."""
        if route.body is not Body.MULTIPART or not bodies.is_multipart(req):
            return None
        settings = self.gateway.settings
        if (req.content_length or 0) > settings.max_upload:
            raise errors.TooLarge
        received = Received(self.gateway.storage, route.files, settings.max_json_body)
        self.gateway.begin_transfer()
        try:
            received.read(req.get_media())
        finally:
            self.gateway.transfers.release()
        return received

    def _arguments(
        self,
        route: Route,
        req: falcon.Request,
        params: dict[str, str],
        identity: Identity | None,
        received: Received | None,
    ) -> dict[str, Any]:
        """The keyword arguments of the RPC."""
        given: dict[str, Any] = dict(route.fixed)
        for position, text in params.items():
            given[self.names[f"{route.method} {position}"]] = text
        if route.query:
            given["query"] = bodies.query_of(req, repeat=route.repeat)
        if route.body is not Body.NONE:
            given["data"] = received.fields if received else self._data(route, req)
        if route.body is Body.MULTIPART:
            given["files"] = []
        if route.caller:
            given["caller"] = sessions.caller(req, identity.claims if identity else {})
        return given

    def _data(self, route: Route, req: falcon.Request) -> Any:
        """What the route makes of a body that holds no files."""
        limit = self.gateway.settings.max_json_body
        if route.body is Body.JSON:
            return msgspec.Raw(bodies.json_of(req, limit))
        if route.body is Body.VALUE or route.bare:
            return bodies.value_of(req, limit)
        return bodies.fields_of(req, limit)


class Envelope:
    """What happens around every request: its id, the ``/api`` prefix, the security headers."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.proxies = settings.proxies
        self.secure = settings.site_url.startswith("https://")
        self.first_page = f"/{INDEX}" if settings.web_root else "/"
        self.slow_seconds = settings.slow_request_seconds

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Give the request an id and serve ``/api/…`` as ``/…``."""
        given = req.get_header("X-Request-ID") or ""
        named = REQUEST_ID.fullmatch(given)
        req.context.request_id = given if named else f"{random.getrandbits(128):032x}"
        request_id.set(req.context.request_id)
        req.context.began = time.perf_counter()
        req.context.address = sessions.address_of(req, self.proxies)
        req.context.secure = self.secure
        req.context.is_api = req.path == "/api" or req.path.startswith("/api/")
        if req.context.is_api:
            req.path = req.path[4:] or "/"
        elif req.path == "/":
            req.path = self.first_page

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, _resource: Any, _ok: bool
    ) -> None:
        """Headers every answer carries."""
        self._measure(req, resp)
        resp.set_headers(SECURITY)
        resp.set_header("X-Request-ID", req.context.request_id)

    def _measure(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count the request, and tell of a slow one."""
        route = getattr(req.context, "route", None)
        method, path = (route.method, route.path) if route else (OTHER, OTHER)
        metrics.REQUESTS.labels(method, path, resp.status_code).inc()
        seconds = time.perf_counter() - req.context.began
        if route:
            metrics.SECONDS.labels(method, path).observe(seconds)
        if seconds > self.slow_seconds:
            found = {"seconds": seconds, "route": f"{method} {path}", "status": resp.status_code}
            log.warning("a request took %.3f s", seconds, extra=found)


def positional(routes: Iterable[Route]) -> dict[str, tuple[list[Route], dict[str, str]]]:
    """Routes by path, fields renamed by position: Falcon wants one name for one place.

    The second part maps ``"GET p2"`` back to the name the row uses.
    """
    paths: dict[str, tuple[list[Route], dict[str, str]]] = {}
    for route in routes:
        parts, names = [], {}
        for index, part in enumerate(route.path.split("/")):
            if part.startswith("{"):
                names[f"{route.method} p{index}"] = part[1:-1]
                part = f"{{p{index}}}"  # noqa: PLW2901
            parts.append(part)
        found = paths.setdefault("/".join(parts), ([], {}))
        found[0].append(route)
        found[1].update(names)
    return paths


def create_app(
    settings: GatewaySettings, routes: Collection[Route] = ROUTES
) -> falcon.App[Any, Any]:
    """The WSGI application, with its RPC client connected, or still trying in the background.

    A worker that takes another's place is waited for, so it must be able to answer when it begins.
    """
    gateway = Gateway(settings)
    middleware: list[Any] = [Envelope(settings)]
    if settings.cors_origins:
        origins = [origin.strip() for origin in settings.cors_origins.split(",")]
        middleware.append(falcon.CORSMiddleware(allow_origins=origins, allow_credentials=origins))
    app: falcon.App[Any, Any] = falcon.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    form = app.req_options.media_handlers[falcon.MEDIA_MULTIPART]
    form.parse_options.max_body_part_count = PARTS  # type: ignore[attr-defined]
    app.add_error_handler(Exception, errors.on_crash)
    app.add_error_handler(ConnectionResetError, errors.on_broken_body)
    app.add_error_handler(falcon.HTTPError, errors.on_http_error)
    app.add_error_handler(ServiceError, errors.on_service_error)
    Status(gateway.client, settings.prometheus_multiproc_dir).add_to(app)
    for path, (rows, names) in positional(routes).items():
        app.add_route(path, Endpoint(gateway, rows, names))
    if settings.web_root:
        app.add_sink(Web(settings.web_root, [route.path for route in routes]), prefix="/")
    gateway.client.link.start()
    gateway.client.link.ready.wait(CONNECT_SECONDS)
    return app
