"""Cookies for browsers: set at log-in, renewed, cleared at log-out."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import msgspec

from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

    from falcon.asgi import Request, Response

#: Seconds.
YEAR: Final = 31_540_000
REFRESH_PATH: Final = "/auth/refresh-token"
CHALLENGE: Final = "session"
BROWSER: Final = re.compile(r"Mozilla/|Opera/")
NO_BROWSER: Final = re.compile(r"bot\b|python|curl", re.IGNORECASE)


def is_browser(req: Request) -> bool:
    """Whether the client is a browser, which gets cookies instead of tokens."""
    agent = req.user_agent or ""
    return bool(BROWSER.match(agent)) and not NO_BROWSER.search(agent)


def caller(req: Request, claims: dict[str, Any]) -> dict[str, Any]:
    """The ``caller`` argument of ``auth``: claims, address, whether a browser, challenge."""
    sessions: list[Any] = req.get_cookie_values(CHALLENGE) or [None]
    return {
        "claims": claims,
        "address": req.context.address,
        "browser": is_browser(req),
        "session": sessions[0],
    }


def address_of(req: Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The client's address: ``X-Real-IP`` from a trusted proxy, else the peer's."""
    # Not from anybody: clients could choose the address that rate limits count.
    peer = str(req.remote_addr)
    claimed = (req.get_header("X-Real-IP") or "").strip()
    if not claimed:
        return peer
    try:
        trusted = any(ip_address(peer) in network for network in proxies)
        return str(ip_address(claimed)) if trusted else peer
    except ValueError:
        return peer


def signed_in(req: Request, resp: Response, reply: Reply) -> Reply:
    """Set both cookies for a browser."""
    if is_browser(req):
        body = reply.decoded()
        _set(req, resp, "access_token_cookie", body["access_token"], "/")
        _set(req, resp, "refresh_token_cookie", body["refresh_token"], REFRESH_PATH)
    return reply


def signed_out(_req: Request, resp: Response, reply: Reply) -> Reply:
    """Clear both cookies."""
    resp.unset_cookie("access_token_cookie", path="/", same_site="Lax")
    resp.unset_cookie("refresh_token_cookie", path=REFRESH_PATH, same_site="Lax")
    return reply


def refreshed(req: Request, resp: Response, reply: Reply) -> Reply:
    """Give a browser its new access cookie instead of the token."""
    if not is_browser(req):
        return reply
    _set(req, resp, "access_token_cookie", reply.decoded()["access_token"], "/")
    resp.unset_cookie("refresh_token_cookie", path=REFRESH_PATH, same_site="Lax")
    return Reply(msgspec.json.encode({"refresh": True}))


def challenged(req: Request, resp: Response, reply: Reply) -> Reply:
    """Set the cookie with a security key's challenge, which comes back with its answer."""
    resp.set_cookie(
        CHALLENGE,
        reply.headers["session"],
        path="/",
        http_only=True,
        same_site="Lax",
        secure=req.context.secure,
    )
    return reply


def _set(req: Request, resp: Response, name: str, value: str, path: str) -> None:
    resp.set_cookie(
        name,
        value,
        path=path,
        max_age=YEAR,
        http_only=True,
        same_site="Lax",
        secure=req.context.secure,
    )
