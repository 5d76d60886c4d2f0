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
        authenticator = exchange.gateway.authenticator
        exchange.identity = await authenticator.identify(exchange.req, access.value)
