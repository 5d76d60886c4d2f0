"""Positions as clients carry them: a signed token, in a cookie and in a header.

``requests``, ``gazu`` and browsers send the cookie back by themselves; others may send the header.
A token names the events of the client's last writes (``wire.position``). The gateway passes it on
to the services, which wait for these events; its own caches are bypassed while an event that
invalidates them has not arrived here.

Each answer sets a cookie of its own, with all that the request brought, and takes those cookies
back. So a client has one, and after requests at the same time one of each: none overwrites another.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from uuid import UUID

from services.common.wire.position import (
    GATEWAY,
    LOG,
    Position,
    RecentEvents,
    bounded_text,
    joined,
    read_position,
)
from services.common.wire.topology import CACHED_BY_GATEWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import Request, Response

    from services.common.access.signing_keys import KeyRing

#: The cookies are called so, with a suffix of their own; those of release 0.1 without one.
COOKIE: Final = "callboard_position"
#: Bytes of the suffix.
UNIQUE: Final = 4
HEADER: Final = "Callboard-Position"
#: Names the services that had not handled everything the client wrote, after a second's wait.
STALE_HEADER: Final = "Callboard-Stale"
#: Seconds that browsers keep the cookie: far longer than any handler takes while it runs.
COOKIE_SECONDS: Final = 60
#: Bytes of the signature.
SIGNATURE: Final = 16


class PositionTokens:
    """Signs positions for clients, and reads what they send back."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys.derived("position")

    def of(self, req: Request) -> Position:
        """The position that a request brings; empty where there is none, or it is not ours."""
        header = req.get_header(HEADER)
        if header is not None:
            return joined(*(self._read(token.strip()) for token in header.split(",")))
        if not req.get_header("Cookie"):
            return {}
        return joined(*(self._read(req.cookies[name]) for name in _names(req)))

    def _read(self, token: str) -> Position:
        text, _, signature = token.rpartition(".")
        # Forged, a position could only slow down its own client; but it goes into messages.
        if not any(hmac.compare_digest(_sign(key, text), signature) for key in self._keys):
            return {}
        try:
            return read_position(text)
        except ValueError:
            return {}

    def give(self, req: Request, resp: Response, position: Position) -> None:
        """Give a client its position after a write."""
        text = bounded_text(position)
        token = f"{text}.{_sign(self._keys[0], text)}"
        resp.set_header(HEADER, token)
        for name in _names(req):
            resp.unset_cookie(name, path="/")
        resp.set_cookie(
            f"{COOKIE}_{secrets.token_hex(UNIQUE)}",
            token,
            path="/",
            max_age=COOKIE_SECONDS,
            http_only=True,
            same_site="Lax",
            secure=req.context.secure,
        )


def _names(req: Request) -> list[str]:
    """The cookies with positions that a request brings."""
    return [name for name in req.cookies if name == COOKIE or name.startswith(f"{COOKIE}_")]


def _sign(key: bytes, text: str) -> str:
    digest = hmac.digest(key, text.encode(), "sha256")[:SIGNATURE]
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def passed_on(position: Position, *, reads_log: bool) -> str:
    """The part of a position that a call takes along to the services, as text."""
    return bounded_text(
        {
            place: events
            for place, events in position.items()
            if place.reader != GATEWAY and (place.reader != LOG or reads_log)
        }
    )


class HeardEvents:
    """Which events have reached this process, and so have invalidated its caches."""

    def __init__(self) -> None:
        self._heard = RecentEvents()

    def hear(self, subject: str, headers: Mapping[str, object]) -> None:
        """Record an event about ``subject`` by its message's headers."""
        if not any(subject in subjects for subjects in CACHED_BY_GATEWAYS.values()):
            return
        with suppress(ValueError):  # of a foreign publisher: nobody waits for it
            self._heard.add([UUID(str(headers.get("event_id")))])

    def missing(self, position: Position, kind: str) -> bool:
        """Whether an event that concerns this kind of cache has not arrived yet."""
        return any(
            place.reader == GATEWAY and place.kind == kind and event not in self._heard
            for place, events in position.items()
            for event in events
        )
