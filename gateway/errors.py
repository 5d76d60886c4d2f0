"""The mapping of errors to HTTP statuses and JSON bodies.

The statuses are those that existing clients handle: ``gazu`` raises on 400, 401, 403, 404, 405,
413, 422, 500 and 502, and takes anything else for a success.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import falcon
import msgspec
from falcon.asgi import Request, Response

from gateway.metrics import REFUSALS
from services.common.errors import (
    Conflict,
    Forbidden,
    Integrity,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFound,
    Refused,
    ServiceError,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from services.common.observability.metrics import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = "2"
FORBIDDEN: Final = (
    "You don't have the permission to access the requested resource. "
    "It is either read-protected or not readable by the server."
)
NOT_FOUND: Final = (
    "404 Not Found: The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)
NOT_ALLOWED: Final = "The method is not allowed for the requested URL."
TOO_LARGE: Final = "The data value transmitted exceeds the capacity limit."
FULL: Final = "The gateway is busy."
TOO_SLOW: Final = "The request did not arrive in time."
NO_FACTOR: Final = "Two factor authentication must be set up before anything else."
INTERNAL: Final = "Internal server error."


class TooLarge(ServiceError, kind="too-large"):
    """The body is over the limit."""


class UnreadableBody(ServiceError, kind="unread"):
    """The body is not JSON, or not declared as such by its Content-Type."""


class TokenUnreadable(ServiceError, kind="token-unreadable"):
    """The token is malformed, forged, or of the wrong kind."""


class SetupRequired(ServiceError, kind="setup-required"):
    """The account must set up a second factor before it may do anything else."""


def error_body(message: str, **more: Any) -> dict[str, Any]:
    """The usual body of an error."""
    return {"error": True, "message": message, **more}


def _refused(error: ServiceError) -> dict[str, Any]:
    return error_body(error.message, **(error.data or {})) if error.message else (error.data or {})


def _absent(message: str) -> str:
    """What is said of something that isn't there, where its route has words of its own."""
    return f"404 Not Found: {message}" if message else NOT_FOUND


def _unauthenticated(error: ServiceError) -> dict[str, Any]:
    return error.data or {"msg": error.message}


TABLE: Final[dict[type[ServiceError], tuple[int, Callable[[ServiceError], dict[str, Any]]]]] = {
    InvalidInput: (400, lambda e: error_body(e.message, data=e.data)),
    Integrity: (400, lambda e: {"message": e.message}),
    Refused: (400, _refused),
    UnreadableBody: (400, lambda e: error_body(e.message)),
    Unauthenticated: (401, _unauthenticated),
    Forbidden: (403, lambda _: error_body(FORBIDDEN)),
    SetupRequired: (403, lambda _: error_body(NO_FACTOR, two_factor_authentication_required=True)),
    NotFound: (404, lambda e: error_body(_absent(e.message))),
    NotAllowed: (405, lambda e: error_body(e.message or NOT_ALLOWED)),
    Conflict: (409, lambda e: error_body(e.message)),
    TooLarge: (413, lambda _: error_body(TOO_LARGE)),
    TokenUnreadable: (422, lambda e: {"msg": e.message}),
    KeyReused: (422, lambda e: error_body(e.message)),
    TooMany: (429, lambda e: error_body(e.message, login=False)),
    Unavailable: (502, lambda e: error_body(e.message)),
}


async def on_service_error(
    _req: Request, resp: Response, error: ServiceError, _params: Any
) -> None:
    """Answer a ServiceError; a kind without a row in ``TABLE`` is a 500."""
    status, body = TABLE.get(type(error), (500, lambda _: error_body(INTERNAL)))
    REFUSALS.labels(kind_of(error)).inc()
    if isinstance(error, Unavailable):
        resp.set_header("Retry-After", RETRY_SECONDS)
    elif isinstance(error, TooMany):
        resp.set_header("Retry-After", str((error.data or {}).get("seconds", RETRY_SECONDS)))
    # The reason of a 403 is a header: clients expect the same body for all of them.
    if isinstance(error, Forbidden) and error.message.isascii() and error.message.isprintable():
        resp.set_header("X-Reason", error.message)
    write(resp, status, body(error))


async def on_http_error(
    _req: Request, resp: Response, error: falcon.HTTPError, _params: Any
) -> None:
    """Answer Falcon's own errors: unknown route, wrong method, unreadable request."""
    messages = {404: NOT_FOUND, 405: NOT_ALLOWED, 413: TOO_LARGE}
    resp.set_headers(error.headers or {})
    text = messages.get(error.status_code, error.description or error.title or "")
    write(resp, error.status_code, error_body(text))


async def on_broken_body(_req: Request, resp: Response, _error: Exception, _params: Any) -> None:
    """Answer a body that broke off or came too slowly (``http.pace``)."""
    write(resp, 400, error_body(TOO_SLOW))


async def on_crash(req: Request, resp: Response, error: Exception, _params: Any) -> None:
    """Log an unexpected exception, and answer 500 without details."""
    REFUSALS.labels(kind_of(error)).inc()
    log.error("%s %s failed", req.method, req.path, exc_info=error)
    write(resp, 500, error_body(INTERNAL))


def write(resp: Response, status: int, body: dict[str, Any]) -> None:
    """Put a JSON body into the response."""
    resp.status = status
    resp.content_type = "application/json"
    resp.data = msgspec.json.encode(body)
