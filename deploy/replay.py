"""``make replay``: events of the history once more, into a file or a queue.

``SINCE`` and ``UNTIL`` are positions or times (UTC), both inclusive; ``TO`` is
``file:events.jsonl`` (``.gz`` compresses it) or ``queue:name``. ``EVENTS`` are names, with ``*``
for any part, and ``PRODUCTION`` an id. Whoever reads a queue gets what ``callboard.full`` had, with
the header ``replayed``.
"""

from __future__ import annotations

import gzip
import itertools
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from uuid import UUID

import kombu
import psycopg2
from amqp.exceptions import NotFound
from tqdm import tqdm

from deploy.broker_connection import BROKEN, reach
from deploy.transfer.report import TransferError
from deploy.transfer.target import Target
from services.common.contracts.full_events import Recorded
from services.common.wire.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE: Final = "Set TO=file:events.jsonl or TO=queue:name."
#: Events published before their confirms are awaited, and rows fetched at once.
BATCH: Final = 1000
REPLAYED: Final = "replayed"
SELECT: Final = "SELECT {columns} FROM event_history WHERE {conditions} ORDER BY position"


class Wanted(NamedTuple):
    """Which events to replay, as conditions in SQL."""

    conditions: str
    parameters: list[Any]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment. Raises TransferError."""
        found: list[tuple[str, Any]] = []
        for name, operator in (("SINCE", ">="), ("UNTIL", "<=")):
            if text := environ.get(name, ""):
                found.append(_bound(name, text, operator))
        if names := environ.get("EVENTS", "").split():
            patterns = [name.replace("_", r"\_").replace("*", "%") for name in names]
            found.append(("name LIKE ANY(%s)", patterns))
        if production := environ.get("PRODUCTION", ""):
            found.append(("project_id = %s::uuid", _production(production)))
        return cls(
            " AND ".join(condition for condition, _ in found) or "true",
            [parameter for _, parameter in found],
        )


def _bound(name: str, text: str, operator: str) -> tuple[str, Any]:
    if text.isdecimal():
        return f"position {operator} %s", int(text)
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return f"recorded_at {operator} %s", moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    message = f"{name} is {text!r}: it must be a position, or a time like 2026-11-29T18:00:00."
    raise TransferError(message)


def _production(text: str) -> str:
    with suppress(ValueError):
        return str(UUID(text))
    message = f"PRODUCTION is {text!r}: it must be the id of a production."
    raise TransferError(message)


def events(url: str, wanted: Wanted) -> Generator[Recorded, None, None]:
    """The events, oldest first; never more than ``BATCH`` in memory."""
    statement = SELECT.format(columns=", ".join(Recorded._fields), conditions=wanted.conditions)
    with closing(psycopg2.connect(url)) as connection, connection.cursor("replay") as cursor:
        cursor.itersize = BATCH
        cursor.execute(statement, wanted.parameters)
        yield from itertools.starmap(Recorded, cursor)


def count(url: str, wanted: Wanted) -> int:
    """How many events there are, for the progress bar."""
    statement = f"SELECT count(*) FROM event_history WHERE {wanted.conditions}"  # noqa: S608
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, wanted.parameters)
        return sum(number for (number,) in cursor)


@contextmanager
def to_file(path: Path) -> Iterator[Callable[[list[Recorded]], None]]:
    """Writes one event a line; nothing is left of a file that wasn't finished."""
    unfinished = path.with_name(f"{path.name}.part")
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(unfinished, "wt", encoding="utf-8") as file:
        yield lambda batch: file.writelines(f"{event.text}\n" for event in batch)
    unfinished.replace(path)


@contextmanager
def to_queue(uri: str, queue: str) -> Iterator[Callable[[list[Recorded]], None]]:
    """Publishes to a queue that exists, and waits for the broker's confirms.

    Raises TransferError.
    """
    _check_queue(uri, queue)
    publisher = Publisher(uri, lambda _session: None, name="replay")

    def publish(batch: list[Recorded]) -> None:
        for event in batch:
            headers = {**event.headers, "name": event.name, REPLAYED: True}
            publisher.add(event.text, "", queue, headers=headers)
        publisher.confirm()

    try:
        yield publish
    finally:
        publisher.close()


def _check_queue(uri: str, queue: str) -> None:
    try:
        with kombu.Connection(uri) as connection:
            reach(connection)
            connection.default_channel.queue_declare(queue, passive=True)
    except NotFound:
        message = f"There is no queue {queue}: declare it first."
        raise TransferError(message) from None
    except BROKEN as error:
        message = f"The broker does not answer: {error}"
        raise TransferError(message) from None


def replay(target: Target, environ: Mapping[str, str]) -> int:
    """Replay events; returns how many. Raises TransferError."""
    kind, _, name = environ.get("TO", "").partition(":")
    if kind not in {"file", "queue"} or not name:
        raise TransferError(USAGE)
    wanted, url = Wanted.of(environ), target.urls["crud"]
    sink = to_file(Path(name)) if kind == "file" else to_queue(target.amqp_uri, name)
    bar = tqdm(desc="replaying", total=count(url, wanted), unit="event", disable=None)
    replayed = 0
    with sink as put, bar, closing(events(url, wanted)) as found:
        while batch := list(itertools.islice(found, BATCH)):
            put(batch)
            replayed += len(batch)
            bar.update(len(batch))
    return replayed


def main(environ: Mapping[str, str]) -> str:
    """Replay, and say how many events it were."""
    number = replay(Target.load(environ), environ)
    return f"{number} events replayed to {environ['TO'].partition(':')[2]}."


if __name__ == "__main__":
    try:
        print(main(os.environ))
    except TransferError as error:
        sys.exit(str(error))
