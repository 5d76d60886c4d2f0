"""A core for the broker alone while it starts; afterwards all cores are for all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Cores:
    """The cores that we and all we start may run on.

    A node of RabbitMQ loads its modules one by one, handing each from thread to thread. Where that
    wakes another core it takes two to four times the processor time; and it is what everything
    else waits for in the end, so nothing else should run on the core it has.
    """

    def __init__(self) -> None:
        # Not every system has this; without, or with one core only, nothing is arranged.
        self.all = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

    @contextmanager
    def one_apart(self) -> Iterator[None]:
        """What is started within has a core to itself; what is started afterwards, the others."""
        if len(self.all) < 2:  # noqa: PLR2004 - one core can't be divided
            yield
            return
        apart = {max(self.all)}
        os.sched_setaffinity(0, apart)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.all - apart)

    def share(self) -> None:
        """Let us, and all that we have started, run everywhere again."""
        if len(self.all) > 1:
            us = psutil.Process()
            for _ in range(2):  # the second time for what was forked during the first
                for process in (us, *us.children(recursive=True)):
                    _let_run(process, self.all)


def _let_run(process: psutil.Process, cores: Collection[int]) -> None:
    """Every thread of it."""
    with suppress(psutil.NoSuchProcess):
        for thread in process.threads():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread.id, cores)
