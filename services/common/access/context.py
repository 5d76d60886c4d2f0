"""The context of a call, for rules, hooks and functions that several methods share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

import sqlalchemy as sa

from services.common.actor import Actor
from services.common.config import ServiceSettings
from services.common.database.pools import Database
from services.common.database.transaction import Transaction
from services.common.json_types import Json, JsonObject

#: A call of another service: ``(service, method, arguments)``.
Question = tuple[str, str, JsonObject]


class CallContext(Protocol):
    """A running call; every service is one while it answers (``runtime.service.Service``).

    Functions that several methods share take it first, so that no method inherits another's mixin.
    """

    @property
    def name(self) -> str:
        """The service that answers."""

    @property
    def actor(self) -> Actor:
        """Who is calling."""

    @property
    def tx(self) -> Transaction:
        """The call's unit of work; it holds no connection until it is used."""

    @property
    def database(self) -> Database:
        """The service's own database, for reading outside the unit of work."""

    @property
    def metadata(self) -> sa.MetaData:
        """The service's tables."""

    @property
    def settings(self) -> ServiceSettings:
        """The service's settings."""

    @property
    def call(self) -> dict[str, Any]:
        """The headers of the call."""

    def ask(self, service: str, method: str, /, **kwargs: Json) -> Json:
        """Call another service as the same actor and return its decoded reply.

        Raises RuntimeError inside an open transaction: a connection must not be held while waiting.
        """

    def ask_raw(self, service: str, method: str, /, **kwargs: Json) -> bytes:
        """Call another service as the same actor and return its reply as JSON bytes."""

    def ask_ahead(self, service: str, method: str, /, **kwargs: Json) -> Callable[[], Json]:
        """Start a call; the function returned waits for its decoded reply."""

    def ask_all(self, questions: list[Question]) -> list[Json]:
        """Make several calls concurrently; returns their decoded replies in order."""

    def commit_now(self) -> None:
        """Commit changes and events so far; later exceptions don't undo them."""

    def skip_idempotency(self) -> None:
        """Don't store the answer under the call's Idempotency-Key: it holds secrets."""


class _SeenBy:
    """A call whose actor is another than who made it."""

    def __init__(self, ctx: CallContext, actor: Actor) -> None:
        self._ctx, self.actor = ctx, actor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)


def seen_by(ctx: CallContext, actor: Actor) -> CallContext:
    """The call with the rights of ``actor``, who is to be told something; it asks as before."""
    return cast("CallContext", _SeenBy(ctx, actor))
