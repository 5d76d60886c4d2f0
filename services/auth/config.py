"""Settings of ``auth``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

from services.common.config import ConfigError, FileSettings, check_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.context import CallContext

LOWEST_COST, HIGHEST_COST = 4, 16
DEFAULT_TIMEZONE, DEFAULT_LOCALE = "Europe/Paris", "en_US"


class AuthSettings(FileSettings, frozen=True, kw_only=True, rename=str.upper):
    """Settings of ``auth``: encryption keys, lifetimes of tokens, rate limits, e-mail."""

    #: Encrypts second factors at rest; keep it when ``SECRET_KEY`` is rotated.
    encryption_key: str
    #: Previous keys, separated by commas, which still decrypt.
    previous_encryption_keys: str = ""
    access_token_days: float = 14.0
    refresh_token_days: float = 14.0
    #: Whether accounts without a second factor may only set one up.
    enforce_2fa: bool = False
    #: Whether a log-in without a password is one with ``default``, and an account that still has
    #: that password is handed a token to set its own: for clients that rely on it.
    accept_default_password: bool = False
    min_password_length: int = 8
    bcrypt_cost: int = 12
    #: Password hashes computed concurrently; they are bound by the CPU.
    hashes_at_once: int = 2
    #: Failures in a row that lock an account, for ``lock_seconds`` after the last one.
    failed_logins_allowed: int = 5
    lock_seconds: int = 60
    #: Rate limit of failed log-ins per address and minute, over all accounts.
    failures_per_address: int = 100
    #: Rate limit of unauthenticated calls (e-mails, challenges, resets) per address and minute.
    public_calls_per_address: int = 300
    #: E-mails per account and hour that unauthenticated callers may request.
    mails_per_account: int = 10
    #: The public URL: for links in e-mails, and as the origin of security keys.
    site_url: str = "http://localhost:8080"
    #: ``smtp://user:password@host:port`` (STARTTLS where offered), ``smtps://``, or
    #: ``file:///folder`` to write e-mails to files; empty sends none.
    mail_url: str = ""
    mail_from: str = "callboard@localhost"
    default_timezone: str = DEFAULT_TIMEZONE
    default_locale: str = DEFAULT_LOCALE
    #: Most active people; 0 for no limit.
    user_limit: int = 0
    #: E-mails of accounts, separated by commas or semicolons, that nobody else may change.
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
    def protected(self) -> frozenset[str]:
        """The addresses in ``protected_accounts``."""
        emails = self.protected_accounts.replace(";", ",").lower().split(",")
        return frozenset(email.strip() for email in emails) - {""}

    @property
    def site_host(self) -> str:
        """The host of the site, which security keys are bound to."""
        return urlsplit(self.site_url).hostname or "localhost"


def settings_of(ctx: CallContext) -> AuthSettings:
    """The settings of a running call; in this service they are always these."""
    return cast("AuthSettings", ctx.settings)
