"""The end of the history, which all webhooks of a process follow together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import psycopg2

from services.crud.webhooks import store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.contracts.full_events import Recorded
    from services.crud.webhooks.store import Store

#: Pages that are kept: webhooks that follow the end all read the same one.
KEPT: Final = 16


class History:
    """Pages of events; those who ask for the same page at once wait for one query."""

    def __init__(self, database: Store) -> None:
        self.database = database
        self.head = 0
        self.grown = asyncio.Event()
        self.pages: dict[int, asyncio.Task[list[Recorded]]] = {}

    def grow(self) -> None:
        """Wake whoever waits for new events: there are some, or may be."""
        self.pages.clear()
        self.grown.set()
        self.grown = asyncio.Event()

    async def after(self, position: int) -> list[Recorded]:
        """The events after a position, the first of them. Raises psycopg2.Error."""
        task = self._page(position)
        try:
            # Shielded: whoever stops waiting must not end the query for the others.
            return await asyncio.shield(task)
        except psycopg2.Error:
            self.pages.pop(position, None)
            raise

    def read_ahead(self, page: Sequence[Recorded]) -> None:
        """Read what follows a full page while that is sent."""
        if len(page) == store.PAGE:
            self._page(page[-1].position)

    def _page(self, position: int) -> asyncio.Task[list[Recorded]]:
        task = self.pages.get(position)
        if task is None:
            while len(self.pages) >= KEPT:
                del self.pages[next(iter(self.pages))]
            task = asyncio.ensure_future(self.database.run(store.read, position))
            self.pages[position] = task
        return task

    def reached(self, head: int) -> None:
        """Take note of the newest position: a notification may have been lost."""
        if head > self.head:
            self.head = head
            self.grow()
