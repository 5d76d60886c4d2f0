"""Password hashing threads."""

from __future__ import annotations

import os
import time

import eventlet
import pytest
import sqlalchemy as sa
from eventlet import tpool
from eventlet.patcher import original

from services.auth.credentials.hash_threads import NICENESS, HashThreads
from services.auth.credentials.passwords import hashed
from tests.service.one_service import OneService


def niceness() -> int:
    """Of the thread that runs this."""
    return os.getpriority(os.PRIO_PROCESS, original("threading").get_native_id())


def test_only_hashing_threads_have_low_priority() -> None:
    """Those that store files and compress lists are as quick as they were."""
    threads, usual = HashThreads(2), niceness()
    assert {threads.run(niceness) for _ in range(4)} == {usual + NICENESS}
    assert {tpool.execute(niceness) for _ in range(40)} == {usual}


def test_hashing_does_not_block_the_hub() -> None:
    """Two threads work at the same time, and what they raise comes back."""
    threads, gate = HashThreads(2), original("threading").Barrier(2, timeout=10)
    both = [eventlet.spawn(threads.run, gate.wait) for _ in range(2)]
    assert sorted(thread.wait() for thread in both) == [0, 1]
    with pytest.raises(ZeroDivisionError):
        threads.run(lambda: 1 // 0)


def test_a_cancelled_call_releases_its_hashing_thread() -> None:
    """When its deadline passes."""
    threads = HashThreads(1)
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.01):
        threads.run(lambda: time.sleep(0.1))
    assert threads.run(lambda: "next") == "next"


def test_nothing_is_hashed_inside_a_transaction(auth: OneService) -> None:
    """A connection and its locks would be held for a quarter of a second."""
    service = auth.instance()
    assert hashed(service.settings, "password")
    service.tx.session.execute(sa.text("SELECT 1"))
    with pytest.raises(RuntimeError, match="inside an open transaction"):
        hashed(service.settings, "password")
    service.tx.commit()
    assert hashed(service.settings, "password")
    service.tx.close()
