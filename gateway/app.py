"""The Falcon application: one endpoint class for every row of the route tables."""

from __future__ import annotations

import re
import threading
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import falcon
import msgspec

from gateway import errors, metrics, sessions
from gateway.auth import Gate
from gateway.compression import passed_on
from gateway.conditional import GZIPPED, validated
from gateway.routes import ROUTES
from gateway.routes.table import PUBLIC, Body, Route
from gateway.status import Status
from services.common.client import ACTOR, KEY, MATCH, REQUEST, Reply, RpcClient
from services.common.errors import Forbidden, ServiceError, Unavailable
from services.common.keys import KeyRing
from services.common.log import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.auth import Identity
    from gateway.config import GatewaySettings

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
NOT_JSON: Final = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)
UNREADABLE: Final = "The browser (or proxy) sent a request that this server could not understand."
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
RESTRICTED: Final = "requires_2fa_setup"
SETTING_UP: Final = frozenset({
    "/auth/totp", "/auth/email-otp", "/auth/fido", "/auth/recovery-codes", "/auth/login",
    "/auth/logout", "/auth/authenticated", "/auth/refresh-token",
})  # fmt: skip
"""All that a session may reach while its account lacks the second factor it must have."""
FULL: Final = "The gateway is busy."
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
        seconds = metrics.SECONDS.labels(route.method, route.path)

        def respond(req: falcon.Request, resp: falcon.Response, **params: str) -> None:
            if not self.gateway.free.acquire(blocking=False):
                raise Unavailable(FULL)
            req.context.route = route
            try:
                with seconds.time(), metrics.INFLIGHT.track_inprogress():
                    self._answer(route, req, resp, params)
            finally:
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
        arguments = self._arguments(route, req, params, identity)
        try:
            reply = self._call(route, req, arguments, identity)
        except Forbidden:
            # Never refused on what a cache said: a person just added to a team gets in at once.
            newer = identity and self.gateway.gate.identify(req, route.access.value, fresh=True)
            if newer is None or newer.actor == identity.actor:  # type: ignore[union-attr]
                raise
            reply = self._call(route, req, arguments, newer)
        if route.answer:
            reply = ANSWERS[route.answer](req, resp, reply)
        resp.status = reply.status or route.status
        if route.method == "GET" and validated(req, resp, reply):
            return
        if reply.body:
            resp.content_type = "application/json"
            passed_on(req, resp, reply)
        else:
            resp.content_type = "text/html"

    def _call(
        self, route: Route, req: falcon.Request, arguments: bytes, identity: Identity | None
    ) -> Reply:
        headers = {REQUEST: req.context.request_id}
        if identity is not None:
            headers[ACTOR] = identity.actor
        if match := req.get_header("If-None-Match"):
            headers[MATCH] = match.replace(GZIPPED, '"')
        if req.method == "POST" and (key := req.get_header("Idempotency-Key")):
            headers[KEY] = key[:200]
        settings = self.gateway.settings
        deadline = settings.list_deadline if route.slow else None
        return self.gateway.client.call(
            route.service, route.function, arguments, headers=headers, deadline=deadline
        )

    def _arguments(
        self,
        route: Route,
        req: falcon.Request,
        params: dict[str, str],
        identity: Identity | None,
    ) -> bytes:
        """The keyword arguments of the RPC as a JSON object."""
        given: dict[str, Any] = dict(route.fixed)
        for position, text in params.items():
            given[self.names[f"{route.method} {position}"]] = text
        if route.query:
            given["query"] = query_of(req, repeat=route.repeat)
        if route.body is Body.JSON:
            given["data"] = msgspec.Raw(self._json(req))
        elif route.body is Body.LENIENT:
            given["data"] = self._fields(req)
        if route.caller:
            given["caller"] = sessions.caller(req, identity.claims if identity else {})
        return msgspec.json.encode(given)

    def _bytes(self, req: falcon.Request) -> bytes:
        limit = self.gateway.settings.max_json_body
        if (req.content_length or 0) > limit:
            raise errors.TooLarge
        body: bytes = req.bounded_stream.read(limit + 1)
        if len(body) > limit:
            raise errors.TooLarge
        return body

    def _json(self, req: falcon.Request) -> bytes:
        """The body, known to be JSON. Raises InvalidInput, TooLarge."""
        kind = (req.content_type or "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Unread(NOT_JSON)
        body = self._bytes(req)
        try:
            msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Unread(UNREADABLE) from None
        return body

    def _fields(self, req: falcon.Request) -> dict[str, Any]:
        """The body's fields, however they were sent; nothing readable is no field."""
        body = self._bytes(req)
        kind = (req.content_type or "").partition(";")[0].strip().lower()
        found: Any = None
        if kind == "application/json" or kind.endswith("+json"):
            try:
                found = msgspec.json.decode(body)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                found = {}
            return found if isinstance(found, dict) else {}
        if kind == "application/x-www-form-urlencoded" and body:
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            return dict(reversed(pairs))
        return query_of(req)


class Unread(ServiceError, kind="unread"):
    """The body is not JSON, or isn't said to be."""


errors.TABLE[Unread] = (400, lambda e: errors.said(e.message))


def query_of(req: falcon.Request, *, repeat: bool = False) -> dict[str, Any]:
    """The query string: the first of each name wins, or with ``repeat`` lists of all."""
    if not req.query_string:
        return {}
    pairs = parse_qsl(req.query_string, keep_blank_values=True)
    if not repeat:
        return dict(reversed(pairs))
    lists: dict[str, Any] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


class Envelope:
    """What happens around every request: its id, the ``/api`` prefix, the security headers."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.proxies = settings.proxies
        self.secure = settings.site_url.startswith("https://")

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Give the request an id and serve ``/api/…`` as ``/…``."""
        given = req.get_header("X-Request-ID") or ""
        req.context.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request_id.set(req.context.request_id)
        req.context.address = sessions.address_of(req, self.proxies)
        req.context.secure = self.secure
        if req.path.startswith("/api/"):
            req.path = req.path[4:]
        elif req.path == "/api":
            req.path = "/"

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, _resource: Any, _ok: bool
    ) -> None:
        """Headers every answer carries."""
        if route := getattr(req.context, "route", None):
            metrics.REQUESTS.labels(route.method, route.path, resp.status_code).inc()
        resp.set_headers(SECURITY)
        resp.set_header("X-Request-ID", req.context.request_id)


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


def create_app(settings: GatewaySettings, routes: Iterable[Route] = ROUTES) -> falcon.App[Any, Any]:
    """The WSGI application; its RPC client connects at once and in the background."""
    gateway = Gateway(settings)
    middleware: list[Any] = [Envelope(settings)]
    if settings.cors_origins:
        origins = [origin.strip() for origin in settings.cors_origins.split(",")]
        middleware.append(falcon.CORSMiddleware(allow_origins=origins, allow_credentials=origins))
    app: falcon.App[Any, Any] = falcon.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    app.add_error_handler(Exception, errors.on_crash)
    app.add_error_handler(falcon.HTTPError, errors.on_http_error)
    app.add_error_handler(ServiceError, errors.on_service_error)
    Status(gateway.client).add_to(app)
    for path, (rows, names) in positional(routes).items():
        app.add_route(path, Endpoint(gateway, rows, names))
    gateway.client.link.start()
    return app
