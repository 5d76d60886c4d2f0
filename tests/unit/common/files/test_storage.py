"""File storage: atomic writes, ranges, the sweeper."""

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
    """The content of an object, or of a part of it."""
    return b"".join(storage.get(key, *part)[1])


def breaking() -> Iterator[bytes]:
    """An upload that fails half-way."""
    yield b"x" * 7_000_000
    message = "the line went dead"
    raise ConnectionError(message)


def now(function: Any, *arguments: Any) -> Any:
    """Run a function synchronously."""
    return function(*arguments)


def test_an_object_is_read_completely_and_by_ranges(storage: Storage) -> None:
    """Also an empty one."""
    storage.put("a/one", iter([b"0123", b"456789"]))
    storage.put("a/empty", iter(()))
    assert read(storage, "a/one") == b"0123456789"
    assert read(storage, "a/one", 3, 4) == b"3456"
    assert read(storage, "a/empty") == b""
    assert storage.stat("a/one").size == 10


def test_a_failed_upload_leaves_nothing(storage: Storage) -> None:
    """Neither an object nor a temporary file."""
    with pytest.raises((ConnectionError, Unavailable)):
        storage.put("a/broken", breaking())
    with pytest.raises(NotFound):
        storage.stat("a/broken")
    assert storage.folder is not None
    assert [p for p in storage.folder.rglob("*") if p.is_file()] == []


def test_objects_are_copied_and_deleted(storage: Storage) -> None:
    """A copy outlives its source; copying and deleting are idempotent."""
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


def test_a_folder_may_be_removed_during_an_upload(storage: Storage) -> None:
    """It is created again."""

    def come_and_go(number: int) -> None:
        for turn in range(50):
            storage.put(f"uploads/{number}-{turn}", iter([b"x"]))
            storage.delete(f"uploads/{number}-{turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert storage.folder is not None
    assert list(storage.folder.iterdir()) == []


def test_a_missing_root_folder_is_not_created(storage: Storage) -> None:
    """Writing below an unmounted mount point would hide the files."""
    assert storage.folder is not None
    shutil.rmtree(storage.folder)
    for call in (lambda: storage.put("a", b""), lambda: storage.stat("a")):
        with pytest.raises(Unavailable):
            call()
    assert not storage.folder.exists()


def test_the_sweeper_deletes_old_objects_without_a_row(storage: Storage) -> None:
    """New ones may still get a row."""
    for name in ("owned", "orphan", "new"):
        storage.put(f"a/{name}", b"x")
    assert storage.folder is not None
    old = time.time() - 7200
    for name in ("owned", "orphan"):
        os.utime(storage.folder / "a" / name, (old, old))
    assert sweep(storage, "a", lambda _keys: {"a/owned"}, 3600, now) == 1
    assert {p.name for p in (storage.folder / "a").iterdir()} == {"owned", "new"}


def test_the_sweeper_deletes_temporary_files(storage: Storage) -> None:
    """A killed writer leaves them."""
    assert storage.folder is not None
    (storage.folder / "a").mkdir()
    torn = storage.folder / "a" / "x#1"
    torn.write_bytes(b"half")
    storage.drop_torn(3600)
    assert torn.exists()
    os.utime(torn, (0, 0))
    storage.drop_torn(3600)
    assert not torn.exists()
