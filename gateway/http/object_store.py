"""The file storage on the event loop: nothing here blocks it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import obstore

from services.common.errors import Unavailable
from services.common.files.storage import AWAY, CHUNK, Storage, Stored, describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

#: Seconds in which the storage has to begin its answer: a client is told within two.
ANSWER_SECONDS: Final = 1.5
PART: Final = 5 * CHUNK


class ObjectStore:
    """Objects by key. Raises NotFound for a missing one, Unavailable when the storage is away."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @asynccontextmanager
    async def _asked(self, seconds: float | None = ANSWER_SECONDS) -> AsyncIterator[Any]:
        try:
            async with asyncio.timeout(seconds):
                # A folder on a network that hangs may take its time.
                await asyncio.to_thread(self._storage.check)
                with self._storage.faults():
                    yield self._storage.store
        except TimeoutError:
            raise Unavailable(AWAY) from None

    async def put(self, key: str, content: AsyncIterable[bytes]) -> None:
        """Store an object, taken piece by piece; nothing is left when reading or storing fails."""
        async with self._asked(None) as store:
            await obstore.put_async(
                store,
                key,
                cast("Any", content),
                chunk_size=PART,
                max_concurrency=2,
                use_multipart=True,
            )

    async def get(
        self, key: str, part: tuple[int, int] | None = None
    ) -> tuple[Stored, AsyncIterator[bytes]]:
        """What is known of an object, and its bytes; of a ``part`` (first byte, length) only its.

        The bytes needn't be taken.
        """
        options: Any = {"range": (part[0], sum(part))} if part else None
        async with self._asked() as store:
            found = await obstore.get_async(store, key, options=options)
        return describe(found.meta), self._pieces(found)

    async def stat(self, key: str) -> Stored:
        """What is known of an object."""
        async with self._asked() as store:
            return describe(await obstore.head_async(store, key))

    async def _pieces(self, found: Any) -> AsyncIterator[bytes]:
        with self._storage.faults():
            async for piece in found.stream(min_chunk_size=CHUNK // 4):
                yield bytes(piece)

    async def delete(self, *keys: str) -> None:
        """Remove objects; one that isn't there is no mistake."""
        for key in keys:
            async with self._asked() as store:
                try:
                    await obstore.delete_async(store, key)
                except FileNotFoundError:
                    continue
