"""Making, revoking and listing accounts.

The broker holds all of it, and nothing else does: an account is a user, a queue of the same name,
and the queue's bindings, which say what it hears.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote
from uuid import UUID

from services.common.contracts.crud.subscribers import Subscriber
from services.common.contracts.full_events import Named
from services.common.contracts.subscribers import MANAGER, Heard
from services.common.wire.topology import SUBSCRIBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from services.crud.subscribers.management import Management

    #: Runs a statement with named parameters, and returns its rows.
    Rows = Callable[..., Sequence[tuple[Any, ...]]]

#: Before the name of an account, in that of its user and queue.
PREFIX: Final = "subscriber."
#: A tag that gives no right: who looks at the broker's users sees what they are.
TAG: Final = "subscriber"
QUEUE: Final = {"x-queue-type": "quorum"}
#: Bytes that a queue may hold: more are dropped, the oldest first.
BYTES: Final = 512_000_000
#: From its fourth release the broker drops what was delivered twenty times, if nobody says
#: otherwise: a program that restarts every few seconds would soon have lost what it had fetched.
DELIVERIES: Final = 1_000_000
DAY_MS: Final = 24 * 60 * 60 * 1000
LIMITS: Final = {"max-connections": 5, "max-channels": 50}
#: Messages that a lag is reckoned from at most.
COUNTED: Final = 100_000
# ``LIKE`` patterns. The index of positions is read backwards, no further than the wanted rows.
LAG: Final = """
SELECT extract(epoch FROM now() - min(recorded_at))::float FROM (
  SELECT recorded_at FROM event_history
  WHERE name LIKE ANY(%(names)s::text[]) AND audience::jsonb -> 'roles' ? %(role)s
    AND (%(productions)s::uuid[] IS NULL OR project_id = ANY(%(productions)s::uuid[]))
  ORDER BY position DESC LIMIT %(waiting)s) AS waiting
"""
PRODUCTIONS: Final = "SELECT id, name FROM project WHERE id = ANY(%(ids)s::uuid[])"


class NoAccountError(Exception):
    """There is no account of that name."""


class Account(NamedTuple):
    """An account by its name."""

    name: str

    @property
    def queue(self) -> str:
        """The name of its queue and of its user."""
        return f"{PREFIX}{self.name}"


def make(
    broker: Management, account: Account, heard: Heard, days: int, *, rotate: bool
) -> str | None:
    """Make an account, or change what it hears; returns its password if that is new.

    What waits in its queue stays. Raises ManagementError.
    """
    queue = account.queue
    limits = {"max-length-bytes": BYTES, "message-ttl": days * DAY_MS}
    # Of an operator: an account that declares its queue anew, with arguments of its own, can't get
    # around it. The other one is apart: only quorum queues know it, and a policy with something
    # that a queue doesn't know does not apply to it at all.
    for kind, definition in (
        ("operator-policies", limits),
        ("policies", {"delivery-limit": DELIVERIES}),
    ):
        broker.put(
            f"{kind}/{broker.vhost}/{SUBSCRIBERS}",
            pattern=f"^{PREFIX.replace('.', '[.]')}",
            definition=definition,
            **{"apply-to": "queues"},
        )
    broker.put(f"queues/{broker.vhost}/{queue}", durable=True, arguments=QUEUE)
    _bind(broker, queue, heard)
    password = None
    if rotate or broker.get(f"users/{queue}") is None:
        password = secrets.token_urlsafe(32)
        broker.put(f"users/{queue}", password=password, tags=TAG)
        # Whoever has the old one is out at once.
        broker.delete(f"connections/username/{queue}")
    for limit, value in LIMITS.items():
        broker.put(f"user-limits/{queue}/{limit}", value=value)
    own = f"^{queue.replace('.', '[.]')}$"
    # Last: until then it may do nothing. An empty pattern matches nothing.
    broker.put(f"permissions/{broker.vhost}/{queue}", configure=own, read=own, write="")
    return password


def _bind(broker: Management, queue: str, heard: Heard) -> None:
    """Bind a queue to what it is to hear: to more before to less, so that it misses nothing."""
    path = f"bindings/{broker.vhost}/e/{SUBSCRIBERS}/q/{queue}"
    before = {one["routing_key"]: one["properties_key"] for one in broker.get(path) or ()}
    for key in sorted(heard.keys - before.keys()):
        broker.post(path, routing_key=key)
    for key in before.keys() - heard.keys:
        broker.delete(f"{path}/{quote(before[key], safe='')}")


def revoke(broker: Management, account: Account) -> None:
    """Delete an account and what waits for it; its connections end. Raises NoAccountError."""
    queue = account.queue
    had_user = broker.delete(f"users/{queue}")
    had_queue = broker.delete(f"queues/{broker.vhost}/{queue}")
    # It could declare one of its own name, of no use to anybody.
    broker.delete(f"exchanges/{broker.vhost}/{queue}")
    if not had_user and not had_queue:
        raise NoAccountError(account.name)


def heard_by(broker: Management, account: Account) -> Heard:
    """What an account hears. Raises NoAccountError, ManagementError."""
    if broker.get(f"users/{account.queue}") is None:
        raise NoAccountError(account.name)
    return Heard.of_keys(_bindings(broker)[account.queue])


def listed(broker: Management, rows: Rows) -> list[Subscriber]:
    """All accounts by their names; ``rows`` reads the database of ``crud``.

    The lag is the age of the oldest message that waits. The head of a queue can't be looked at
    without fetching it, and putting it back would change the order. But as many messages as wait
    are the newest of the history that the account hears: the oldest of those is the head. It is
    exact unless messages wait from before the account was bound anew, or of a replay, and at least
    that from 100,000 messages on. The broker counts messages every five seconds.

    Raises ManagementError.
    """
    names = {one["name"] for one in broker.get("users")}
    bindings = _bindings(broker)
    # Totals, not statistics: a broker may collect none, and they cost it more.
    queues = broker.get(f"queues/{broker.vhost}", disable_stats="true", enable_queue_totals="true")
    waiting = {one["name"]: int(one.get("messages") or 0) for one in queues or ()}
    connected = {one.get("user") for one in broker.get("connections", disable_stats="true") or ()}
    heard = {name: Heard.of_keys(bindings[name]) for name in names if name.startswith(PREFIX)}
    named = _productions(rows, heard.values())
    return [
        Subscriber(
            name=queue.removeprefix(PREFIX),
            productions=None
            if one.productions is None
            else sorted(
                (named[ident] for ident in one.productions), key=lambda row: row.name or ""
            ),
            events=sorted(one.names),
            queue=queue,
            waiting=waiting.get(queue, 0),
            lag_seconds=lag(rows, one, waiting.get(queue, 0)),
            connected=queue in connected,
        )
        for queue, one in sorted(heard.items())
    ]


def _bindings(broker: Management) -> defaultdict[str, list[str]]:
    """The routing keys of each queue."""
    found = defaultdict(list)
    for one in broker.get(f"exchanges/{broker.vhost}/{SUBSCRIBERS}/bindings/source") or ():
        found[one["destination"]].append(one["routing_key"])
    return found


def _productions(rows: Rows, heard: Iterable[Heard]) -> dict[UUID, Named]:
    """The productions of all accounts; those that are gone have no name."""
    ids = {ident for one in heard for ident in one.productions or ()}
    found = rows(PRODUCTIONS, ids=sorted(map(str, ids))) if ids else ()
    names = {UUID(str(ident)): name for ident, name in found}
    return {ident: Named(id=ident, name=names.get(ident)) for ident in ids}


def lag(rows: Rows, heard: Heard, waiting: int) -> float:
    """Seconds since the oldest of so many messages was published."""
    if not waiting:
        return 0.0
    productions = None if heard.productions is None else sorted(map(str, heard.productions))
    [(seconds,)] = rows(
        LAG,
        names=heard.patterns,
        role=MANAGER,
        productions=productions,
        waiting=min(waiting, COUNTED),
    )
    # None where the history no longer has them.
    return round(max(float(seconds or 0.0), 0.0), 1)
