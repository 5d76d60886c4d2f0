"""A comment before it is written, and the data of other services that writing it needs.

The data is prefetched, before the transaction. Calls are made only if their answer can matter: for
the team if a text may mention somebody, for the retake limit if the status is a retake, for the
production's automations if a rule matches, for a shot's sequence if somebody is subscribed to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from services.common import values
from services.common.crud.resource_rules import CrudContext
from services.common.errors import InvalidInput, NotFound
from services.common.json_types import JsonObject, Row
from services.tasks.comments import mentions
from services.tasks.comments.sql import facts
from services.tasks.policy import access

NO_MORE: Final = "No more retakes allowed on this task"
#: Columns ending in ``_id`` that hold no UUID.
PLAIN: Final = frozenset({"shotgun_id"})


@dataclass
class Draft:
    """A validated comment, ready to be written."""

    task_id: UUID
    status_id: UUID
    author_id: UUID
    text: str = ""
    checklist: list[Any] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    #: UTC; None for now.
    created_at: datetime | None = None
    for_client: bool = False
    files: list[JsonObject] = field(default_factory=list)


class CommentContext:
    """Data prefetched for some drafts: their tasks, all statuses, automations, teams, entities."""

    def __init__(self, ctx: CrudContext, tasks: Iterable[UUID]) -> None:
        self.ctx = ctx
        self.tasks: dict[UUID, Row] = {}
        self.statuses: dict[UUID, Row] = {}
        self._rules_here: list[Row] = []
        self._watched: dict[UUID, list[Row]] = {}
        self._read(set(tasks))
        self._teams: dict[UUID, mentions.Team] = {}
        self._entities: dict[str, JsonObject] = {}
        self._rules: dict[UUID, JsonObject] = {}
        self._made: dict[UUID | None, bool] = {}

    def _read(self, task_ids: set[UUID]) -> None:
        """Read the tasks, all statuses and all automations. Raises NotFound for unknown tasks."""
        statement = facts(self.ctx.registry["task-status"].columns(None, relations=False))
        text = self.ctx.database.text(
            statement, tasks=[str(ident) for ident in task_ids], me=str(self.ctx.actor.id)
        )
        # One statement for all four lists: a round trip each would double the time of a comment.
        lists = msgspec.json.decode(text or "null")
        for name, into in (("tasks", self.tasks), ("statuses", self.statuses)):
            into.update((row["id"], row) for row in map(_with_ids, lists[name]))
        self._rules_here = [_with_ids(row) for row in lists["rules"]]
        for row in map(_with_ids, lists["watched"]):
            self._watched.setdefault(row["task_type_id"], []).append(row)
        if task_ids - self.tasks.keys():
            raise NotFound

    def ask(self, drafts: Sequence[Draft]) -> None:
        """Make the calls to other services that these drafts need."""
        for draft in drafts:
            task = self.tasks[draft.task_id]
            # Copies go to tasks that the caller may comment on: its creator on all of an entity.
            if mentions.hashtags(draft.text) and not access.leads_task(self.ctx, task):
                self._made[task["entity_id"]] = access.created_entity(self.ctx, task["entity_id"])
        for project, texts in self._texts(drafts).items():
            self._teams[project] = mentions.ask_team(self.ctx, project, texts)
        self._ask_entities(drafts)
        projects = {
            self.tasks[draft.task_id]["project_id"]
            for draft in drafts
            # Most comments trigger no automation, and need no call for the production's rules.
            if self.follows(draft) or self.statuses[draft.status_id]["is_retake"]
        }
        for project in projects - {None}:
            self._rules[project] = self._ask_rules(project)

    # --- for the writer -------------------------------------------------------------------------

    def team(self, project: UUID | None) -> mentions.Team:
        """The people and departments that texts in this production may mention."""
        return self._teams.get(project, mentions.EMPTY) if project else mentions.EMPTY

    def may_copy(self, task: Row) -> bool:
        """Whether the caller may comment on a task of an entity whose task they comment on."""
        if access.leads_task(self.ctx, task):
            return True
        role = self.ctx.actor.role_in(task["project_id"])
        return role is not None and (task["mine"] or self._made.get(task["entity_id"], False))

    def kind_of(self, entity: UUID | None) -> str | None:
        """The kind of the entity; None if it was not prefetched, since nothing depends on it."""
        return self._entities.get(str(entity), {}).get("kind")

    def sequence_watchers(self, task: Row) -> list[UUID]:
        """People subscribed to tasks of this type on the whole sequence."""
        sequence = self._entities.get(str(task["entity_id"]), {}).get("parent_id")
        subscriptions = self._watched.get(task["task_type_id"], [])
        return [row["person_id"] for row in subscriptions if str(row["entity_id"]) == sequence]

    def automations(self, task: Row, status: UUID) -> list[Row]:
        """The production's automations that the new status triggers."""
        enabled = self._rules.get(task["project_id"], {}).get("status_automations", [])
        kind = (self.kind_of(task["entity_id"]) or "").lower()
        return [
            rule
            for rule in self._matching(task["task_type_id"], status)
            if str(rule["id"]) in enabled and (rule["entity_type"] or "asset").lower() == kind
        ]

    def check_retake(self, task: Row, status: Row) -> None:
        """Raise InvalidInput if the retake limit of the entity or its production is reached."""
        limit = self._rules.get(task["project_id"], {}).get("max_retakes") or 0
        if not status["is_retake"] or limit <= 0:
            return
        entity = self._entities.get(str(task["entity_id"]), {})
        # The entity's own limit overrides the production's. Clients store it in ``data``, as a
        # number or as text.
        data = values.object_or_empty(entity.get("data"))
        entity_limit = data.get("max_retakes")
        if isinstance(entity_limit, int | float) or (
            isinstance(entity_limit, str) and entity_limit.isdigit()
        ):
            limit = int(entity_limit) or limit
        if (task["retake_count"] or 0) >= limit:
            raise InvalidInput(NO_MORE)

    # --- calls to other services ----------------------------------------------------------------

    def _texts(self, drafts: Iterable[Draft]) -> dict[UUID, list[str]]:
        texts: dict[UUID, list[str]] = {}
        for draft in drafts:
            project = self.tasks[draft.task_id]["project_id"]
            if project is not None:
                texts.setdefault(project, []).append(draft.text)
        return texts

    def _matching(self, task_type: UUID | None, status: UUID) -> list[Row]:
        return [
            rule
            for rule in self._rules_here
            if rule["in_task_type_id"] == task_type and rule["in_task_status_id"] == status
        ]

    def follows(self, draft: Draft) -> bool:
        """Whether an automation may be triggered."""
        task = self.tasks[draft.task_id]
        return bool(self._matching(task["task_type_id"], draft.status_id))

    def _ask_entities(self, drafts: Sequence[Draft]) -> None:
        """Fetch the entities whose kind, sequence or retake limit matters."""
        entity_ids = set()
        for draft in drafts:
            task = self.tasks[draft.task_id]
            decides = (
                task["for_entity"] == "Concept"
                or self._watched.get(task["task_type_id"])
                or self.follows(draft)
                or self.statuses[draft.status_id]["is_retake"]
            )
            if decides and task["entity_id"] is not None:
                entity_ids.add(str(task["entity_id"]))
        if entity_ids:
            self._entities = self.ctx.ask("assets", "describe_entities", ids=sorted(entity_ids))

    def _ask_rules(self, project: UUID) -> JsonObject:
        rules: JsonObject = self.ctx.ask("crud", "read_production_rules", project_id=str(project))
        return rules


def _with_ids(row: JsonObject) -> Row:
    """A row from JSON with its ids as UUIDs."""
    return {
        name: UUID(value)
        if value and (name == "id" or name.endswith("_id")) and name not in PLAIN
        else value
        for name, value in row.items()
    }
