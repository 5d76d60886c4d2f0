"""Dead letters by the command line: ``python -m services.crud.dead_letters list``.

``list`` prints each letter in a line; ``replay`` publishes each to the queue in which it died, and
keeps those that no queue takes; ``discard`` deletes them. A queue's name after that narrows it to
the letters of that queue. It works on what the service has collected from the queue
``callboard.dead``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

import sqlalchemy as sa

from services.common.database.pools import with_driver
from services.crud.dead_letters import store
from services.crud.models import dead_letter

USAGE: Final = (
    "usage: CRUD_DATABASE_URL=postgresql://… AMQP_URI=amqp://… "
    "python -m services.crud.dead_letters list|replay|discard [queue]"
)
C: Final = dead_letter.c


def listed(engine: sa.Engine, _uri: str, queue: str | None) -> Iterator[str]:
    """A line for each letter: when, what, where, why, and how its body begins."""
    columns = (*store.SHOWN, sa.func.substr(C.body, 1, 200).label("beginning"))
    rows = sa.select(*columns).where(store.of_queue(queue)).order_by(C.number)
    with engine.connect() as connection:
        for row in connection.execute(rows):
            reason, body = row.error or row.reason or "?", bytes(row.beginning)
            yield (
                f"{row.happened_at or '?'}  {row.name or '?'}  {row.event_id or '?'}  "
                f"from {row.queue or '?'}: {reason}  {body!r}"
            )


def replayed(engine: sa.Engine, uri: str, queue: str | None) -> Iterator[str]:
    """Replay; a line for each batch, and for each letter that is kept."""
    with engine.connect() as connection:
        newest = connection.scalar(sa.select(sa.func.max(C.number))) or 0
    last, which = 0, store.of_queue(queue) & (C.number <= newest)
    while True:
        with engine.begin() as connection:
            rows = connection.execute(store.to_replay(which, last)).all()
            if not rows:
                return
            last = rows[-1].number
            # Published and confirmed first: a crash in between replays them twice, and loses none.
            kept = {letter.id: letter.reason for letter in store.replay(uri, rows)}
            done = [row.id for row in rows if row.id not in kept]
            connection.execute(store.discard(C.id.in_(done)))
        yield f"{len(done)} replayed"
        yield from (f"{ident} is kept: {reason}" for ident, reason in kept.items())


def discarded(engine: sa.Engine, _uri: str, queue: str | None) -> Iterator[str]:
    """Delete, and say how many."""
    with engine.begin() as connection:
        count = connection.execute(store.discard(store.of_queue(queue))).rowcount
    yield f"{count} discarded"


Action = Callable[[sa.Engine, str, str | None], Iterator[str]]
ACTIONS: Final[dict[str, Action]] = {"list": listed, "replay": replayed, "discard": discarded}


def main(arguments: list[str], url: str, uri: str) -> None:
    """Run one action."""
    action, *queue = arguments
    engine = sa.create_engine(with_driver(url))
    try:
        for line in ACTIONS[action](engine, uri, queue[0] if queue else None):
            print(line)  # noqa: T201 - command line output
    finally:
        engine.dispose()


if __name__ == "__main__":
    known = sys.argv[1:2] and sys.argv[1] in ACTIONS and len(sys.argv) <= 3  # noqa: PLR2004
    url = os.environ.get("CRUD_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not known or not url or "AMQP_URI" not in os.environ:
        sys.exit(USAGE)
    main(sys.argv[1:], url, os.environ["AMQP_URI"])
