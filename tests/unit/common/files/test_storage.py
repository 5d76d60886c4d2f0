"""The file storage: whole objects or none, ranges, what the sweep may take."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from services.common.errors import NotFound, Unavailable
from services.common.files.storage import Storage, sweep


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A storage in a folder whose name needs quoting."""
    return Storage(f"file://{tmp_path}/a%20folder")


def read(storage: Storage, key: str, *part: int) -> bytes:
    """An object, or a part of it."""
    return b"".join(storage.get(key, *part)[1])


def breaking() -> Iterator[bytes]:
    """An upload that breaks off."""
    yield b"x" * 7_000_000
    message = "the line went dead"
    raise ConnectionError(message)


def now(function: Any, *arguments: Any) -> Any:
    """Run it here."""
    return function(*arguments)


def test_what_was_put_is_read_back_whole_and_in_parts(storage: Storage) -> None:
    """Also an empty object."""
    storage.put("a/one", iter([b"0123", b"456789"]))
    storage.put("a/empty", iter(()))
    assert read(storage, "a/one") == b"0123456789"
    assert read(storage, "a/one", 3, 4) == b"3456"
    assert read(storage, "a/empty") == b""
    assert storage.stat("a/one").size == 10


def test_an_upload_that_breaks_leaves_nothing(storage: Storage) -> None:
    """Neither a part of the object nor what was written of it."""
    with pytest.raises((ConnectionError, Unavailable)):
        storage.put("a/broken", breaking())
    with pytest.raises(NotFound):
        storage.stat("a/broken")
    assert storage.folder is not None
    assert [p for p in storage.folder.rglob("*") if p.is_file()] == []


def test_objects_are_copied_and_go(storage: Storage) -> None:
    """A copy outlives what it was made of. Deleting twice is no mistake."""
    storage.put("uploads/x", b"content")
    for _ in range(2):
        storage.copy("uploads/x", "previews/y/original")
    storage.delete("uploads/x")
    assert read(storage, "previews/y/original") == b"content"
    storage.delete("previews/y/original", "uploads/x")
    storage.delete("previews/y/original")
    with pytest.raises(NotFound):
        read(storage, "previews/y/original")
    assert storage.folder is not None
    assert not (storage.folder / "previews").exists()


def test_the_last_file_may_go_while_the_next_one_comes(storage: Storage) -> None:
    """The empty folder is removed, and made again by whoever needs it."""

    def come_and_go(number: int) -> None:
        for turn in range(50):
            storage.put(f"uploads/{number}-{turn}", iter([b"x"]))
            storage.delete(f"uploads/{number}-{turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert storage.folder is not None
    assert list(storage.folder.iterdir()) == []


def test_a_folder_that_was_taken_away_is_not_made_anew(storage: Storage) -> None:
    """A mount that is gone must not be written beneath."""
    assert storage.folder is not None
    shutil.rmtree(storage.folder)
    for call in (lambda: storage.put("a", b""), lambda: storage.stat("a")):
        with pytest.raises(Unavailable):
            call()
    assert not storage.folder.exists()


def test_the_sweep_takes_what_is_old_and_has_no_row(storage: Storage) -> None:
    """What is new may still get its row."""
    for name in ("owned", "orphan", "new"):
        storage.put(f"a/{name}", b"x")
    assert storage.folder is not None
    old = time.time() - 7200
    for name in ("owned", "orphan"):
        os.utime(storage.folder / "a" / name, (old, old))
    assert sweep(storage, "a", lambda _keys: {"a/owned"}, 3600, now) == 1
    assert {p.name for p in (storage.folder / "a").iterdir()} == {"owned", "new"}


def test_the_sweep_takes_what_a_killed_writer_left(storage: Storage) -> None:
    """Half-written files have names that no object has."""
    assert storage.folder is not None
    (storage.folder / "a").mkdir()
    torn = storage.folder / "a" / "x#1"
    torn.write_bytes(b"half")
    storage.drop_torn(3600)
    assert torn.exists()
    os.utime(torn, (0, 0))
    storage.drop_torn(3600)
    assert not torn.exists()
