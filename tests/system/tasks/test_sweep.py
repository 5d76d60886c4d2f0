"""The sweep deletes files without a row after an hour, and not earlier."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import Any

import pytest

from services.common.actor import SYSTEM
from services.common.database.pools import Database
from services.common.database.transaction import Transaction
from services.tasks.service import TasksService
from tests.running import Caller, System
from tests.world import World, ident

HOUR = 3600.0


class Swept(TasksService):
    """The service without a broker; ``chat`` reports that the ids in ``messages`` exist."""

    messages: tuple[str, ...] = ()

    def ask_all(self, questions: list[tuple[str, str, dict[str, Any]]]) -> list[Any]:
        """The answer of ``chat``."""
        (question,) = questions
        wanted = question[2]["tables"]["chat_message"]
        return [{"chat_message": [i for i in wanted if i in self.messages]}]


@pytest.fixture
def tasks(system: System, world: World) -> Any:
    """The service on the database and the storage of the running system."""
    service: Any = Swept()
    service.settings = SimpleNamespace(storage_url=f"file://{system.storage}")
    service.database = Database(system.parts.urls["tasks"])
    service.tx = Transaction(service.database, actor=SYSTEM)
    yield service
    service.tx.close()
    service.database.close()


def store_aged(system: System, key: str, age: float) -> Any:
    """Store an object of that age."""
    path = system.storage / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def test_only_old_files_without_a_row_are_deleted(
    system: System, world: World, tasks: Any, admin: Caller
) -> None:
    """Nothing else in the storage is touched."""
    file = world.add("attachment_file", "a", name="a.txt", comment_id=world.comment)
    system.load(world.tables)
    kept = [
        store_aged(system, f"attachments/{file}", 2 * HOUR),
        store_aged(system, f"attachments/{ident('new')}", HOUR / 2),
        store_aged(system, f"previews/{world.preview}/original", 2 * HOUR),
        store_aged(system, "elsewhere/x", 2 * HOUR),
    ]
    gone = [
        store_aged(system, f"attachments/{ident('orphan')}", 2 * HOUR),
        store_aged(system, "attachments/no-id", 2 * HOUR),
        store_aged(system, f"previews/{ident('orphan')}/original", 2 * HOUR),
        store_aged(system, f"uploads/{ident('left')}", 2 * HOUR),
        store_aged(system, f"uploads/{ident('torn')}#1", 2 * HOUR),
    ]
    assert tasks.sweep(HOUR) == 4
    assert [path.exists() for path in gone] == [False] * 5
    assert [path.exists() for path in kept] == [True] * 4


def test_files_of_unwritten_messages_are_deleted(system: System, world: World, tasks: Any) -> None:
    """``chat`` died between the rows of the files and the message."""
    tasks.messages = (ident("a message"),)
    stamps = {"said": "a message", "lost": "no message"}
    for name, message in stamps.items():
        row = {
            "id": ident(name),
            "name": name,
            "extension": "txt",
            "size": 1,
            "part": "",
            "mimetype": "text/plain",
        }
        tasks.attach_to_message.__wrapped__(tasks, ident(message), [row])
    tasks.tx.commit()
    tasks.tx.close()
    tasks.drop_files_of_lost_messages(HOUR)
    tasks.tx.close()
    known = tasks.list_files_of_messages.__wrapped__
    assert set(known(tasks, [ident("no message")])) == {ident("no message")}
    tasks.drop_files_of_lost_messages(0)
    tasks.commit_now()
    assert known(tasks, [ident("no message")]) == {}
    assert set(known(tasks, [ident("a message")])) == {ident("a message")}
