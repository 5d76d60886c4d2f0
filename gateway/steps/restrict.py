"""What a session may not reach, whatever its rights: those are the owning service's to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import SetupRequired

if TYPE_CHECKING:
    from gateway.steps.exchange import Exchange

#: The claim of a session whose account lacks the second factor that it must have.
RESTRICTED: Final = "requires_2fa_setup"
#: All that such a session may reach.
SETTING_UP: Final = frozenset(
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


def restrict(exchange: Exchange) -> None:
    """Raise SetupRequired where a second factor has to be set up first."""
    identity = exchange.identity
    if identity and identity.claims.get(RESTRICTED) and exchange.route.path not in SETTING_UP:
        raise SetupRequired
