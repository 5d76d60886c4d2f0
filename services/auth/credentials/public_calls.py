"""Protection of unauthenticated calls: rate limits, and constant response times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import eventlet

from services.auth.config import settings_of
from services.auth.credentials import attempts
from services.auth.credentials.attempts import HOUR, MINUTE
from services.common.access.context import CallContext
from services.common.json_types import JsonObject

#: Longer than the work takes, with or without an account.
STEADY_SECONDS: Final = 0.15
PUBLIC, MAILS = "public calls", "mails"


@contextmanager
def steady() -> Iterator[None]:
    """Make the block take a constant time, so that it doesn't reveal whether an account exists."""
    began = time.monotonic()
    try:
        yield
    finally:
        eventlet.sleep(max(0.0, STEADY_SECONDS - (time.monotonic() - began)))


def limit_public(ctx: CallContext, caller: JsonObject) -> None:
    """Apply the rate limit per address. Raises TooMany."""
    key = attempts.address_key(caller.get("address"))
    most = settings_of(ctx).public_calls_per_address
    attempts.limit(ctx.database, PUBLIC, key, most, MINUTE)


def limit_mails(ctx: CallContext, email: str) -> None:
    """Apply the rate limit of e-mails per recipient. Raises TooMany."""
    settings = settings_of(ctx)
    key = attempts.account_key(settings, email)
    attempts.limit(ctx.database, MAILS, key, settings.mails_per_account, HOUR)
