"""Concurrency limits of a process: requests beyond them are refused with 502 and Retry-After."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from gateway import errors, metrics
from services.common.errors import Unavailable

#: Seconds that a transfer waits for a place.
TRANSFER_SECONDS: Final = 1.5


class Places:
    """A bounded semaphore without a queue, or with a short one; ``what`` labels its metric."""

    def __init__(self, count: int, what: str) -> None:
        self.what, self.count = what, count
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> None:
        """Acquire a place without waiting. Raises Unavailable if none is free."""
        if not self._free:
            raise self._full()
        self._free -= 1

    async def wait(self) -> None:
        """Acquire a place, in order of arrival. Raises Unavailable after TRANSFER_SECONDS."""
        if self._free:
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(granted)
        try:
            async with asyncio.timeout(TRANSFER_SECONDS):
                await granted
        except BaseException as error:
            if granted.done() and not granted.cancelled():
                self.give_back()  # granted at the moment of the timeout or the cancellation
            if isinstance(error, TimeoutError):
                raise self._full() from None
            raise

    def give_back(self) -> None:
        """Release a place, to the longest waiting request if there is one."""
        while self._waiting:
            granted = self._waiting.popleft()
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1

    def _full(self) -> Unavailable:
        metrics.OVERLOAD.labels(self.what).inc()
        return Unavailable(errors.FULL)
