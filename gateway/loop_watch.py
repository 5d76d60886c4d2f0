"""Reports whatever blocks the event loop, with the line at which it does.

On in the tests and while developing (``BLOCKED_LOOP_SECONDS``); a thread that wakes ten times in
that while costs next to nothing, but production needs none.
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

#: Part of the limit between two looks.
SHARE: Final = 0.1


class LoopWatch:
    """Watches the loop that starts it; ``seconds`` of 0 watch nothing."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._stopped = threading.Event()
        self._ticked = time.monotonic()

    def start(self) -> None:
        """Begin, on the loop that is to be watched."""
        if self.seconds:
            loop, ident = asyncio.get_running_loop(), threading.get_ident()
            self._tick(loop)
            thread = threading.Thread(target=self._watch, args=(ident,), daemon=True)
            thread.start()

    def stop(self) -> None:
        """End."""
        self._stopped.set()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticked = time.monotonic()
        if not self._stopped.is_set():
            loop.call_later(self.seconds * SHARE, self._tick, loop)

    def _watch(self, ident: int) -> None:
        pause, reported, looked = self.seconds * SHARE, 0.0, time.monotonic()
        while not self._stopped.wait(pause):
            now = time.monotonic()
            # Where this thread gets no time either, it is the machine that is busy, not the loop.
            starved, looked = now - looked > 3 * pause, now
            late = now - self._ticked
            if late > self.seconds and not starved and reported != self._ticked:
                reported = self._ticked
                frame = sys._current_frames().get(ident)  # noqa: SLF001 - the way to see a thread's stack
                stack = "".join(traceback.format_stack(frame, limit=8)) if frame else ""
                log.warning("the event loop is blocked for %.2f s", late, extra={"stack": stack})
