"""Settings of ``auth``."""

from __future__ import annotations

from services.common.config import ServiceSettings


class AuthSettings(ServiceSettings, frozen=True, kw_only=True, rename=str.upper):
    """What ``auth`` needs besides: how long sessions last, how patient it is."""

    access_token_days: float = 14.0
    refresh_token_days: float = 14.0
    failed_logins_allowed: int = 5
    lock_seconds: int = 60
    default_timezone: str = "Europe/Paris"
    default_locale: str = "en_US"
    user_limit: int = 100
    protected_accounts: str = ""
    """E-mails, separated by commas, whom others may neither deactivate nor re-role."""
