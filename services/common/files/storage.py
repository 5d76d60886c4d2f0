"""File storage: a folder, or a bucket of any S3-compatible store, named by ``STORAGE_URL``.

Objects are written atomically and never changed: a new upload gets a new key. Rows say what an
object is for (``row_files.py``); the sweep (``rpc.py``) deletes objects without a row. All calls
block: services use ``storage_access.storage_of``, the gateway has an asynchronous client of its
own. If the storage is down, calls raise Unavailable within seconds.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import msgspec

from services.common.errors import NotFound, Unavailable
from services.common.observability.metrics import STORAGE_FAILURES

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = logging.getLogger(__name__)

#: Bytes; the unit of the sizes below.
CHUNK: Final = 1024 * 1024
AWAY: Final = "The file storage does not answer."
#: Keys listed at a time.
BATCH: Final = 500


class Stored(NamedTuple):
    """An object's metadata."""

    size: int
    etag: str
    modified: datetime


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a service to a route that sends a file (``answer="file"``)."""

    key: str
    content_type: str
    name: str = ""
    #: Whether a browser may display it; the gateway allows that for pictures, movies and PDF only.
    inline: bool = False
    #: How long a client may cache it.
    seconds: int = 7 * 24 * 3600
    last_modified: datetime | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file that the gateway has stored: the ``files`` of a multipart route."""

    id: str
    part: str
    name: str
    extension: str
    size: int
    mimetype: str


class Storage:
    """Objects by key. Raises NotFound for a missing object, Unavailable if the storage is down."""

    def __init__(self, url: str) -> None:
        self.url, parts = url, urlsplit(url)
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def store(self) -> ObjectStore:
        """The object store behind ``url``, opened at first use."""
        # Most processes never open one, and the library takes 5 MB and 12 ms.
        from obstore.store import LocalStore, from_url  # noqa: PLC0415

        if self.folder is not None:
            return LocalStore(self.folder, automatic_cleanup=True)
        return from_url(
            self.url,
            client_options={
                "connect_timeout": "1s",
                "timeout": "60s",
                "allow_http": True,  # if the endpoint is http, as inside a cluster
            },
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=2)},
        )

    def check(self) -> None:
        """Raise Unavailable if the folder is missing, as when its volume is not mounted."""
        if self.folder is not None and not self.folder.is_dir():
            STORAGE_FAILURES.inc()
            raise Unavailable(AWAY)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        self.check()
        with self.faults():
            yield

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Raise the library's errors as NotFound (a missing object) or Unavailable."""
        try:
            yield
        except FileNotFoundError:
            raise NotFound from None
        except _faults() as error:
            STORAGE_FAILURES.inc()
            log.warning("the storage: %s", str(error).split("\n", maxsplit=1)[0])
            raise Unavailable(AWAY) from error

    def put(self, key: str, content: Iterable[bytes] | bytes | Path) -> None:
        """Store an object, streaming its content; a failure leaves nothing."""
        with self._asked():
            self.store.put(
                key,
                cast("Any", content),
                chunk_size=5 * CHUNK,
                max_concurrency=2,
                use_multipart=not isinstance(content, bytes),
            )

    def copy(self, key: str, target: str) -> None:
        """Store an object under another key as well; in a folder, as a link to the same bytes."""
        with self._asked():
            try:
                # Objects never change: one that is there is this one. Linking it a second time
                # would leave the link under its temporary name.
                self.store.head(target)
            except FileNotFoundError:
                self.store.copy(key, target)

    def stat(self, key: str) -> Stored:
        """An object's metadata."""
        with self._asked():
            return describe(self.store.head(key))

    def get(
        self, key: str, first: int = 0, length: int | None = None
    ) -> tuple[Stored, Iterator[bytes]]:
        """An object's metadata, and a stream of it or of ``length`` bytes from ``first``."""
        options: Any = None
        if length is not None:
            options = {"range": (first, first + length)}
        with self._asked():
            result = self.store.get(key, options=options)
            return describe(result.meta), self._pieces(result)

    def _pieces(self, result: Any) -> Iterator[bytes]:
        with self._asked():
            for chunk in result.stream(min_chunk_size=CHUNK // 4):
                yield bytes(chunk)

    def fetch(self, key: str, path: Path) -> None:
        """Download an object to a local file."""
        _, chunks = self.get(key)
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)

    def delete(self, *keys: str) -> None:
        """Delete objects; missing ones are ignored."""
        for key in keys:
            with self._asked():
                try:
                    self.store.delete(key)
                except FileNotFoundError:
                    continue

    def older_than(self, prefix: str, seconds: float) -> Iterator[list[str]]:
        """Keys under a prefix whose objects are older than ``seconds``, in batches."""
        limit = datetime.now(UTC) - timedelta(seconds=seconds)
        with self._asked():
            if self.folder is not None:
                yield from _files(self.folder, prefix, limit.timestamp())
                return
            for batch in self.store.list(prefix, chunk_size=BATCH):
                keys = [str(meta["path"]) for meta in batch if meta["last_modified"] < limit]
                if keys:
                    yield keys

    def drop_torn(self, seconds: float) -> None:
        """Delete partial files of crashed writers in a folder; a bucket has a lifecycle rule."""
        limit = time.time() - seconds
        for path in self.folder.rglob("*#*") if self.folder else ():
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


def _files(folder: Path, prefix: str, limit: float) -> Iterator[list[str]]:
    """Keys of a folder's files older than ``limit``, without partial ones (``#`` in the name)."""
    files = (path for path in (folder / prefix).rglob("*") if "#" not in path.name)
    old = (path for path in files if path.is_file() and path.stat().st_mtime < limit)
    while batch := list(islice(old, BATCH)):
        yield [path.relative_to(folder).as_posix() for path in batch]


def _faults() -> tuple[type[Exception], ...]:
    """The exceptions of a storage; the library's only if it has been imported."""
    exceptions = sys.modules.get("obstore.exceptions")
    return (OSError, exceptions.BaseError) if exceptions else (OSError,)


def describe(meta: Any) -> Stored:
    """The library's metadata as ``Stored``."""
    return Stored(int(meta["size"]), str(meta["e_tag"] or ""), meta["last_modified"])


def sweep(
    storage: Storage,
    prefix: str,
    owned: Callable[[list[str]], set[str]],
    seconds: float,
    run: Callable[..., Any],
) -> int:
    """Delete objects older than ``seconds`` that no row owns; returns their number.

    ``owned`` returns those of its keys that have a row; ``run`` runs blocking calls.
    """
    removed, listed = 0, storage.older_than(prefix, seconds)
    while keys := run(next, listed, None):
        orphans = set(keys) - owned(keys)
        run(storage.delete, *orphans)
        removed += len(orphans)
    return removed


@lru_cache(maxsize=4)
def open_storage(url: str) -> Storage:
    """The storage at that URL, shared by the process."""
    return Storage(url)
