"""What must be known before a comment is written, asked of its owners before the transaction.

Questions are asked only where the answer can matter: a team when a text may name somebody, the
retakes allowed when the status is a retake, the automations of a production when a rule matches,
the sequence of a shot when somebody watches one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.errors import InvalidInput, NotFound
from services.common.resources import JSON_TEXT
from services.common.tables import table_of
from services.tasks import mentions
from services.tasks.models import StatusAutomation, Subscription, Task, TaskType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.tasks.posting import Draft

FLAGS: Final = ("is_retake", "is_wip", "is_feedback_request", "is_done")
NO_MORE: Final = "No more retakes allowed on this task"
SHOT_LIKE: Final = ("Shot", "Scene")


class Background:
    """The state of things around some drafts."""

    def __init__(self, work: Any, drafts: Sequence[Draft]) -> None:
        self.work = work
        self.tasks = self._tasks({draft.task_id for draft in drafts})
        self.statuses: dict[UUID, dict[str, Any]] = {}
        self.status_json: dict[UUID, str] = {}
        self._read_statuses()
        if any(d.task_id not in self.tasks or d.status_id not in self.statuses for d in drafts):
            raise NotFound
        self._circles: dict[UUID, mentions.Circle] = {}
        self._entities: dict[str, dict[str, Any]] = {}
        self._rules: dict[UUID, dict[str, Any]] = {}
        self._automations: list[dict[str, Any]] = []
        self._watched: dict[UUID, list[dict[str, Any]]] = {}

    def ask(self, drafts: Sequence[Draft]) -> None:
        """Ask what these drafts need."""
        for project, texts in self._texts(drafts).items():
            self._circles[project] = mentions.circle_of(self.work, project, texts)
        self._read_local()
        self._ask_entities(drafts)
        projects = {
            self.tasks[draft.task_id]["project_id"]
            for draft in drafts
            if self.follows(draft) or self.statuses[draft.status_id]["is_retake"]
        }
        for project in projects - {None}:
            self._rules[project] = self._ask_rules(project)

    # --- what posting asks ----------------------------------------------------------------------

    def circle(self, project: UUID | None) -> mentions.Circle:
        """The people and departments that texts in this production may name."""
        return self._circles.get(project, mentions.EMPTY) if project else mentions.EMPTY

    def kind_of(self, entity: UUID | None) -> str | None:
        """What kind of thing the entity is; None where nothing depends on it."""
        return self._entities.get(str(entity), {}).get("kind")

    def sequence_watchers(self, task: Mapping[str, Any]) -> list[UUID]:
        """Who watches this kind of task on the whole sequence."""
        sequence = self._entities.get(str(task["entity_id"]), {}).get("parent_id")
        found = self._watched.get(task["task_type_id"], [])
        return [row["person_id"] for row in found if str(row["entity_id"]) == sequence]

    def automations(self, task: Mapping[str, Any], status: UUID) -> list[dict[str, Any]]:
        """The rules of the task's production that its new status sets off."""
        allowed = self._rules.get(task["project_id"], {}).get("status_automations", [])
        kind = (self.kind_of(task["entity_id"]) or "").lower()
        return [
            rule
            for rule in self._matching(task["task_type_id"], status)
            if str(rule["id"]) in allowed and (rule["entity_type"] or "asset").lower() == kind
        ]

    def check_retake(self, task: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """A production may cap retakes, and an entity may have a cap of its own.

        Raises InvalidInput.
        """
        most = self._rules.get(task["project_id"], {}).get("max_retakes") or 0
        if not status["is_retake"] or most <= 0:
            return
        data = self._entities.get(str(task["entity_id"]), {}).get("data") or {}
        own = data.get("max_retakes")
        if isinstance(own, int | float) or (isinstance(own, str) and own.isdigit()):
            most = int(own) or most
        if (task["retake_count"] or 0) >= most:
            raise InvalidInput(NO_MORE)

    # --- reading our own tables -----------------------------------------------------------------

    def _tasks(self, ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
        table, kind = table_of(Task), table_of(TaskType)
        query = (
            sa.select(
                table.c.id, table.c.project_id, table.c.entity_id, table.c.task_type_id,
                table.c.task_status_id, table.c.retake_count, kind.c.department_id,
                kind.c.for_entity,
            )
            .outerjoin(kind, kind.c.id == table.c.task_type_id)
            .where(table.c.id.in_(ids))
        )  # fmt: skip
        with self.work.database.read() as connection:
            return {row["id"]: dict(row) for row in connection.execute(query).mappings()}

    def _read_statuses(self) -> None:
        """All statuses: a studio has a dozen, and automations may lead to any of them."""
        resource = self.work.registry["task-status"]
        inner = sa.select(*resource.columns(None, relations=False)).subquery("r")
        with self.work.database.read() as connection:
            for (text,) in connection.execute(sa.select(JSON_TEXT).select_from(inner)):
                row = msgspec.json.decode(text)
                ident = row["id"] = UUID(row["id"])
                self.statuses[ident], self.status_json[ident] = row, text

    def _read_local(self) -> None:
        rules, watch = table_of(StatusAutomation), table_of(Subscription)
        types = {task["task_type_id"] for task in self.tasks.values()}
        active = sa.select(rules).where(sa.func.coalesce(rules.c.archived, False).is_(False))
        watched = sa.select(watch.c.person_id, watch.c.entity_id, watch.c.task_type_id).where(
            watch.c.entity_id.is_not(None), watch.c.task_type_id.in_(types)
        )
        with self.work.database.read() as connection:
            self._automations = [dict(row) for row in connection.execute(active).mappings()]
            for row in connection.execute(watched).mappings():
                self._watched.setdefault(row["task_type_id"], []).append(dict(row))

    # --- asking the owners ----------------------------------------------------------------------

    def _texts(self, drafts: Iterable[Draft]) -> dict[UUID, list[str]]:
        texts: dict[UUID, list[str]] = {}
        for draft in drafts:
            project = self.tasks[draft.task_id]["project_id"]
            if project is not None:
                texts.setdefault(project, []).append(draft.text)
        return texts

    def _matching(self, task_type: UUID | None, status: UUID) -> list[dict[str, Any]]:
        return [
            rule
            for rule in self._automations
            if rule["in_task_type_id"] == task_type and rule["in_task_status_id"] == status
        ]

    def follows(self, draft: Draft) -> bool:
        """Whether a rule may set off something else."""
        task = self.tasks[draft.task_id]
        return bool(self._matching(task["task_type_id"], draft.status_id))

    def _ask_entities(self, drafts: Sequence[Draft]) -> None:
        """The entities whose kind, sequence or own retake limit decides something."""
        wanted = set()
        for draft in drafts:
            task = self.tasks[draft.task_id]
            decides = (
                task["for_entity"] == "Concept"
                or self._watched.get(task["task_type_id"])
                or self.follows(draft)
                or self.statuses[draft.status_id]["is_retake"]
            )
            if decides and task["entity_id"] is not None:
                wanted.add(str(task["entity_id"]))
        if wanted:
            self._entities = self.work.ask("assets", "describe_entities", ids=sorted(wanted))

    def _ask_rules(self, project: UUID) -> dict[str, Any]:
        found: dict[str, Any] = self.work.ask("crud", "production_rules", project_id=str(project))
        return found
