"""Events of ``auth`` besides those of its resources."""

from services.common.contracts import Event, event


@event("auth", "session:revoked", stored=False)
class SessionRevoked(Event, frozen=True, kw_only=True):
    """A token is no longer valid: somebody logged out, or was deactivated."""

    jti: str
