"""How much a process does at once; what is more is told to come again."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from gateway import errors, metrics
from services.common.errors import Unavailable

#: Seconds that a transfer waits for one of the others to end.
TRANSFER_SECONDS: Final = 1.5


class Places:
    """A number of places; ``what`` is how the metrics call them."""

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
                self.give_back()  # it came in the moment of giving up
            if isinstance(error, TimeoutError):
                raise self._full() from None
            raise

    def give_back(self) -> None:
        """Leave the place to whoever waits longest, or to those who come."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self._free += 1

    def _full(self) -> Unavailable:
        metrics.OVERLOAD.labels(self.what).inc()
        return Unavailable(errors.FULL)
