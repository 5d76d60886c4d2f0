"""One service as its RPC server runs it: calls are authorized, executed, committed and answered."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from isal import isal_zlib
from nameko.containers import WorkerContext
from pamqp.commands import Basic

from services.common.actor import Actor
from services.common.config import ServiceSettings
from services.common.contracts import CATALOGUE
from services.common.crud.listing.lists import GZIP
from services.common.errors import ServiceError
from services.common.events.delivery import Delivery
from services.common.events.subscriber import Handler
from services.common.runtime.inbox_listener import InboxListener
from services.common.runtime.nameko_container import Container
from services.common.runtime.positions import HandledEvents
from services.common.runtime.rpc_request import MessageRefused, read_request
from services.common.runtime.rpc_server import Method
from services.common.runtime.service import CONFIG
from services.common.wire.frames import Incoming
from services.common.wire.rpc_protocol import ACTOR, KEY, MATCH, Reply
from tests.answers import hold_reply
from tests.service.fake_services import FakeServices, service_class
from tests.service.one_connection import OneConnection
from tests.world import World

OK, FORBIDDEN, NOT_FOUND = "ok", "forbidden", "not-found"
Event = tuple[str, dict[str, Any]]


class OneService:
    """A service in this process; only its database connections and RPC client are fakes."""

    def __init__(self, name: str, database: OneConnection, settings: ServiceSettings) -> None:
        self.name, self.database, self.world = name, database, World()
        self.fakes = FakeServices()
        self.container = Container(service_class(name), {CONFIG: settings})
        self.methods = {
            entrypoint.method_name: entrypoint
            for entrypoint in self.container.entrypoints
            if isinstance(entrypoint, Method)
        }
        for dependency in self.container.dependencies:
            if dependency.attr_name == "tx":
                dependency.database = database
                listener = InboxListener(name, settings.database_url)  # nobody records meanwhile
                log = self.container.service_cls.event_log
                dependency.handled = HandledEvents(database, listener, log)
            else:
                dependency.client = self.fakes

    def fill(self, world: World) -> None:
        """Replace the service's rows by the world's; the world's people may call."""
        self.world = world
        self.database.undo()
        self.database.fill(self.name, world.tables)

    def answer(
        self, who: str, method: str, /, *, key: str = "", match: str = "", **arguments: Any
    ) -> Reply:
        """The reply to a call by one of the world's people. Raises the method's errors."""
        given = {ACTOR: actor_json(self.world, who), KEY: key, MATCH: match}
        message = Incoming()
        message.properties = Basic.Properties(headers={k: v for k, v in given.items() if v})
        message.body = msgspec.json.encode({"args": [], "kwargs": arguments})
        try:
            request = read_request(message, method)
        except MessageRefused as refusal:
            raise refusal.error from None
        entrypoint = self.methods[method]
        context = WorkerContext(
            self.container,
            self.container.service_cls(),
            entrypoint,
            request.arguments.args,
            request.arguments.kwargs,
            data=request.context,
        )
        errors: list[tuple[Reply | None, Exception | None]] = []
        reply = partial(entrypoint.finish, lambda *answer: errors.append(answer))
        before = self.database.changes()
        self.container._run_worker(context, reply)  # noqa: SLF001 - as ``spawn_worker`` does
        ((answer, error),) = errors
        if answer is None:
            assert error is not None
            raise error
        assert_announced(method, before, self.database.changes(), writes=entrypoint.writes)
        body = isal_zlib.decompress(answer.body, wbits=GZIP) if answer.encoding else answer.body
        hold_reply(method, self.name, arguments, body)
        return answer

    def tick(self, method: str) -> None:
        """One run of a periodic method."""
        (clock,) = (
            entrypoint
            for entrypoint in self.container.entrypoints
            if entrypoint.method_name == method
        )
        context = WorkerContext(self.container, self.container.service_cls(), clock, (), {})
        self.container._run_worker(context, lambda _, *ended: ended)  # noqa: SLF001 - as above

    def deliver(
        self,
        name: str,
        payload: dict[str, Any],
        ident: UUID | None = None,
        *,
        by: str | None = None,
    ) -> None:
        """Have the service's handlers handle an event, each in a transaction of its own.

        ``by`` is who caused it, one of the world's people. Raises what a handler raised.
        """
        delivery = Delivery(
            name=name,
            payload=payload,
            event_id=ident or uuid4(),
            time="",
            source="test",
            actor_id=UUID(self.world.people[by]) if by else None,
        )
        for entrypoint in self.container.entrypoints:
            if isinstance(entrypoint, Handler) and name in entrypoint.names:
                self._handle(entrypoint, delivery)

    def _handle(self, handler: Handler, delivery: Delivery) -> None:
        argument = [delivery] if handler.batch else delivery
        data = {"request_id": ""}
        context = WorkerContext(
            self.container, self.container.service_cls(), handler, (argument,), {}, data=data
        )
        # It is not set up, as there is no broker; its log names the queue when a commit fails.
        handler.queue = f"{self.name}.{handler.method_name}"
        outcome: list[Exception | None] = []

        def finish(worker: WorkerContext, result: Any, failed: Any) -> tuple[Any, Any]:
            outcome.append(failed[1] if failed else _committed(worker))
            return result, failed

        self.container._run_worker(context, finish)  # noqa: SLF001 - as ``spawn_worker`` does
        if outcome[0] is not None:
            raise outcome[0]

    def call(self, who: str, method: str, /, **arguments: Any) -> Any:
        """The decoded reply, see ``answer``."""
        return self.answer(who, method, **arguments).decoded()

    def instance(self) -> Any:
        """The service as a call has it, for what no message starts."""
        service = self.container.service_cls()
        context = WorkerContext(
            self.container, service, next(iter(self.methods.values())), (), {}, data={}
        )
        for dependency in self.container.dependencies:
            setattr(service, dependency.attr_name, dependency.get_dependency(context))
        return service

    def outcomes(self, names: Iterable[str], method: str, /, **arguments: Any) -> dict[str, str]:
        """By caller: ``ok``, or the kind of the refusal."""
        result = {}
        for name in names:
            try:
                self.answer(name, method, **arguments)
                result[name] = OK
            except ServiceError as refusal:
                result[name] = refusal.kind
        return result

    def emitted(self) -> list[Event]:
        """The events in the outbox, in order: name and payload."""
        query = sa.text("SELECT name, payload FROM outbox ORDER BY id")
        with self.database.read() as connection:
            return [
                (name, msgspec.json.decode(payload)) for name, payload in connection.execute(query)
            ]

    def told(self) -> list[Event]:
        """The events in the outbox of which clients hear, in order: name and payload."""
        return [event for event in self.emitted() if CATALOGUE[event[0]].on_sockets]

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table, filtered by these values."""
        result = self.container.service_cls.metadata.tables[table]
        query = sa.select(result).where(*(result.c[name] == value for name, value in where.items()))
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _committed(worker: WorkerContext) -> Exception | None:
    """What the commit raises; returned, as ``Handler`` does, for the worker ends after it."""
    try:
        worker.service.commit_now()
    except Exception as error:
        return error
    return None


#: Tables of the kernel, which no list shows.
UNSHOWN: Final = frozenset(
    {
        "outbox",
        "inbox",
        "idempotency_key",
        "change_count",
        "gone_row",
        "row_count",
        "row_change",
        "webhook_cursor",
        "dead_letter",
    }
)


#: Tables that the first read of a list fills.
FILLED: Final = frozenset({"salary_scale", "row_count", "row_change", "outbox"})


def assert_announced(
    method: str, before: dict[str, int], after: dict[str, int], *, writes: bool
) -> None:
    """A write emits an event or increments the change version; else cached lists stay stale.

    A read writes nothing.
    """
    changed = {name for name, count in after.items() if count != before.get(name, 0)}
    told = changed & {"outbox", "change_count"}
    assert told or not changed - UNSHOWN, f"{method} changes {changed} silently"
    assert writes or changed <= FILLED, f"{method} only reads, but changes {changed}"


def actor_json(world: World, name: str) -> str:
    """The actor of a person of the world, as ``auth`` returns it."""
    ident = world.people[name]
    person = next(row for row in world.tables["person"] if row["id"] == ident)
    seats = [row for row in world.tables["project_person_link"] if row["person_id"] == ident]
    opened = {
        row["id"] for row in world.tables["project"] if row["project_status_id"] == world.open
    }
    if person["role"] == "admin":
        seats = []
    actor = Actor(
        id=UUID(ident),
        role=person["role"],
        is_bot=person["is_bot"],
        departments=frozenset(
            UUID(row["department_id"])
            for row in world.tables["department_link"]
            if row["person_id"] == ident
        ),
        projects={UUID(s["project_id"]): s.get("role") or person["role"] for s in seats},
        open_projects=frozenset(UUID(s["project_id"]) for s in seats if s["project_id"] in opened),
    )
    return msgspec.json.encode(actor).decode()
