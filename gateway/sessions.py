"""What browsers need around log-in: cookies set, renewed and cleared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from services.common.client import Reply

if TYPE_CHECKING:
    import falcon

YEAR: Final = 31_540_000
REFRESH_PATH: Final = "/auth/refresh-token"
BROWSER: Final = re.compile(r"Mozilla/|Opera/")
NO_BROWSER: Final = re.compile(r"Headless|bot\b|python|curl", re.IGNORECASE)


def is_browser(req: falcon.Request) -> bool:
    """Whether the caller keeps cookies instead of tokens."""
    agent = req.user_agent or ""
    return bool(BROWSER.match(agent)) and not NO_BROWSER.search(agent)


def caller(req: falcon.Request, claims: dict[str, Any]) -> dict[str, Any]:
    """What ``auth`` wants to know of a caller: claims, address, browser or script."""
    address = req.get_header("X-Real-IP") or req.remote_addr
    return {"claims": claims, "address": address, "browser": is_browser(req)}


def signed_in(req: falcon.Request, resp: falcon.Response, reply: Reply) -> Reply:
    """Set both cookies for a browser."""
    if is_browser(req):
        body = reply.decoded()
        _set(resp, "access_token_cookie", body["access_token"], "/")
        _set(resp, "refresh_token_cookie", body["refresh_token"], REFRESH_PATH)
    return reply


def signed_out(_req: falcon.Request, resp: falcon.Response, reply: Reply) -> Reply:
    """Clear both cookies."""
    resp.unset_cookie("access_token_cookie", path="/", same_site="Lax")
    resp.unset_cookie("refresh_token_cookie", path=REFRESH_PATH, same_site="Lax")
    return reply


def refreshed(req: falcon.Request, resp: falcon.Response, reply: Reply) -> Reply:
    """Give a browser its new access cookie instead of the token."""
    if not is_browser(req):
        return reply
    _set(resp, "access_token_cookie", reply.decoded()["access_token"], "/")
    resp.unset_cookie("refresh_token_cookie", path=REFRESH_PATH, same_site="Lax")
    return Reply(msgspec.json.encode({"refresh": True}))


def _set(resp: falcon.Response, name: str, value: str, path: str) -> None:
    resp.set_cookie(
        name, value, path=path, max_age=YEAR, http_only=True, same_site="Lax", secure=False
    )
