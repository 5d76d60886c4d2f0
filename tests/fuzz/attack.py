"""Sends valid and invalid requests to each operation of the API.

No answer may be a fault of ours (5xx), and each must be what the description says: its status, its
content type, its JSON. Whatever is sent, half of the ids in it are those of rows that exist.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
    response_schema_conformance,
    status_code_conformance,
)

from deploy.docs.declarations import resources
from gateway.health import BUILT
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
]
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
    """A response that the description does not allow."""

    operation: str
    what: str
    how: str
    """The request as a command for curl."""


class Attack:
    """Tests all operations with a number of examples each."""

    def __init__(
        self,
        system: System,
        world: World,
        examples: int,
        *,
        seed: int,
        modes: Iterable[GenerationMode] = GenerationMode,
    ) -> None:
        self.system, self.world, self.examples = system, world, examples
        self.modes = modes
        """Whether what is sent is as described, or not, or both in turn."""
        self.seed = seed
        self.session = requests.Session()
        self.sent = 0
        self.statuses: dict[int, int] = {}
        self.tables = {path: resource.table.name for path, resource in resources().items()}
        admin = world.admin
        self.ids = {
            table: [row["id"] for row in rows if "id" in row and row["id"] != admin]
            for table, rows in world.tables.items()
        }

    def operations(self) -> list[Any]:
        """All operations, those that delete last."""
        schema = schemathesis.openapi.from_path(str(DESCRIPTION))
        found = [get_all_operation.ok() for get_all_operation in schema.get_all_operations()]
        # A stream has no end.
        found = [operation for operation in found if operation.path != STREAM]
        return sorted(found, key=lambda operation: operation.method.upper() in LAST)

    def run(self, progress: Callable[[str], bool] = lambda _: True) -> Iterator[Finding]:
        """All findings; ``progress`` is called before each operation and may end the run."""
        for operation in self.operations():
            if not progress(f"{operation.method.upper()} {operation.path}"):
                return
            for mode in self.modes:
                try:
                    yield from self._attack(operation, mode)
                except Unsatisfiable:
                    continue  # nothing that could be sent is against its description

    def _attack(self, operation: Any, mode: GenerationMode) -> list[Finding]:
        name = f"{operation.method.upper()} {operation.path}"
        result: dict[str, Finding] = {}
        token = token_for(self.world.admin)

        @hypothesis.seed(self.seed)
        @hypothesis.settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(
            case=operation.as_strategy(generation_mode=mode), choices=strategies.randoms()
        )
        def send(case: Any, choices: random.Random) -> None:
            self._make_real(case, choices)
            if case.path == POLL and case.query:
                case.query.pop("wait", None)  # it would
            answer = case.call(
                base_url=self.system.base,
                session=self.session,
                timeout=40,
                cookies={COOKIES[ACCESS]: token},  # which nothing generated takes the place of
            )
            self.sent += 1
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as failures:
                for failure in failures.exceptions:
                    what = f"{failure.title}: {failure.message}"
                    result.setdefault(what[:60], Finding(name, what, case.as_curl_command()))

        send()
        return list(result.values())

    def _make_real(self, case: Any, choices: random.Random) -> None:
        """Replace ids by those of existing rows, half of the time."""
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
