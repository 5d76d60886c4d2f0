"""Logs what blocks the event loop, with a stack trace.

For tests and development (``BLOCKED_LOOP_SECONDS``); a thread checks ten times in that interval.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from typing import Final

log = logging.getLogger(__name__)

#: The interval between two checks, as a share of the limit.
SHARE: Final = 0.1


class LoopWatch:
    """Watches the loop that calls ``start``; 0 ``seconds`` switch it off."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._stopped = threading.Event()
        self._ticked = time.monotonic()

    def start(self) -> None:
        """Start watching the running loop."""
        if self.seconds:
            loop, ident = asyncio.get_running_loop(), threading.get_ident()
            self._tick(loop)
            thread = threading.Thread(target=self._watch, args=(ident,), daemon=True)
            thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticked = time.monotonic()
        if not self._stopped.is_set():
            loop.call_later(self.seconds * SHARE, self._tick, loop)

    def _watch(self, ident: int) -> None:
        pause, reported, looked = self.seconds * SHARE, 0.0, time.monotonic()
        while not self._stopped.wait(pause):
            now = time.monotonic()
            # If this thread was delayed, too, the machine is busy, not the loop blocked.
            starved, looked = now - looked > 3 * pause, now
            late = now - self._ticked
            if late > self.seconds and not starved and reported != self._ticked:
                reported = self._ticked
                frame = sys._current_frames().get(ident)  # noqa: SLF001 - the way to see a thread's stack
                stack = "".join(traceback.format_stack(frame, limit=8)) if frame else ""
                log.warning("the event loop is blocked for %.2f s", late, extra={"stack": stack})
