"""Clients that read and write continuously, and checks of what was acknowledged to them."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import psycopg2
import requests

from tests.running import System, until
from tests.subscribing import Subscriber
from tests.world import World

AT_ONCE: Final = 5
PAUSE: Final = 0.03
PATIENCE: Final = 60.0


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of row to write: its route, table and event."""

    service: str
    table: str
    event: str
    path: str
    text: str
    """The column that holds the unique text of a row."""
    more: dict[str, Any]
    field: str = ""

    def body(self, text: str) -> dict[str, Any]:
        """The request body of a row with this ``text``."""
        return {**self.more, self.field or self.text: text}

    @property
    def ident(self) -> str:
        """The field of the payload that names the row."""
        return self.event.partition(":")[0].replace("-", "_") + "_id"


def kinds(world: World) -> list[Kind]:
    """One kind of each service with CRUD, and the comment, the most complex write."""
    return [
        Kind(
            "auth",
            "department",
            "department:new",
            "/data/departments",
            "name",
            {"color": "#123456"},
        ),
        Kind("assets", "entity_type", "asset-type:new", "/data/entity-types", "name", {}),
        Kind(
            "tasks",
            "task_type",
            "task-type:new",
            "/data/task-types",
            "name",
            {"for_entity": "Asset"},
        ),
        Kind(
            "tasks",
            "comment",
            "comment:new",
            f"/actions/tasks/{world.task}/comment",
            "text",
            {"task_status_id": world.status},
            field="comment",
        ),
        Kind(
            "crud",
            "software",
            "software:new",
            "/data/softwares",
            "name",
            {"short_name": "x", "file_extension": ".x"},
        ),
    ]


class Answer(NamedTuple):
    """The outcome of a request; status 0 is a broken connection."""

    when: float
    method: str
    service: str
    status: int
    seconds: float
    text: str
    """What a refusal said."""


class Traffic:
    """Clients that work during a ``with`` block.

    Each write carries an Idempotency-Key and is sent again until it is acknowledged, as a careful
    client does; each is followed by a read of a row that was there before.
    """

    def __init__(self, system: System, world: World, at_once: int = AT_ONCE) -> None:
        self.system, self.kinds = system, kinds(world)
        self.admin = system.caller(world.admin)
        self.reads = {
            "auth": f"/data/departments/{world.department}",
            "assets": f"/data/entities/{world.asset}",
            "tasks": f"/data/tasks/{world.task}",
            "crud": f"/data/projects/{world.project}",
        }
        self.run = uuid.uuid4().hex[:8]
        self.stopping = threading.Event()
        self.answers: list[Answer] = []
        self.acknowledged: dict[Kind, dict[str, str]] = {kind: {} for kind in self.kinds}
        """Ids of the rows, by their texts."""
        self.threads = [
            threading.Thread(target=self._work, args=(number,)) for number in range(at_once)
        ]

    def __enter__(self) -> Traffic:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _work(self, number: int) -> None:
        session = requests.Session()
        session.headers.update(self.admin.session.headers)
        # The answers of the release before lack fields that this one declares.
        session.hooks["response"].clear()
        kind = self.kinds[number % len(self.kinds)]
        while not self.stopping.wait(PAUSE):
            self._send(session, kind.service, "GET", self.reads[kind.service])
            self._write(session, kind)

    def _write(self, session: requests.Session, kind: Kind) -> None:
        text = f"{self.run} {uuid.uuid4().hex[:16]}"
        key = {"Idempotency-Key": uuid.uuid4().hex}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self._send(
                session, kind.service, "POST", kind.path, json=kind.body(text), headers=key
            )
            if answer is not None and answer.ok:
                self.acknowledged[kind][text] = answer.json()["id"]
                return
            time.sleep(PAUSE)

    def _send(
        self, session: requests.Session, service: str, method: str, path: str, **options: Any
    ) -> requests.Response | None:
        began, answer = time.monotonic(), None
        try:
            answer = session.request(method, self.system.base + path, timeout=20, **options)
        except requests.RequestException:
            pass
        now, status = time.monotonic(), answer.status_code if answer is not None else 0
        text = "" if answer is None or answer.ok else answer.text[:200]
        self.answers.append(Answer(now, method, service, status, now - began, text))
        return answer

    def failures(self) -> Counter[tuple[str, int, str]]:
        """Failed requests by method, status and message."""
        answers = list(self.answers)
        return Counter((a.method, a.status, a.text) for a in answers if not 200 <= a.status < 300)

    def until_some(self, count: int = 10) -> None:
        """Wait until every kind has been written that often from now on."""
        wanted = {kind: len(rows) + count for kind, rows in self.acknowledged.items()}
        until(
            lambda: all(len(self.acknowledged[k]) >= n for k, n in wanted.items()),
            PATIENCE,
            f"further writes beside {self.failures()}",
        )

    def check(self, subscriber: Subscriber) -> None:
        """Check that each acknowledged row is stored, published and logged exactly once."""
        for kind in self.kinds:
            stored = self._stored(kind)
            for text, ident in self.acknowledged[kind].items():
                assert stored[text] == [ident], (kind.table, text, ident, stored[text])
            assert all(len(found) == 1 for found in stored.values()), kind.table
            counter = Counter(ident for (ident,) in stored.values())
            until(
                lambda k=kind, w=counter: self._heard(k, subscriber, w) >= set(w),
                PATIENCE,
                f"every {kind.event} at the subscriber",
            )
            told = {
                h["event_id"]: p[kind.ident] for n, p, h in subscriber.received if n == kind.event
            }
            assert Counter(i for i in told.values() if i in counter) == counter, kind.event
            until(
                lambda k=kind, w=counter: self._logged(k, w) == w,
                PATIENCE,
                f"every {kind.event} in the log, once",
            )

    def _stored(self, kind: Kind) -> dict[str, list[str]]:
        statement = (
            f'SELECT "{kind.text}", array_agg(id::text) FROM "{kind.table}" '
            f'WHERE "{kind.text}" LIKE %s GROUP BY 1'
        )
        return dict(self._rows(kind.service, statement, f"{self.run} %"))

    @staticmethod
    def _heard(kind: Kind, subscriber: Subscriber, wanted: Counter[str]) -> set[str]:
        return {p[kind.ident] for p in subscriber.payloads_of(kind.event)} & set(wanted)

    def _logged(self, kind: Kind, wanted: Counter[str]) -> Counter[str]:
        statement = "SELECT data->>%s FROM api_event WHERE name = %s"
        rows = self._rows("crud", statement, kind.ident, kind.event)
        return Counter(ident for (ident,) in rows if ident in wanted)

    def _rows(self, service: str, statement: str, *parameters: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.system.parts.urls[service])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    def slowest(self, test: Callable[[Answer], bool] = lambda _: True) -> float:
        """The latency of the slowest of these requests, in seconds."""
        return max((a.seconds for a in list(self.answers) if test(a)), default=0.0)
