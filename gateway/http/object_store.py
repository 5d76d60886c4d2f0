"""The file storage for the event loop: an asynchronous client."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import obstore

from services.common.errors import Unavailable
from services.common.files.storage import AWAY, CHUNK, Storage, Stored, describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

#: Seconds within which the storage must start to answer, so that clients get a 502 within two.
ANSWER_SECONDS: Final = 1.5
PART: Final = 5 * CHUNK


class ObjectStore:
    """Objects by key. Raises NotFound for a missing one, Unavailable when the storage is away."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @asynccontextmanager
    async def _operation(self, seconds: float | None = ANSWER_SECONDS) -> AsyncIterator[Any]:
        try:
            async with asyncio.timeout(seconds):
                # On a thread: a folder on a network may hang.
                await asyncio.to_thread(self._storage.check)
                with self._storage.faults():
                    yield self._storage.store
        except TimeoutError:
            raise Unavailable(AWAY) from None

    async def put(self, key: str, content: AsyncIterable[bytes]) -> None:
        """Store an object, streaming its content; a failure leaves nothing."""
        # No timeout: the client's pace is limited where its body is read.
        async with self._operation(None) as store:
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
        """An object's metadata and a stream of it, or of a ``part`` (first byte, length).

        The stream need not be consumed.
        """
        options: Any = {"range": (part[0], sum(part))} if part else None
        async with self._operation() as store:
            result = await obstore.get_async(store, key, options=options)
        return describe(result.meta), self._pieces(result)

    async def stat(self, key: str) -> Stored:
        """An object's metadata."""
        async with self._operation() as store:
            return describe(await obstore.head_async(store, key))

    async def _pieces(self, result: Any) -> AsyncIterator[bytes]:
        with self._storage.faults():
            async for piece in result.stream(min_chunk_size=CHUNK // 4):
                yield bytes(piece)

    async def delete(self, *keys: str) -> None:
        """Delete objects; missing ones are ignored."""
        for key in keys:
            async with self._operation() as store:
                try:
                    await obstore.delete_async(store, key)
                except FileNotFoundError:
                    continue
