"""Imports the files of another store after their rows: ``make import-files FOLDER=…``.

The other store names each file after its row, whatever its folders are. So the folder is searched
for names that end in a row's id; the part before the id says which of the row's files it is.
Originals are copied and verified by checksum; thumbnails are made again. Existing files are
skipped, so a second run imports only new ones.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg2

from deploy.transfer.report import Entry, Report, TransferError
from services.common.database.pools import plain_url
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
#: Prefixes of the file to import, in order of preference.
ORIGINALS: Final = ("original", "source", "")
CHUNK: Final = 1024 * 1024


@dataclass
class Copied:
    """Counts: rows whose file was copied, was present, is missing or broken; files without row."""

    copied: int = 0
    present: int = 0
    missing: int = 0
    broken: int = 0
    unused: int = 0


@dataclass
class Folder:
    """The other store's files: pairs of prefix and path, by the id in their names."""

    root: Path
    by_id: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)

    def read(self) -> int:
        """Scan the folder; returns the number of files with an id. Raises TransferError."""
        if not self.root.is_dir():
            message = f"{self.root} is not a folder."
            raise TransferError(message)
        for path in self.root.rglob("*"):
            # Names end in the row's id; an earlier id belongs to something else.
            ids = IDENT.findall(path.name)
            if ids and path.is_file():
                prefix = path.name.lower().rpartition(ids[-1].lower())[0].strip("-_. ")
                self.by_id.setdefault(ids[-1].lower(), []).append((prefix, path))
        return sum(len(paths) for paths in self.by_id.values())

    def take(self, ident: str, *prefixes: str) -> Path | None:
        """Remove a row's files; returns the one with the first matching prefix, or the largest."""
        files = self.by_id.pop(ident, [])
        for preferred in prefixes:
            for prefix, path in files:
                if prefix.startswith(preferred) if preferred else not prefix:
                    return path
        return max((path for _, path in files), key=lambda p: p.stat().st_size, default=None)


def copy_files(
    target: Target, root: Path, report: Report, moved: Callable[[int], object]
) -> Copied:
    """Import the files of all rows that should have one; problems go to ``report``."""
    storage, folder, done = open_storage(target.storage_url), Folder(root), Copied()
    folder.read()
    for key, ident, extension, prefixes in _expected(target):
        moved(1)
        if _exists(storage, key):
            done.present += 1
            folder.by_id.pop(ident, None)
            continue
        source = folder.take(ident, *prefixes)
        if source is None:
            done.missing += 1
            report.note(Entry("missing file", key.split("/")[0], key=ident))
            continue
        try:
            checksum = _copy(storage, key, source, ident, extension)
        except (PictureBroken, PictureTooLarge):
            done.broken += 1
            report.note(
                Entry("unreadable picture", key.split("/")[0], key=ident, value=str(source))
            )
            continue
        done.copied += 1
        report.note(Entry("copied file", key.split("/")[0], "sha256", ident, checksum))
    for ident, files in folder.by_id.items():
        done.unused += len(files)
        report.note(Entry("file without a row", "", key=ident, value=str(files[0][1])))
    return done


def _expected(target: Target) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Key, id, extension and prefixes of the files that rows refer to."""
    for ident, upload, extension in _rows(target, "tasks", "preview_file", "extension"):
        key = previews.FILES.key(ident, previews.ORIGINAL, upload)
        yield key, ident, extension or "", ORIGINALS
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


def _exists(storage: Storage, key: str) -> bool:
    try:
        storage.stat(key)
    except NotFound:
        return False
    return True


def _copy(storage: Storage, key: str, source: Path, ident: str, extension: str) -> str:
    """Store a file, and for an image its thumbnails; returns the source's SHA-256.

    Raises PictureBroken, PictureTooLarge, and TransferError if the stored file differs.
    """
    if extension in {previews.PICTURE, NAME}:
        shapes = previews.SHAPES if extension != NAME else {NAME: Shape("cover", SIZE, SIZE)}
        # The thumbnail worker reads its input from the store, as it does for uploads.
        upload = f"{UPLOADS}/{ident}"
        storage.put(upload, source)
        try:
            with rendered(storage, upload, shapes) as picture:
                for name, path in picture.files.items():
                    storage.put(f"{key.rpartition('/')[0]}/{name}", path)
        finally:
            storage.delete(upload)
        return _digest(source)
    storage.put(key, source)
    expected, stored = _digest(source), hashlib.sha256()
    for chunk in storage.get(key)[1]:
        stored.update(chunk)
    if stored.hexdigest() != expected:
        storage.delete(key)
        message = f"The stored copy of {source} differs from it."
        raise TransferError(message)
    return expected


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
