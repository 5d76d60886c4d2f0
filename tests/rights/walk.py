"""The walk itself: requests, and how their answers differ from what rights say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import psycopg2
import requests

from gateway.routes.table import Route
from tests.rights.bodies import FILE, UPLOADS, body_of
from tests.rights.database import Databases, changes
from tests.rights.differences import why
from tests.rights.expectations import rule_of
from tests.rights.marks import leaked
from tests.rights.people import DEACTIVATED, PEOPLE, Person
from tests.rights.places import NOWHERE, Case
from tests.rights.steps import OWN_ACCOUNT, Difference, Step, status_fits
from tests.rights.studio import Studio
from tests.rights.targets import ids_at, path_of, places
from tests.running import Caller, System, until

THREADS: Final = 4
#: A whole list or upload may take its time on a busy machine.
PATIENCE: Final = 60.0
#: The answer of a machine that has too much to do, and how often it is asked again.
BUSY, TRIES = 502, 4


@dataclass
class Walk:
    """Everybody, everywhere."""

    system: System
    world: Studio
    databases: Databases
    differences: list[Difference] = field(default_factory=list)
    sent: int = 0
    #: Told each difference as it is found.
    report: Callable[[str], object] = str

    def __post_init__(self) -> None:
        """Give everybody a session."""
        self.load()
        self.callers = {one.name: self._session(one) for one in (*PEOPLE, DEACTIVATED)}

    def load(self) -> None:
        """Make the world's rows the only ones, and wait for what services fill in."""
        self.system.load(self.world.tables)
        until(self._is_filled, what="the productions of all rows")

    def _is_filled(self) -> bool:
        rows = self.databases.rows()
        return not any('"production_id": null' in one for texts in rows.values() for one in texts)

    def _session(self, who: Person) -> Caller:
        claims = {"identity_type": "bot", "jti": f"jti of {who.name}"} if who.bot else {}
        return self.system.caller(who.id, **claims)

    def steps(self, routes: Iterable[Route]) -> Iterator[Step]:
        """All steps on these routes."""
        for route in routes:
            for who in PEOPLE:
                for place, own in places(route, who, self.world):
                    yield Step(route, Case(who, place, own))
                    if route.function == "update_row" and rule_of(route) != "an administrator":
                        yield Step(route, Case(who, place, own), empty=True)

    def send(self, step: Step, caller: Caller | None = None) -> requests.Response:
        """Make the request."""
        route, case = step.route, step.case
        ids = ids_at(self.world, case.who, case.at, own=case.own)
        body = {} if step.empty else body_of(route, self.world, ids)
        # One's own sessions end at some of these routes.
        own_account = route.path.startswith(OWN_ACCOUNT) and not case.who.bot
        caller = caller or (self._session(case.who) if own_account else self.callers[case.who.name])
        files = {"files": FILE} if route.rpc in UPLOADS else {}
        path = path_of(route, ids, case.at)
        answer = caller.send(route.method, path, body, timeout=PATIENCE, **files)
        tries = 1
        while answer.status_code == BUSY and tries < TRIES:
            answer = caller.send(route.method, path, body, timeout=PATIENCE, **files)
            tries += 1
        self.sent += tries
        return answer

    def head(self, step: Step, caller: Caller) -> int:
        """Ask for the headers only; the status."""
        ids = self.world.ids[step.case.at.name]
        path = path_of(step.route, ids, step.case.at)
        return caller.send("HEAD", path, timeout=PATIENCE).status_code

    def judge(self, step: Step, answer: requests.Response) -> list[Difference]:
        """What is wrong with an answer."""
        found = []
        if not status_fits(step, answer.status_code):
            expected = "may" if step.allowed else f"requires {rule_of(step.route)}"
            expected = "nothing is there" if step.case.at is NOWHERE else expected
            found.append(Difference(step, answer.status_code, expected))
        seen = leaked(step.case.who, answer.text)
        if seen:
            what = f"shows {', '.join(sorted(f'{one.what} ({one.place.name})' for one in seen))}"
            names = frozenset(one.what for one in seen)
            found.append(Difference(step, answer.status_code, what, names))
        return found

    def note(self, found: Iterable[Difference]) -> None:
        """Keep what nobody explained."""
        self.differences += (new := [one for one in found if not why(one)])
        for one in new:
            self.report(one.row())

    def read(self, steps: Iterable[Step], done: Callable[[], object]) -> None:
        """Try reads, several at a time."""

        def one(step: Step) -> list[Difference]:
            try:
                return self.judge(step, self.send(step))
            finally:
                done()

        with ThreadPoolExecutor(THREADS) as pool:
            for found in pool.map(one, steps):
                self.note(found)

    def refuse(self, steps: list[Step], done: Callable[[], object]) -> None:
        """Try writes of one route by people who may not make them: no row may change."""
        before = self.databases.rows()
        with ThreadPoolExecutor(THREADS) as pool:
            for step, answer in zip(steps, pool.map(self.send, steps), strict=True):
                self.note(self.judge(step, answer))
                done()
        if changes(before, self.databases.rows()):
            self.restore(before)
            for step in steps:
                self._once_more(step)

    def _once_more(self, step: Step) -> None:
        """Find out which of several writes changed rows."""
        before = self.databases.rows()
        again = self.send(step)
        changed = changes(before, self.databases.rows())
        if changed:
            what = f"changes {'; '.join(changed)[:600]}"
            self.note([Difference(step, again.status_code, what)])
            self.restore(before)

    def allow(self, steps: Iterable[Step], done: Callable[[], object]) -> None:
        """Try writes by people who may make them, undoing each."""
        before = self.databases.rows()
        for step in steps:
            found = self.judge(step, self.send(step))
            self.restore(before)
            if found:
                # What an earlier write caused may have arrived in between.
                self.load()
                before = self.databases.rows()
                found = self.judge(step, self.send(step))
                self.restore(before)
            self.note(found)
            done()

    def restore(self, before: dict[str, frozenset[str]]) -> None:
        """Bring the rows back."""
        try:
            self.databases.undo(before)
        except psycopg2.Error:
            for cursor in self.databases.cursors.values():
                cursor.execute("ROLLBACK")
            self.load()
