"""The step that refuses what the kind of session may not do, whatever the permissions.

Bots have no account of their own, preview accounts of productions only read, and a session without
a required second factor may only set one up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import SetupRequired
from services.common.errors import Forbidden

if TYPE_CHECKING:
    from gateway.steps.exchange import Exchange

#: The claim of a session whose account lacks the second factor that it must have.
RESTRICTED: Final = "requires_2fa_setup"
#: What an account may do that only reads.
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: The kind of a bot's token.
BOT: Final = "bot"
#: The routes that such a session may use.
SETUP_ROUTES: Final = frozenset(
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


async def restrict(exchange: Exchange) -> None:
    """Raise SetupRequired if a second factor must be set up first, Forbidden for bots and others.

    Permissions are not checked here: the owning service does that.
    """
    identity, route = exchange.identity, exchange.route
    if identity is not None and identity.until is not None and exchange.req.method not in READS:
        message = "A preview account only reads."
        raise Forbidden(message)
    if identity is None or route.path in SETUP_ROUTES:
        return
    if route.about_caller and identity.claims.get("identity_type") == BOT:
        message = "This requires a person."
        raise Forbidden(message)
    if identity.claims.get(RESTRICTED):
        raise SetupRequired
    if identity.restricted:
        # Nobody is refused on a cached actor: a factor may have been added just now.
        authenticator = exchange.gateway.authenticator
        exchange.identity = await authenticator.identify(
            exchange.req, route.access.value, fresh=True
        )
        if exchange.identity.restricted:
            raise SetupRequired
