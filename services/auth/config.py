"""Settings of ``auth``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

from services.common.config import ConfigError, FileSettings, check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.context import CallContext

LOWEST_COST, HIGHEST_COST = 4, 16


class AuthSettings(FileSettings, frozen=True, kw_only=True, rename=str.upper):
    """What ``auth`` needs besides: keys, how long sessions last, how patient it is, the mail."""

    #: Seals second factors at rest; keep it when ``SECRET_KEY`` changes.
    encryption_key: str
    #: Keys, separated by commas, that sealed until lately and can still unseal.
    previous_encryption_keys: str = ""
    access_token_days: float = 14.0
    refresh_token_days: float = 14.0
    #: Whether an account without a second factor may do nothing but set one up.
    enforce_2fa: bool = False
    min_password_length: int = 8
    bcrypt_cost: int = 12
    #: Password hashes computed at the same time; more only take longer each.
    hashes_at_once: int = 2
    failed_logins_allowed: int = 5
    lock_seconds: int = 60
    #: Wrong passwords and codes that one address may try in a minute, whatever the accounts.
    failures_per_address: int = 100
    #: Requests for mails, challenges and resets that one address may make in a minute.
    public_calls_per_address: int = 300
    #: Mails that may be asked for in an hour without being logged in.
    mails_per_account: int = 10
    #: Where people find the studio: in mailed links, and what security keys are bound to.
    site_url: str = "http://localhost:8080"
    #: ``smtp://user:password@host:port`` (STARTTLS where offered), ``smtps://``, or
    #: ``file:///folder`` to write mails down; empty sends none.
    mail_url: str = ""
    mail_from: str = "callboard@localhost"
    default_timezone: str = "Europe/Paris"
    default_locale: str = "en_US"
    user_limit: int = 100
    #: E-mails, separated by commas, whom others may neither deactivate nor re-role.
    protected_accounts: str = ""

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings. Raises ConfigError."""
        settings = super().load(environ)
        for key in (settings.encryption_key, *settings.old_encryption_keys):
            check_secret(key, "ENCRYPTION_KEY")
        if not LOWEST_COST <= settings.bcrypt_cost <= HIGHEST_COST:
            message = f"BCRYPT_COST must be between {LOWEST_COST} and {HIGHEST_COST}."
            raise ConfigError(message)
        if urlsplit(settings.mail_url).scheme not in {"", "smtp", "smtps", "file"}:
            message = "MAIL_URL must begin with smtp://, smtps:// or file://."
            raise ConfigError(message)
        return settings

    @property
    def old_encryption_keys(self) -> list[str]:
        """The keys in ``previous_encryption_keys``."""
        return [key.strip() for key in self.previous_encryption_keys.split(",") if key.strip()]

    @property
    def site_host(self) -> str:
        """The host of the site, which security keys are bound to."""
        return urlsplit(self.site_url).hostname or "localhost"


def settings_of(ctx: CallContext) -> AuthSettings:
    """The settings of a running call; in this service they are always these."""
    return cast("AuthSettings", ctx.settings)
