"""Sends valid and invalid requests to each operation of the API, as every kind of person.

No answer may be a fault of ours (5xx), no process may log one, and each answer must be what the
description says: its status, its content type, its JSON, its headers. Nobody gets anything without
a token that is not public. What was made can be read, what was deleted can't. Whatever is sent,
half of the ids in it are those of rows that exist.

Two of schemathesis' checks don't apply: clients rely on unknown parameters being ignored and on
texts being read as numbers (``negative_data_rejection``), and what is valid by its type may name
rows that don't exist (``positive_data_acceptance``).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.docs.declarations import resources
from gateway.docs.pages import BUILT
from gateway.identity import ACCESS, COOKIES
from tests.running import System, token_for
from tests.world import World

POLL, STREAM = "/events", "/events/stream"
DESCRIPTION: Final = BUILT / "openapi.json"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    missing_required_header,
]
ROLES: Final = ("admin", "manager", "supervisor", "artist", "vendor", "client")
LAST: Final = ("DELETE",)
"""What is removed can't be asked for any more, so this comes last."""
TABLES: Final = {
    "asset": "entity",
    "shot": "entity",
    "sequence": "entity",
    "episode": "entity",
    "scene": "entity",
    "edit": "entity",
    "concept": "entity",
    "instance": "asset_instance",
    "temporal_entity": "entity",
    "user": "person",
    "asset_type": "entity_type",
    "message": "chat_message",
    "preview": "preview_file",
}
"""Where the ids of a name lie that is not the table's own."""


@dataclass(frozen=True)
class Finding:
    """A response that the description does not allow, or a fault in a log."""

    operation: str
    what: str
    how: str
    """The request as a command for curl, or the line of a log."""


class Attack:
    """Tests all operations with a number of examples each."""

    def __init__(
        self,
        system: System,
        world: World,
        examples: int = 1,
        *,
        seed: int,
        only: str = "",
        modes: Iterable[GenerationMode] = GenerationMode,
        roles: Sequence[str] = ROLES,
    ) -> None:
        self.system, self.world, self.examples = system, world, examples
        self.modes = modes
        """Whether what is sent is as described, or not, or both in turn."""
        self.seed, self.only = seed, only
        self.session = requests.Session()
        self.sent = 0
        self._asked_again: set[str] = set()
        self.roles = roles
        self.statuses: dict[str, Counter[int]] = {role: Counter() for role in roles}
        """The answers that each role got, by their status."""
        self.tables = {path: resource.table.name for path, resource in resources().items()}
        # Who sends requests is neither changed nor deleted.
        senders = set(world.people.values())
        self.ids = {
            table: [row["id"] for row in rows if "id" in row and row["id"] not in senders]
            for table, rows in world.tables.items()
        }

    def operations(self) -> list[Any]:
        """All operations, those that delete last."""
        schema = schemathesis.openapi.from_path(str(DESCRIPTION))
        found = [get_all_operation.ok() for get_all_operation in schema.get_all_operations()]
        wanted = [
            operation
            for operation in found
            # A stream has no end.
            if self.only in operation.path and operation.path != STREAM
        ]
        return sorted(wanted, key=lambda operation: operation.method.upper() in LAST)

    def run(self, progress: Callable[[str], bool] = lambda _: True) -> Iterator[Finding]:
        """All findings; ``progress`` is called before each operation and may end the run."""
        known = self.system.faults()
        yield from self._answers(progress)
        for line in self.system.faults():
            if line not in known:
                yield Finding("any", "a process logged a fault of its own", line)

    def _answers(self, progress: Callable[[str], bool]) -> Iterator[Finding]:
        for operation in self.operations():
            if not progress(f"{operation.method.upper()} {operation.path}"):
                return
            for mode in self.modes:
                try:
                    yield from self._attack(operation, mode)
                except Unsatisfiable:
                    continue  # nothing that could be sent is against its description

    def _attack(self, operation: Any, mode: GenerationMode) -> list[Finding]:
        result: dict[str, Finding] = {}

        @hypothesis.seed(self.seed)
        @hypothesis.settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(
            case=operation.as_strategy(generation_mode=mode),
            choices=strategies.randoms(use_true_random=False),
        )
        def send(case: Any, choices: random.Random) -> None:
            self._make_real(case, choices)
            if case.path == POLL and case.query:
                case.query.pop("wait", None)  # it would
            for finding in self._sent(case, self.roles[self.sent % len(self.roles)]):
                result.setdefault(finding.what[:60], finding)

        send()
        return list(result.values())

    def _sent(self, case: Any, role: str) -> Iterator[Finding]:
        """Send a request, and the follow-ups to it; what is wrong with the answers."""
        operation = f"{case.operation.method.upper()} {case.operation.path}"
        # A token of its own: it may be the log-out.
        cookies = {COOKIES[ACCESS]: token_for(self.world.people[role])}
        # These cookies nothing generated takes the place of.
        answer = case.call(
            base_url=self.system.base, session=self.session, timeout=40, cookies=cookies
        )
        self.sent += 1
        self.statuses[role][answer.status_code] += 1
        how = f"as {role}: {case.as_curl_command()}"
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                yield Finding(operation, f"{failure.title}: {failure.message}", how)
        if (status := self._without_token(case)) not in {None, HTTPStatus.UNAUTHORIZED}:
            yield Finding(operation, f"Without a token it answers {status}.", how)
        if answer.status_code < HTTPStatus.MULTIPLE_CHOICES and (
            what := self._broken_promise(case, answer)
        ):
            yield Finding(operation, what, how)

    def _without_token(self, case: Any) -> int | None:
        """The status of the same request by nobody; None for a public one, or one asked before."""
        name = f"{case.operation.method} {case.operation.path}"
        if name in self._asked_again or case.operation.definition.raw.get("security") == []:
            return None
        self._asked_again.add(name)
        for proofs in (case.cookies, case.headers):
            if proofs:
                proofs.clear()
        status: int = case.call(base_url=self.system.base, timeout=40).status_code
        return status

    def _broken_promise(self, case: Any, answer: Any) -> str:
        """What is wrong with a row of generic CRUD that was just made, or deleted; or nothing."""
        template = case.operation.path.split("/")
        path, method = "/".join(template[:3]), case.operation.method.upper()
        if path.removeprefix("/data/") not in self.tables:
            return ""
        if method == "POST" and not template[3:]:
            status = self._status(f"{path}/{answer.json()['id']}")
            return "" if status == HTTPStatus.OK else f"What was created is a {status}."
        if method == "DELETE" and template[3:] == ["{ident}"]:
            status = self._status(f"{path}/{case.path_parameters['ident']}")
            return "" if status == HTTPStatus.NOT_FOUND else f"What was deleted is a {status}."
        return ""

    def _status(self, path: str) -> int:
        """The status of what an administrator reads."""
        cookies = {COOKIES[ACCESS]: token_for(self.world.admin)}
        return requests.get(f"{self.system.base}{path}", cookies=cookies, timeout=40).status_code

    def _make_real(self, case: Any, choices: random.Random) -> None:
        """Replace ids by those of existing rows, half of the time."""
        if case.query:
            case.query.pop("fields", None)  # rows lack what their schema demands, then
        for name in case.path_parameters or {}:
            ids = self._known(name, case.operation.path)
            if ids and choices.random() < 0.75:
                case.path_parameters[name] = choices.choice(ids)
        if isinstance(case.body, dict):
            for name in case.body:
                ids = self._known(name, "")
                if ids and choices.random() < 0.5:
                    case.body[name] = choices.choice(ids)

    def _known(self, name: str, path: str) -> list[str]:
        if name == "ident":
            parts = path.split("/")
            table = self.tables.get(parts[2] if len(parts) > 2 else "")
            return self.ids.get(table or "", [])
        if not name.endswith("_id"):
            return []
        word = name.removesuffix("_id")
        return self.ids.get(TABLES.get(word, word), [])
