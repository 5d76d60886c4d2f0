"""RPC methods that list a production's schedule, and add to it what is new in the production."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from services.common import queries
from services.common.contracts.crud.schedules import EpisodeQuery
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import path_id
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.crud.policy.project_access import permitted_project, permitted_project_or_told
from services.crud.policy.schedules import SCHEDULE_ITEMS
from services.crud.schedules.items import (
    ITEM,
    Subject,
    add_items,
    read_items,
    scheduled_types,
    subject_of,
)

#: The kinds of entities whose task types are scheduled.
KINDS: Final = frozenset({"Asset", "Shot", "Sequence", "Episode", "Edit"})


class ScheduleRpc(ResourceService):
    """Schedule items. Reading adds the missing, so these are commands."""

    @command
    def list_scheduled_types(self, project_id: str) -> Reply:
        """The periods of the task types that have tasks in the production, by start.

        For its team except clients and vendors. Raises NotFound, Forbidden.
        Emits ``schedule-item:new`` for each that is added.
        """
        project = permitted_project(self, project_id, SCHEDULE_ITEMS.lister)
        kinds: dict[str, str | None] = self.ask(
            "tasks", "list_task_types_worked_on", project_id=str(project)
        )
        worked_on = (UUID(ident) for ident, kind in kinds.items() if kind in KINDS)
        wanted: set[Subject] = {(kind, None) for kind in scheduled_types(self, project, worked_on)}
        items = self._completed(project, wanted)
        # Those of the whole production have no task type.
        shown = [row for row in items if subject_of(row) in wanted or row["task_type_id"] is None]
        shown.sort(key=lambda row: row["start_date"] or date.max)
        return compressed(msgspec.json.encode(shown))

    @command
    def list_scheduled_objects(
        self,
        project_id: str,
        task_type_id: str,
        kind: str,
        query: dict[str, str] | None = None,
    ) -> Reply:
        """The periods of a task type's work on the production's parts of a kind, by name.

        For its team except clients and vendors. Raises InvalidInput, NotFound, Forbidden.
        Emits ``schedule-item:new`` for each that is added.
        """
        project = permitted_project_or_told(self, project_id, SCHEDULE_ITEMS.lister)
        task_type = path_id(task_type_id)
        episode = queries.read(EpisodeQuery, query).episode_id
        narrowed = str(episode) if episode else None
        question: JsonObject = {"project_id": str(project), "kind": kind, "episode_id": narrowed}
        names: dict[str, str] = self.ask("assets", "list_schedule_objects", **question)
        wanted: set[Subject] = {(task_type, UUID(ident)) for ident in names}
        shown = [
            {**row, "name": names[str(row["object_id"])]}
            for row in self._completed(project, wanted)
            if subject_of(row) in wanted
        ]
        shown.sort(key=lambda row: row["name"])
        return compressed(msgspec.json.encode(shown))

    def _completed(self, project: UUID, wanted: set[Subject]) -> list[JsonObject]:
        """The production's items, with those about ``wanted``."""
        types = {kind for kind, _ in wanted}
        about = ITEM.c.task_type_id.in_(types) | ITEM.c.task_type_id.is_(None)
        items = read_items(self, project, about)
        missing = wanted - {subject_of(row) for row in items}
        if not missing:
            return items
        add_items(self, project, missing)
        self.commit_now()
        self.tx.close()
        return read_items(self, project, about)
