"""A core for the broker alone while it starts; afterwards all cores are for all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection

    from deploy.local.children import Child


class Cores:
    """The cores that we and all we start may run on.

    A node of RabbitMQ loads its modules one by one, handing each from thread to thread. Where that
    wakes another core it takes two to four times the processor time; and it is what everything
    else waits for in the end, so nothing else should run on the core it has.
    """

    def __init__(self) -> None:
        # Not every system has this; without, or with one core only, nothing is arranged.
        self.all = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

    def give_one(self, child: Child) -> None:
        """Let ``child``, just started, have a core; what is started from now on gets the others."""
        if len(self.all) > 1 and child.process is not None:
            own = max(self.all)
            _keep(psutil.Process(child.process.pid), {own})
            os.sched_setaffinity(0, self.all - {own})

    def share(self) -> None:
        """Let us, and all that we have started, run everywhere again."""
        if len(self.all) > 1:
            for process in (us := psutil.Process(), *us.children(recursive=True)):
                _keep(process, self.all)


def _keep(process: psutil.Process, cores: Collection[int]) -> None:
    """Let the process, every thread of it, run on these cores."""
    with suppress(psutil.NoSuchProcess):
        for thread in process.threads():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread.id, cores)
