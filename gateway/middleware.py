"""The middleware of all requests: request id, ``/api`` prefix, security headers, metrics."""

from __future__ import annotations

import logging
import random
import re
import time
from typing import TYPE_CHECKING, Any, Final

from gateway import metrics
from gateway.config import networks
from gateway.http import cookies
from gateway.http.static_site import INDEX
from services.common.observability.log import request_id

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from gateway.config import GatewaySettings

log = logging.getLogger(__name__)

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: The label of requests outside the route tables: status pages, unknown paths.
OTHER: Final = "other"


class RequestMiddleware:
    """Prepares ``req.context`` and finishes every response."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.proxies = networks(settings.trusted_proxies)
        self.secure = settings.site_url.startswith("https://")
        self.first_page = f"/{INDEX}" if settings.web_root else "/"
        self.slow_seconds = settings.slow_request_seconds
        self.cors = bool(settings.cors_origins)

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Set the request's id and client address, and serve ``/api/…`` as ``/…``."""
        # Validated: it is logged, and appended to SQL statements as a comment.
        header = req.get_header("X-Request-ID") or ""
        is_valid = REQUEST_ID.fullmatch(header)
        context = req.context
        context.request_id = header if is_valid else f"{random.getrandbits(128):032x}"
        request_id.set(context.request_id)
        context.began = time.perf_counter()
        context.address = cookies.address_of(req, self.proxies)
        context.secure = self.secure
        context.route = None
        context.is_api = req.path == "/api" or req.path.startswith("/api/")
        if context.is_api:
            req.path = req.path[4:] or "/"
        elif req.path == "/":
            req.path = self.first_page

    async def process_response(
        self, req: Request, resp: Response, _resource: Any, _ok: bool
    ) -> None:
        """Set the headers that every response has, and record metrics."""
        self._measure(req, resp)
        for name, value in SECURITY.items():
            # The documentation's own policy is stricter.
            if resp.get_header(name) is None:
                resp.set_header(name, value)
        if self.cors:
            # Whatever the origin: else a cache would serve one origin's answer to another.
            resp.append_header("Vary", "Origin")
        resp.set_header("X-Request-ID", req.context.request_id)

    def _measure(self, req: Request, resp: Response) -> None:
        """Record the request's metrics, and log a slow one."""
        route = req.context.route
        method, path = (route.method, route.path) if route else (OTHER, OTHER)
        metrics.REQUESTS.labels(method, path, resp.status_code).inc()
        seconds = time.perf_counter() - req.context.began
        if route:
            metrics.SECONDS.labels(method, path).observe(seconds)
        if seconds > self.slow_seconds:
            fields = {"seconds": seconds, "route": f"{method} {path}", "status": resp.status_code}
            log.warning("a request took %.3f s", seconds, extra=fields)
