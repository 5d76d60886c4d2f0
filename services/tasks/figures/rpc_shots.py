"""RPC methods that list the shots behind a figure."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from services.common import queries
from services.common.access.rules import is_self
from services.common.contracts.tasks.figures import QuotaShotQuery
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id, period
from services.common.errors import Forbidden, InvalidInput, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.tasks.figures.quotas import mode_of
from services.tasks.figures.shots import TASK, Period, weights_of
from services.tasks.policy.figures import QUOTAS, READ


class QuotaShotRpc(ResourceService):
    """Shots of quotas."""

    @query
    def list_quota_shots(
        self,
        person_id: str,
        *,
        year: str,
        month: str | None = None,
        week: str | None = None,
        day_of_month: str | None = None,
        query: dict[str, str] | None = None,
    ) -> list[JsonObject]:
        """The shots that count in a person's quota of a day, month or ISO week, by full name.

        For the person, and in a production for those who lead it. Raises NotFound, Forbidden,
        InvalidInput.
        """
        person = known_id(person_id)
        people = self.ask("auth", "read_counting_facts", person_id=str(person))
        if people["is_bot"] is None:
            raise NotFound
        if people["is_bot"]:
            message = "Bots have no quotas."
            raise Forbidden(message)
        asked = queries.read(QuotaShotQuery, query)
        project, task_type = asked.project_id or None, asked.task_type_id or None
        self._check_may_read(person, project)
        first, last = _period(year, month, week, day_of_month)
        where = [TASK.c.project_id == project] if project else []
        where += [TASK.c.task_type_id == task_type] if task_type else []
        days = Period(first, last, ZoneInfo(people["time_zone"]))
        weights = weights_of(self, person, mode_of(asked.count_mode), days, *where)
        if not weights:
            return []
        shots = self.ask("assets", "list_named_shots", ids=[str(ident) for ident in weights])
        return [{**shot, "weight": weights[UUID(shot["id"])]} for shot in shots]

    def _check_may_read(self, person: UUID, project: UUID | None) -> None:
        facts = {"project_id": project, "person_id": person}
        if project is None:
            is_self("person_id").check(self, facts)
            return
        found = self.ask("crud", "find_existing_rows", tables={"project": [str(project)]})
        if not found["project"]:
            raise NotFound
        QUOTAS.may[READ].check(self, facts)


def _period(
    year: str, month: str | None, week: str | None, day_of_month: str | None
) -> tuple[date, date]:
    """The first and last of the days asked about. Raises InvalidInput."""
    try:
        if day_of_month is None:
            return period(year, month, week)
        day = date(int(year), int(month or 1), int(day_of_month))
    except (NotFound, ValueError, OverflowError):
        message = "Invalid month or year."
        raise InvalidInput(message) from None
    return day, day
