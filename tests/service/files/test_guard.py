"""No transaction is held while a file is stored, read, or swept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from services.common.files.storage_access import storage_of
from tests.service.conftest import MakeService

OPEN = "inside an open transaction"


def test_the_storage_refuses_an_open_transaction(make_service: MakeService) -> None:
    """A store may take minutes, and the rows that are locked meanwhile are other people's."""
    service = make_service("tasks").instance()
    storage = storage_of(service)
    storage.put("uploads/x", b"content")
    service.tx.session.execute(sa.text("SELECT 1"))
    for call in (
        lambda: storage.put("uploads/y", b"content"),
        lambda: storage.copy("uploads/x", "uploads/y"),
        lambda: storage.delete("uploads/x"),
        lambda: service.sweep(0),
    ):
        with pytest.raises(RuntimeError, match=OPEN):
            call()
    service.commit_now()
    assert storage.stat("uploads/x").size == len(b"content")
    service.tx.close()


def test_callbacks_run_once_after_the_commit(make_service: MakeService) -> None:
    """Once; not at all if nothing is committed. What fails holds nothing else back."""
    service = make_service("tasks").instance()
    storage, done = storage_of(service), []

    def fail() -> None:
        raise OSError

    def wait_for_commit() -> None:
        service.tx.session.execute(sa.text("SELECT 1"))
        service.tx.after_commit(fail)
        service.tx.after_commit(lambda: done.append(storage.delete("uploads/x")))

    wait_for_commit()
    service.tx.close()
    assert done == []
    wait_for_commit()
    service.commit_now()
    service.commit_now()
    assert done == [None]
    service.tx.close()


def test_one_replica_sweeps_at_a_time(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others leave it to the next time."""
    tasks, swept = make_service("tasks"), []
    for _ in range(2):
        replica = tasks.instance()
        monkeypatch.setattr(replica, "sweep", swept.append)
        replica.sweep_files()
        replica.tx.close()
    assert len(swept) == 1
