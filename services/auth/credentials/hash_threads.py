"""Threads for password hashes only, at a low priority.

A thread can lower its priority but not raise it again, so those of eventlet's pool, which stores
files and compresses lists as well, must not be used.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from eventlet.hubs import trampoline
from eventlet.patcher import original

if TYPE_CHECKING:
    import queue
    import threading
    from collections.abc import Callable

T = TypeVar("T")
NICENESS: Final = 10
# Real threads and a real queue: eventlet's patched ones are green.
_threading: Any = original("threading")
_queue: Any = original("queue")


class _Job:
    """A call for a thread. Its end is told by closing a pipe, which the hub waits for."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.reader, self._writer = os.pipe()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call; on a thread."""
        try:
            self.result = self.call()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self.error = error
        finally:
            os.close(self._writer)


class HashThreads:
    """Some threads, started at the first call."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.threads: list[threading.Thread] = []
        self._jobs: queue.SimpleQueue[_Job] = _queue.SimpleQueue()

    def run(self, call: Callable[[], T]) -> T:
        """What ``call`` returns or raises, run on a thread while the hub goes on."""
        if not self.threads:
            self.threads = [
                _threading.Thread(target=self._work, name="hashes", daemon=True)
                for _ in range(self.count)
            ]
            for thread in self.threads:
                thread.start()
        job = _Job(call)
        try:
            self._jobs.put(job)
            trampoline(job.reader, read=True)
        finally:
            os.close(job.reader)
        if job.error is not None:
            raise job.error
        return cast("T", job.result)

    def _work(self) -> None:
        with suppress(OSError):
            # On Linux, priorities belong to threads.
            os.setpriority(os.PRIO_PROCESS, _threading.get_native_id(), NICENESS)
        while True:
            self._jobs.get().run()
