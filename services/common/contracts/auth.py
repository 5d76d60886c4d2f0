"""Events of ``auth`` besides those of its resources.

Those about log-ins, passwords and factors are for security monitoring: they hold no secrets, and
are not in the log that clients read.
"""

from typing import Literal
from uuid import UUID

from msgspec import UNSET

from services.common.contracts import Event, Known, event

Factor = Literal["totp", "email_otp", "fido"]


@event("auth", "session:revoked", stored=False)
class SessionRevoked(Event, frozen=True, kw_only=True):
    """A token is no longer valid: somebody logged out, or was deactivated."""

    jti: str


@event("auth", "login:succeeded", stored=False)
class LoginSucceeded(Event, frozen=True, kw_only=True):
    """Somebody opened a session."""

    person_id: UUID
    origin: Literal["web", "script"]
    address: str | None


@event("auth", "login:failed", stored=False)
class LoginFailed(Event, frozen=True, kw_only=True):
    """A log-in was refused; without ``person_id`` there is no such account."""

    reason: Literal["password", "factor", "locked", "inactive"]
    address: str | None
    person_id: Known = UNSET


@event("auth", "login:locked", stored=False)
class LoginLocked(Event, frozen=True, kw_only=True):
    """An account failed so often that it takes no log-in for a while."""

    person_id: UUID
    address: str | None


@event("auth", "password:changed", stored=False)
class PasswordChanged(Event, frozen=True, kw_only=True):
    """An account has another password: changed by its owner, reset by mail, or by an admin."""

    person_id: UUID
    means: Literal["change", "reset", "administrator"]


@event("auth", "password:reset-requested", stored=False)
class PasswordResetRequested(Event, frozen=True, kw_only=True):
    """A link to set a new password was mailed."""

    person_id: UUID


@event("auth", "factor:added", stored=False)
class FactorAdded(Event, frozen=True, kw_only=True):
    """An account has one more second factor, or one more security key."""

    person_id: UUID
    factor: Factor


@event("auth", "factor:removed", stored=False)
class FactorRemoved(Event, frozen=True, kw_only=True):
    """An account has one second factor less, or one security key less."""

    person_id: UUID
    factor: Factor


@event("auth", "recovery-codes:renewed", stored=False)
class RecoveryCodesRenewed(Event, frozen=True, kw_only=True):
    """The recovery codes given out before are worthless."""

    person_id: UUID


@event("auth", "recovery-codes:used", stored=False)
class RecoveryCodeUsed(Event, frozen=True, kw_only=True):
    """One of the recovery codes was used; ``left`` remain."""

    person_id: UUID
    left: int


@event("auth", "bot-token:issued", stored=False)
class BotTokenIssued(Event, frozen=True, kw_only=True):
    """A bot has a new token; the one before is no longer valid."""

    person_id: UUID


@event("auth", "person:set-thumbnail")
class PersonThumbnailSet(Event, frozen=True, kw_only=True):
    """A person has a new avatar."""

    person_id: UUID


@event("auth", "organisation:set-thumbnail")
class OrganisationThumbnailSet(Event, frozen=True, kw_only=True):
    """The studio has a new avatar."""

    organisation_id: UUID
