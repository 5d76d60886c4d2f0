"""The first step: authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.routes.table import PUBLIC

if TYPE_CHECKING:
    from gateway.steps.exchange import Exchange


async def authenticate(exchange: Exchange) -> None:
    """Set the exchange's identity, unless the route is public.

    Raises Unauthenticated, TokenUnreadable, Unavailable.
    """
    access = exchange.route.access
    if access is not PUBLIC:
        gateway = exchange.gateway
        # The caller's own writes may have changed their permissions.
        fresh = bool(exchange.position) and gateway.heard.missing(exchange.position, "actors")
        exchange.identity = await gateway.authenticator.identify(
            exchange.req, access.value, fresh=fresh
        )
