"""What the creator of a webhook may hear, asked as its turn begins."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec

from services.common.contracts.subscribers import MANAGER
from services.common.errors import MethodUnknown, Unavailable
from services.crud.webhooks import store
from services.crud.webhooks.events import Hearer

if TYPE_CHECKING:
    from services.common.wire.rpc_protocol import Reply
    from services.crud.webhooks.store import Claim, Store

#: Seconds for which an answer of ``auth`` counts.
FRESH_SECONDS: Final = 5.0
#: Calls at once.
CALLS: Final = 8
ADMIN: Final = "admin"


class Client(Protocol):
    """Calls other services."""

    def call(self, service: str, method: str, kwargs: bytes, /) -> Reply:
        """Call ``service.method``."""


class Known(NamedTuple):
    """A person's role in the studio; None for somebody who is gone or deactivated."""

    role: str | None
    asked_at: float


class LostRightError(Exception):
    """The creator may not have this webhook any more; the message says why."""


class Standing:
    """The rights of creators."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client, self.store = client, store
        self.threads = ThreadPoolExecutor(CALLS, thread_name_prefix="calls")
        self.known: dict[UUID, Known] = {}

    async def hearer(self, mine: Claim) -> Hearer:
        """Whose rights count, and how far they go. Raises LostRightError, Unavailable."""
        person = mine.created_by
        role = await self._role(person) if person is not None else None
        if person is None or role is None:
            message = "who created it is gone, or deactivated"
            raise LostRightError(message)
        if role == ADMIN:
            return Hearer(person, is_admin=True)
        if mine.project_id is None:
            message = "who created it is no administrator any more"
            raise LostRightError(message)
        is_member, own = await self.store.run(store.role_in, mine.project_id, person)
        if not is_member or (own or role) != MANAGER:
            message = "who created it manages the production no more"
            raise LostRightError(message)
        return Hearer(person, is_admin=False)

    async def _role(self, person: UUID) -> str | None:
        known = self.known.get(person)
        if known is None or time.monotonic() - known.asked_at > FRESH_SECONDS:
            loop = asyncio.get_running_loop()
            role = await loop.run_in_executor(self.threads, self._ask, person)
            known = self.known[person] = Known(role, time.monotonic())
        return known.role

    def _ask(self, person: UUID) -> str | None:
        arguments = msgspec.json.encode({"ids": [str(person)]})
        try:
            roles = self.client.call("auth", "list_roles", arguments).decoded()
        except MethodUnknown:
            message = "auth is of an earlier release, and can't tell roles yet."
            raise Unavailable(message) from None
        role: str | None = roles.get(str(person))
        return role

    def close(self) -> None:
        """End the threads."""
        self.threads.shutdown(wait=False, cancel_futures=True)
