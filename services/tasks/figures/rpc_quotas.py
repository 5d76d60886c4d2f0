"""RPC methods that count what was done in a production."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from services.common import queries
from services.common.contracts.tasks.figures import QuotaQuery
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.figures.quotas import count, frame_rate, mode_of
from services.tasks.policy.figures import QUOTAS, READ, not_client
from services.tasks.policy.membership import require_member

#: Whose rows the figures are made from, besides this service's.
ELSEWHERE: Final = ("assets", "auth", "crud")


class QuotaRpc(ResourceService):
    """Quotas."""

    @query
    def list_quotas_of_type(
        self, project_id: str, task_type_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """What was done on a production's shots for a task type: by person, and in all.

        For the team except clients; vendors get their own. Raises NotFound, Forbidden,
        InvalidInput.
        """
        asked = queries.read(QuotaQuery, query)
        project, task_type = known_id(project_id), known_id(task_type_id)

        def build() -> Reply:
            require_member(self, project_id)
            QUOTAS.lister.check(self, {"project_id": project})
            own = None if QUOTAS.is_whole(self.actor, project) else self.actor.id
            return self._quotas(project, asked, by_person=True, kind=task_type, person=own)

        # Rights come with the caller, who is part of the tag: nobody else holds one.
        return self.not_modified_or(build, project=project, elsewhere=ELSEWHERE)

    @query
    def list_quotas_of_person(
        self, project_id: str, person_id: str, query: dict[str, str] | None = None
    ) -> Reply:
        """What a person did on a production's shots: by task type, and in all.

        For the person and those who lead the production, not for clients. Raises NotFound,
        Forbidden, InvalidInput.
        """
        asked = queries.read(QuotaQuery, query)
        project, person = known_id(project_id), known_id(person_id)

        def build() -> Reply:
            self._check_may_count(project, person)
            return self._quotas(project, asked, by_person=False, kind=None, person=person)

        return self.not_modified_or(build, project=project, elsewhere=ELSEWHERE)

    def _check_may_count(self, project: UUID, person: UUID) -> None:
        facts = {"project_id": project, "person_id": person}
        rules = (not_client, QUOTAS.may[READ])
        if not all(rule.test(self, facts) for rule in rules):
            # An unknown production is one for everybody.
            require_member(self, str(project))
        for rule in rules:
            rule.check(self, facts)

    def _quotas(
        self,
        project: UUID,
        asked: QuotaQuery,
        *,
        by_person: bool,
        kind: UUID | None,
        person: UUID | None,
    ) -> Reply:
        studio = str(asked.studio_id) if asked.studio_id else None
        named = None if by_person else str(person)
        question: JsonObject = {"person_id": named, "studio_id": studio}
        settings, people, shots = self.ask_all(
            [
                ("crud", "read_counting_facts", {"project_id": str(project)}),
                ("auth", "read_counting_facts", question),
                ("assets", "list_shot_frames", {"project_id": str(project)}),
            ]
        )
        if named is not None and people["is_bot"] is None:
            raise NotFound
        parameters: dict[str, Any] = {
            **shots,
            "project": str(project),
            "task_type": kind and str(kind),
            "person": person and str(person),
            "studio": people["studio"],
            "by_person": by_person,
            "zone": people["time_zone"],
        }
        quotas = count(self, mode_of(asked.count_mode), frame_rate(settings["fps"]), **parameters)
        return compressed(msgspec.json.encode(quotas))
