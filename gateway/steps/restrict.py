"""The step that confines sessions without a required second factor to setting one up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import SetupRequired

if TYPE_CHECKING:
    from gateway.steps.exchange import Exchange

#: The claim of a session whose account lacks the second factor that it must have.
RESTRICTED: Final = "requires_2fa_setup"
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
    """Raise SetupRequired if a second factor must be set up first.

    Permissions are not checked here: the owning service does that.
    """
    identity, route = exchange.identity, exchange.route
    if identity is None or route.path in SETUP_ROUTES:
        return
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
