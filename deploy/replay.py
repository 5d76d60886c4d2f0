"""``make replay``: events of the history once more, into a file or a queue, or to a webhook.

``SINCE`` and ``UNTIL`` are positions or times (UTC), both inclusive; ``TO`` is
``file:events.jsonl`` (``.gz`` compresses it), ``queue:name``, ``subscriber:name`` or
``webhook:id``. ``EVENTS`` are names, with ``*`` for any part, and ``PRODUCTION`` an id. Whoever
reads a queue gets what ``callboard.full`` had, with the header ``replayed``; an account of a
program (``services.crud.subscribers``) what it may hear of that. A webhook's events are sent by the
sender, to the webhook's own filters and rights.
"""

from __future__ import annotations

import gzip
import itertools
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from uuid import UUID

import kombu
import msgspec
import psycopg2
from amqp.exceptions import NotFound
from tqdm import tqdm

from deploy.broker_connection import BROKEN, reach
from deploy.transfer.report import TransferError
from deploy.transfer.target import Target
from services.common.contracts.full_events import Recorded
from services.common.contracts.subscribers import as_managers_hear
from services.common.errors import ServiceError
from services.common.wire.publisher import Publisher
from services.common.wire.rpc_client import RpcClient
from services.crud.subscribers import orders
from services.crud.subscribers.accounts import PREFIX, Account, NoAccountError, heard_by
from services.crud.subscribers.management import Management, ManagementError
from services.crud.subscribers.orders import OrderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.contracts.subscribers import Heard

USAGE: Final = "Set TO=file:events.jsonl, TO=queue:name, TO=subscriber:name or TO=webhook:id."
#: Events published before their confirms are awaited, and rows fetched at once.
BATCH: Final = 1000
REPLAYED: Final = "replayed"
#: Seconds for the connection over which ``crud`` is called.
CONNECT_SECONDS: Final = 5.0
KINDS: Final = frozenset({"file", "queue", "subscriber", "webhook"})
#: A name of events, with stars for any part.
NAME: Final = re.compile(r"[a-z0-9_:*-]+")
#: Ends of the order of a webhook where none is given: all that the history has.
FIRST, LAST = "1", "9999-12-31T23:59:59"
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
            patterns = [_pattern(name) for name in names]
            found.append(("name LIKE ANY(%s)", patterns))
        if production := environ.get("PRODUCTION", ""):
            found.append(("project_id = %s::uuid", _production(production)))
        return cls(
            " AND ".join(condition for condition, _ in found) or "true",
            [parameter for _, parameter in found],
        )

    def heard_by(self, heard: Heard) -> Wanted:
        """These, of what an account hears."""
        found: list[tuple[str, Any]] = [("name LIKE ANY(%s)", heard.patterns)]
        if heard.productions is not None:
            found.append(("project_id = ANY(%s::uuid[])", sorted(map(str, heard.productions))))
        return Wanted(
            " AND ".join([self.conditions, *(condition for condition, _ in found)]),
            [*self.parameters, *(parameter for _, parameter in found)],
        )


def _bound(name: str, text: str, operator: str) -> tuple[str, Any]:
    if text.isdecimal():
        return f"position {operator} %s", int(text)
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return f"recorded_at {operator} %s", moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    message = f"{name} is {text!r}: it must be a position, or a time like 2026-11-29T18:00:00."
    raise TransferError(message)


def _pattern(name: str) -> str:
    """A name as SQL's LIKE has it. Raises TransferError."""
    if not NAME.fullmatch(name):
        message = f"EVENTS has {name!r}: names are like task:update, task:* or *:new."
        raise TransferError(message)
    return name.replace("_", r"\_").replace("*", "%")


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
    """Writes one event a line; nothing is left of a file that wasn't finished.

    Raises TransferError.
    """
    unfinished = path.with_name(f"{path.name}.part")
    opened: Any = gzip.open if path.suffix == ".gz" else open
    try:
        opened_file = opened(unfinished, "wt", encoding="utf-8")
    except OSError as error:
        message = f"TO names {path}, which can't be written: {error.strerror}."
        raise TransferError(message) from None
    with opened_file as file:
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


def replay(target: Target, environ: Mapping[str, str], kind: str, name: str) -> int:
    """Replay events into a file or a queue; returns how many. Raises TransferError."""
    wanted, url, queue = Wanted.of(environ), target.urls["crud"], name
    if kind == "subscriber":
        account = _account(name)
        wanted, queue = wanted.heard_by(_heard_by(target, account)), account.queue
    sink = to_file(Path(name)) if kind == "file" else to_queue(target.amqp_uri, queue)
    bar = tqdm(desc="replaying", total=count(url, wanted), unit="event", disable=None)
    replayed = 0
    with sink as put, bar, closing(events(url, wanted)) as found:
        while batch := list(itertools.islice(found, BATCH)):
            told = [as_managers_hear(one) for one in batch] if kind == "subscriber" else batch
            told = [one for one in told if one is not None]
            put(told)
            replayed += len(told)
            bar.update(len(batch))
    return replayed


def _account(name: str) -> Account:
    try:
        return orders.account({"NAME": name})
    except OrderError:
        message = f"TO names {name!r}, which is no name of an account."
        raise TransferError(message) from None


def _heard_by(target: Target, account: Account) -> Heard:
    """What an account hears. Raises TransferError."""
    url = target.environ.get("BROKER_MANAGEMENT_URL", "")
    try:
        with Management(target.amqp_uri, url) as broker:
            return heard_by(broker, account)
    except NoAccountError:
        message = f"There is no account {account.name}: make subscriber makes it."
        raise TransferError(message) from None
    except ManagementError as error:
        raise TransferError(str(error)) from None


def order_for_webhook(target: Target, environ: Mapping[str, str], ident: str) -> str:
    """Have a webhook's events sent again, and say which. Raises TransferError."""
    if unused := [name for name in ("EVENTS", "PRODUCTION") if environ.get(name)]:
        message = f"{unused[0]} is not for webhooks: their own filters apply."
        raise TransferError(message)
    order = {
        **_end("from", "SINCE", environ.get("SINCE") or FIRST),
        **_end("to", "UNTIL", environ.get("UNTIL") or LAST),
    }
    client = RpcClient(target.amqp_uri, name="replay")
    client.link.start()
    try:
        client.link.ready.wait(CONNECT_SECONDS)
        arguments = msgspec.json.encode({"ident": ident, "data": order})
        ordered = client.call("crud", "replay_webhook", arguments).decoded()
    except ServiceError as error:
        reason = " ".join(str(one) for one in (error.message or error.kind, error.data) if one)
        message = f"The webhook {ident} can't be sent events again: {reason}"
        raise TransferError(message) from None
    finally:
        client.link.stop()
    first, last = ordered["from_position"], ordered["to_position"]
    return f"Events {first} to {last} are sent to the webhook {ident} again."


def _end(end: str, variable: str, text: str) -> dict[str, Any]:
    """One end of the range, as a webhook's order has it. Raises TransferError."""
    _, bound = _bound(variable, text, "")
    if isinstance(bound, int):
        return {f"{end}_position": bound}
    return {f"{end}_time": bound.astimezone(UTC).replace(tzinfo=None).isoformat()}


def main(environ: Mapping[str, str]) -> str:
    """Replay, and say what was. Raises TransferError."""
    kind, _, name = environ.get("TO", "").partition(":")
    if kind not in KINDS or not name:
        raise TransferError(USAGE)
    if kind == "queue" and name.startswith(PREFIX):
        message = f"{name} is an account's: set TO=subscriber:{name.removeprefix(PREFIX)}."
        raise TransferError(message)
    target = Target.load(environ)
    if kind == "webhook":
        return order_for_webhook(target, environ, name)
    number = replay(target, environ, kind, name)
    return f"{number} events replayed to {name}."


if __name__ == "__main__":
    try:
        print(main(os.environ))
    except TransferError as error:
        sys.exit(str(error))
