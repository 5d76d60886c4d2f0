"""Events of ``auth`` besides those of its resources.

Events about log-ins, passwords and second factors are for security monitoring: they carry no
secrets and are not written to the log that clients read.
"""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET

from services.common.contracts import Event, Known, event

Factor = Literal["totp", "email_otp", "fido"]


@event("auth", "session:revoked", stored=False, on_sockets=False)
class SessionRevoked(Event, frozen=True, kw_only=True):
    """A session was revoked by log-out or deactivation; its token is no longer valid."""

    jti: Annotated[str, "the id of the token"]


@event("auth", "login:succeeded", stored=False, on_sockets=False)
class LoginSucceeded(Event, frozen=True, kw_only=True):
    """A person logged in."""

    person_id: UUID
    origin: Annotated[Literal["web", "script"], "a browser's session, or a program's"]
    address: Annotated[str | None, "the client's address, null where it is unknown"]


@event("auth", "login:failed", stored=False, on_sockets=False)
class LoginFailed(Event, frozen=True, kw_only=True):
    """A log-in was refused; ``person_id`` is omitted if no account has that e-mail address."""

    reason: Annotated[Literal["password", "factor", "locked", "inactive"], "what was wrong"]
    address: Annotated[str | None, "the client's address, null where it is unknown"]
    person_id: Known = UNSET


@event("auth", "login:locked", stored=False, on_sockets=False)
class LoginLocked(Event, frozen=True, kw_only=True):
    """An account was locked for a while after repeated failed log-ins."""

    person_id: UUID
    address: Annotated[str | None, "the client's address, null where it is unknown"]


@event("auth", "password:changed", stored=False, on_sockets=False)
class PasswordChanged(Event, frozen=True, kw_only=True):
    """A password was changed by its owner, reset by e-mail, or set by an administrator."""

    person_id: UUID
    means: Annotated[Literal["change", "reset", "administrator"], "how it was changed"]


@event("auth", "password:reset-requested", stored=False, on_sockets=False)
class PasswordResetRequested(Event, frozen=True, kw_only=True):
    """A password reset link was e-mailed."""

    person_id: UUID


@event("auth", "email:changed", stored=False, on_sockets=False)
class EmailChanged(Event, frozen=True, kw_only=True):
    """The e-mail address of an account was changed by its owner or by an administrator."""

    person_id: UUID
    means: Annotated[Literal["change", "administrator"], "how it was changed"]


@event("auth", "factor:added", stored=False, on_sockets=False)
class FactorAdded(Event, frozen=True, kw_only=True):
    """A second factor or a security key was added to an account."""

    person_id: UUID
    factor: Annotated[Factor, "the kind of factor"]


@event("auth", "factor:removed", stored=False, on_sockets=False)
class FactorRemoved(Event, frozen=True, kw_only=True):
    """A second factor or a security key was removed from an account."""

    person_id: UUID
    factor: Annotated[Factor, "the kind of factor"]


@event("auth", "recovery-codes:renewed", stored=False, on_sockets=False)
class RecoveryCodesRenewed(Event, frozen=True, kw_only=True):
    """New recovery codes were issued; the previous ones are no longer valid."""

    person_id: UUID


@event("auth", "recovery-codes:used", stored=False, on_sockets=False)
class RecoveryCodeUsed(Event, frozen=True, kw_only=True):
    """A recovery code was used; ``left`` codes remain."""

    person_id: UUID
    left: Annotated[int, "how many codes are left"]


@event("auth", "bot-token:issued", stored=False, on_sockets=False)
class BotTokenIssued(Event, frozen=True, kw_only=True):
    """A bot got a new token; its previous one is no longer valid."""

    person_id: UUID


@event(
    "auth",
    "preview-account:new",
    stored=False,
    on_sockets=False,
    handled_by=("crud",),
    awaited=True,
)
class PreviewAccountNew(Event, frozen=True, kw_only=True):
    """A production got an account to look at it, which joins its team."""

    person_id: UUID
    project_id: UUID


@event("auth", "preview-account:update", stored=False, on_sockets=False)
class PreviewAccountChanged(Event, frozen=True, kw_only=True):
    """The account of a production was opened or closed, or got another password."""

    person_id: UUID
    project_id: UUID


@event("auth", "person:set-thumbnail")
class PersonThumbnailSet(Event, frozen=True, kw_only=True):
    """A person's avatar was uploaded or replaced."""

    person_id: UUID


@event("auth", "organisation:set-thumbnail")
class OrganisationThumbnailSet(Event, frozen=True, kw_only=True):
    """The studio's avatar was uploaded or replaced."""

    organisation_id: UUID
