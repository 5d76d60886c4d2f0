"""Importing files of another store, after their rows: ``make import-files FOLDER=…``.

Whatever folders the other store spreads its files over, it names each after the row it belongs to.
So the folder is searched for names that end in a row's id, and what stands before the id says which
of a row's files it is. Originals are copied and compared by checksum; the smaller pictures are made
anew. What is here already is left alone, so that a second run only brings what is new.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from deploy.transfer.report import Entry, Report, TransferError
from services.common.database.transaction import plain_url
from services.common.errors import NotFound
from services.common.files.avatars import NAME, SIZE, avatar_of
from services.common.files.storage import open_storage
from services.common.files.storage_access import UPLOADS
from services.common.files.thumbnails.client import PictureBroken, PictureTooLarge, rendered
from services.common.files.thumbnails.order import Shape
from services.tasks.attachments.files import attachment_key
from services.tasks.previews import kinds as previews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.transfer.target import Target
    from services.common.files.storage import Storage

IDENT: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
AVATARS: Final = {
    "persons": ("auth", "person"),
    "organisations": ("auth", "organisation"),
    "projects": ("crud", "project"),
}
#: What stands before the id of the file to take, the best first.
FIRST: Final = ("original", "source", "")
PIECE: Final = 1024 * 1024


@dataclass
class Copied:
    """What became of the rows that should have files."""

    copied: int = 0
    present: int = 0
    missing: int = 0
    broken: int = 0
    unused: int = 0


@dataclass
class Folder:
    """Another store's files, by the id in their names."""

    root: Path
    by_id: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)

    def read(self) -> int:
        """Look through the folder and answer how many files name a row. Raises TransferError."""
        if not self.root.is_dir():
            message = f"{self.root} is no folder."
            raise TransferError(message)
        for path in self.root.rglob("*"):
            found = IDENT.findall(path.name)
            if found and path.is_file():
                before = path.name.lower().rpartition(found[-1].lower())[0].strip("-_. ")
                self.by_id.setdefault(found[-1].lower(), []).append((before, path))
        return sum(len(paths) for paths in self.by_id.values())

    def best(self, ident: str, *wanted: str) -> Path | None:
        """The file of a row whose name begins with one of these, else its largest."""
        found = self.by_id.pop(ident, [])
        for name in wanted:
            for before, path in found:
                if before.startswith(name) if name else not before:
                    return path
        return max((path for _, path in found), key=lambda p: p.stat().st_size, default=None)


def copy_files(
    target: Target, root: Path, report: Report, moved: Callable[[int], object]
) -> Copied:
    """Bring over the files of all rows that should have some."""
    storage, folder, done = open_storage(target.storage_url), Folder(root), Copied()
    folder.read()
    for key, ident, extension, wanted in _wanted(target):
        moved(1)
        if _is_there(storage, key):
            done.present += 1
            folder.by_id.pop(ident, None)
            continue
        source = folder.best(ident, *wanted)
        if source is None:
            done.missing += 1
            report.note(Entry("missing file", key.split("/")[0], key=ident))
            continue
        try:
            checksum = _take(storage, key, source, ident, extension)
        except (PictureBroken, PictureTooLarge):
            done.broken += 1
            report.note(
                Entry("unreadable picture", key.split("/")[0], key=ident, value=str(source))
            )
            continue
        done.copied += 1
        report.note(Entry("copied file", key.split("/")[0], "sha256", ident, checksum))
    for ident, left in folder.by_id.items():
        done.unused += len(left)
        report.note(Entry("file without a row", "", key=ident, value=str(left[0][1])))
    return done


def _wanted(target: Target) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Key, id, extension and names of every file that a row stands for."""
    for ident, upload, extension in _rows(target, "tasks", "preview_file", "extension"):
        key = previews.KEPT.key(ident, previews.ORIGINAL, upload)
        yield key, ident, extension or "", FIRST
    for ident, _, _ in _rows(target, "tasks", "attachment_file", "extension"):
        yield attachment_key(ident), ident, "", ("attachment", "")
    for prefix, (service, table) in AVATARS.items():
        for ident, upload, has_one in _rows(target, service, table, "has_avatar"):
            if has_one:
                key = avatar_of(prefix, table).key(ident, NAME, upload)
                yield key, ident, NAME, ("thumbnail", "")


def _rows(
    target: Target, service: str, table: str, column: str
) -> list[tuple[str, str | None, Any]]:
    """The id, the upload and a column of each row of a table."""
    query = (
        f"SELECT t.id::text, s.upload_id::text, t.{column} FROM {table} t "  # noqa: S608 - our names
        f"LEFT JOIN {service}_stored_file s ON s.row_id = t.id AND s.table_name = %s"
    )
    connection = psycopg2.connect(plain_url(target.urls[service]))
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, (table,))
            return list(cursor.fetchall())
    finally:
        connection.close()


def _is_there(storage: Storage, key: str) -> bool:
    try:
        storage.stat(key)
    except NotFound:
        return False
    return True


def _take(storage: Storage, key: str, source: Path, ident: str, extension: str) -> str:
    """Store a file, and for a picture its shapes; answers the checksum of what was read back.

    Raises PictureBroken, PictureTooLarge, TransferError (what was stored is not what was read).
    """
    if extension in {previews.PICTURE, NAME}:
        shapes = previews.SHAPES if extension != NAME else {NAME: Shape("cover", SIZE, SIZE)}
        waiting = f"{UPLOADS}/{ident}"
        storage.put(waiting, source)
        try:
            with rendered(storage, waiting, shapes) as picture:
                for name, path in picture.files.items():
                    storage.put(f"{key.rpartition('/')[0]}/{name}", path)
        finally:
            storage.delete(waiting)
        return _digest(source)
    storage.put(key, source)
    read, kept = _digest(source), hashlib.sha256()
    for piece in storage.get(key)[1]:
        kept.update(piece)
    if kept.hexdigest() != read:
        storage.delete(key)
        message = f"{source} could not be stored as it is."
        raise TransferError(message)
    return read


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
