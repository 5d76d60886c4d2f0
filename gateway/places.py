"""Concurrency limits of a process: what exceeds them is refused with 502 and Retry-After."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from gateway import errors, metrics
from services.common.errors import Unavailable

#: Seconds that a transfer waits for a place.
TRANSFER_SECONDS: Final = 1.5


class Places:
    """A limited number of places; ``what`` is their label in metrics."""

    def __init__(self, count: int, what: str) -> None:
        self.what, self._free = what, count
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> None:
        """Take a place now. Raises Unavailable where there is none."""
        if not self._free:
            raise self._full()
        self._free -= 1

    async def wait(self) -> None:
        """Take a place, waiting a moment for one. Raises Unavailable."""
        if self._free:
            self._free -= 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            async with asyncio.timeout(TRANSFER_SECONDS):
                await given
        except BaseException as error:
            if given.done() and not given.cancelled():
                self.give_back()  # it was given at the moment of the timeout
            if isinstance(error, TimeoutError):
                raise self._full() from None
            raise

    def give_back(self) -> None:
        """Give a place back, to the one that has waited longest if any."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self._free += 1

    def _full(self) -> Unavailable:
        metrics.OVERLOAD.labels(self.what).inc()
        return Unavailable(errors.FULL)
