"""How full queues are, asked of the broker over AMQP: no other interface of it has to be open."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from pamqp.commands import Queue

from services.common.wire.address import addresses
from services.common.wire.connection import connect_to_one
from services.common.wire.errors import BrokerLost
from services.common.wire.frames import method
from services.common.wire.session import NUMBER
from services.common.wire.transport import left_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.wire.session import Session

#: Seconds for all answers of one connection, and for a write.
SECONDS: Final = 3.0


class Depth(NamedTuple):
    """What a queue holds."""

    #: Messages that no consumer has got yet.
    waiting: int
    consumers: int


def depths(uri: str, queues: Iterable[str]) -> dict[str, Depth]:
    """The depth of each queue; those that don't exist are left out. Raises OSError."""
    found: dict[str, Depth] = {}
    asked = list(dict.fromkeys(queues))
    while asked:
        _ask(uri, asked, found)
        # The broker answers in order, and closes the channel at the first one that it doesn't know.
        asked = [queue for queue in asked if queue not in found][1:]
    return found


def _ask(uri: str, queues: list[str], found: dict[str, Depth]) -> None:
    def set_up(session: Session) -> None:
        session.declared = heard

    def heard(answer: Queue.DeclareOk) -> None:
        depth = Depth(answer.message_count or 0, answer.consumer_count or 0)
        found[str(answer.queue)] = depth

    connection = connect_to_one(
        addresses(uri), setup=set_up, name="queue depths", write_seconds=SECONDS
    )
    try:
        questions = (Queue.Declare(queue=queue, passive=True) for queue in queues)
        connection.outgoing.send(b"".join(method(NUMBER, one) for one in questions))
        end = time.monotonic() + SECONDS
        while not found.keys() >= set(queues):
            left_until(end)  # raises TimeoutError
            connection.read()
    except BrokerLost as error:
        if error.code != HTTPStatus.NOT_FOUND:  # AMQP has the same number
            raise
    finally:
        connection.close()
