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
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

#: The interval between two checks, as a share of the limit.
SHARE: Final = 0.1


class LoopWatch:
    """Watches the event loop that starts it; with ``seconds`` 0 it does nothing."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._stopped = threading.Event()
        self._ticked = time.monotonic()
        #: Seconds of CPU time that the loop's thread had spent by then.
        self._spent = 0.0

    def start(self) -> None:
        """Start watching the running loop."""
        if self.seconds:
            self._tick(asyncio.get_running_loop())
            watched = (threading.get_ident(), threading.get_native_id())
            threading.Thread(target=self._watch, args=watched, daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticked, self._spent = time.monotonic(), time.thread_time()
        if not self._stopped.is_set():
            loop.call_later(self.seconds * SHARE, self._tick, loop)

    def _watch(self, ident: int, native: int) -> None:
        reported = 0.0
        while not self._stopped.wait(self.seconds * SHARE):
            ticked, late = self._ticked, time.monotonic() - self._ticked
            if late < self.seconds or ticked == reported or self._starves(ident, native, late):
                continue
            reported = ticked
            frame = sys._current_frames().get(ident)  # noqa: SLF001 - no public API for this
            stack = "".join(traceback.format_stack(frame, limit=8)) if frame else ""
            log.warning("the event loop is blocked for %.2f s", late, extra={"stack": stack})

    def _starves(self, ident: int, native: int, late: float) -> bool:
        """Whether the thread is runnable but gets no CPU: the machine is busy, the loop isn't."""
        spent = time.clock_gettime(time.pthread_getcpuclockid(ident)) - self._spent
        if spent > late / 2:
            return False  # CPU-bound: it blocks the loop itself
        try:
            state = Path(f"/proc/self/task/{native}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False  # not on Linux
        return state == "R"
