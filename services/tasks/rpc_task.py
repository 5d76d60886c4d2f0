"""Tasks: made for entities, given to people, shown in full, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.client import Reply
from services.common.contracts.tasks import TaskAssigned, TaskUnassigned
from services.common.crud import CrudRpc
from services.common.errors import Forbidden, InvalidInput, NotFound, Refused
from services.common.resources import rows_as_json
from services.common.rpc import command, query
from services.common.tables import NOW, table_of
from services.common.values import BadValue, parse_id
from services.tasks import access, bodies
from services.tasks.comments import without_departments
from services.tasks.entering import enter
from services.tasks.models import Subscription, Task, TaskStatus, TaskType, task_person_link
from services.tasks.posting import notify, task_changed
from services.tasks.saying import Saying
from services.tasks.statuses import default_status

if TYPE_CHECKING:
    from collections.abc import Mapping

TASK: Final = table_of(Task)
NOT_AN_ARRAY: Final = "Request body must be a JSON array."
NOT_IDS: Final = "Request body must only contain valid UUIDs."
NOBODY: Final = {"error": "Assignee doesn't exist in database."}
OUTSIDE: Final = frozenset({"client", "vendor"})
KINDS: Final = {
    "assets": "asset", "shots": "shot", "edits": "edit", "concepts": "concept",
}  # fmt: skip
CREATED: Final = 201


class TaskRpc(CrudRpc):
    """Tasks."""

    # --- creating ---------------------------------------------------------------------------

    @command
    def create_tasks(
        self, project_id: str, task_type_id: str, kind: str, data: Any = None,
        query: dict[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        """Make a task of a type for entities that have none: those listed, or all of a kind.

        ``kind`` is ``assets`` … or an entity type's name. Returns the new tasks only.
        Raises NotFound (an unknown entity, kind or type; nothing is made), Forbidden,
        InvalidInput. Emits ``task:new`` for each.
        """
        concept = kind == "concepts"
        project = enter(self, project_id, *(() if concept else ("manager",)))
        if concept and self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        wanted = _wanted(data)
        entities = self.ask(
            "assets", "entities_of_kind", project_id=str(project), kind=KINDS.get(kind, kind),
            ids=wanted, query=query or {},
        )  # fmt: skip
        return self._made(project, [bodies.known_id(task_type_id)], entities, concept=concept)

    @command
    def create_entity_tasks(self, entity_id: str, data: dict[str, Any]) -> Reply:
        """Make tasks of several types for one entity. Not for clients and vendors.

        Returns and raises as ``create_tasks``.
        """
        ids = data.get("task_type_ids")
        if not isinstance(ids, list):
            raise bodies.invalid("task_type_ids", "Field required")
        entity = bodies.known_id(entity_id)
        known = self.ask("assets", "describe_entities", ids=[str(entity)])
        if str(entity) not in known:
            raise NotFound
        facts = known[str(entity)]
        project = enter(self, facts["project_id"])
        if self.actor.role_in(project) in OUTSIDE:
            message = "This requires to be in the studio's team."
            raise Forbidden(message)
        types = [bodies.known_id(ident) for ident in ids]
        concept = facts["kind"] == "Concept"
        return self._made(project, types, [str(entity)], concept=concept)

    def _made(
        self, project: UUID, types: list[UUID], entities: list[str], *, concept: bool
    ) -> Reply:
        kinds = table_of(TaskType)
        known = self.tx.connection.scalars(sa.select(kinds.c.id).where(kinds.c.id.in_(types)))
        if set(types) - set(known):
            raise NotFound
        status = default_status(self, concept=concept)
        ids = []
        for task_type in types:
            ids += self._insert(project, task_type, status, [UUID(ident) for ident in entities])
        for ident in ids:
            facts = {"id": ident, "project_id": project}
            self.tx.emit(self.registry.event(self.registry["tasks"], "new", facts))
        return Reply(self._new_tasks(ids), status=CREATED)

    def _insert(
        self, project: UUID, task_type: UUID, status: UUID, entities: list[UUID]
    ) -> list[UUID]:
        """Tasks for those entities that have none of the type, in the entities' order."""
        have = sa.select(TASK.c.entity_id).where(
            TASK.c.task_type_id == task_type, TASK.c.entity_id.in_(entities)
        )
        taken = set(self.tx.connection.scalars(have))
        rows = [
            {
                "id": uuid4(), "name": "main", "project_id": project, "task_type_id": task_type,
                "task_status_id": status, "entity_id": entity, "assigner_id": self.actor.id,
                "duration": 0, "estimation": 0, "completion_rate": 0, "retake_count": 0,
                "sort_order": 0, "priority": 0, "difficulty": 3, "nb_assets_ready": 0,
                "nb_drawings": 0,
            }
            for entity in dict.fromkeys(entities)
            if entity not in taken
        ]  # fmt: skip
        if not rows:
            return []
        statement = insert(TASK).on_conflict_do_nothing().returning(TASK.c.id)
        made = set(self.tx.connection.scalars(statement, rows))
        return [ident for row in rows if isinstance(ident := row["id"], UUID) and ident in made]

    def _new_tasks(self, ids: list[UUID]) -> bytes:
        status, kind = table_of(TaskStatus), table_of(TaskType)
        columns = [
            *self.registry["tasks"].columns(None, relations=True),
            status.c.name.label("task_status_name"),
            status.c.short_name.label("task_status_short_name"),
            status.c.color.label("task_status_color"),
            kind.c.name.label("task_type_name"), kind.c.color.label("task_type_color"),
            kind.c.priority.label("task_type_priority"),
        ]  # fmt: skip
        rows = (
            sa.select(*columns)
            .select_from(TASK)
            .outerjoin(status, status.c.id == TASK.c.task_status_id)
            .outerjoin(kind, kind.c.id == TASK.c.task_type_id)
            .where(TASK.c.id.in_(ids))
            .order_by(sa.func.array_position(sa.cast(ids, sa.ARRAY(sa.Uuid)), TASK.c.id))
        )
        return f"[{','.join(self.tx.connection.execute(rows_as_json(rows)).scalars())}]".encode()

    # --- assigning --------------------------------------------------------------------------

    @command
    def assign_task(self, task_id: str, data: dict[str, Any]) -> Reply:
        """Give a task to a person, who joins the production's team.

        Returns the task with its assignees. Raises NotFound, Refused (no such person), Forbidden,
        InvalidInput. Emits ``task:assign``, ``task:update``, ``notification:new``.
        """
        given = data.get("person_id")
        if given is None or given == "":
            raise bodies.invalid("person_id", "Field required")
        task = Saying(self).task(bodies.known_id(task_id))
        person = self._assignee(given)
        if not self._may_assign(task, person):
            message = "This requires to manage the production or to supervise the department."
            raise Forbidden(message)
        self._check_bot(task, person)
        self._assign(task, UUID(person["id"]))
        shown = self.registry["tasks"].view(self.tx, task["id"])
        self.keep()
        self._seat(task["project_id"], person["id"])
        return Reply(shown)

    @command
    def assign_tasks(self, person_id: str, data: dict[str, Any]) -> Reply:
        """Give tasks to a person; those that are unknown or not the caller's to give are left out.

        Returns the tasks given.
        """
        ids = data.get("task_ids")
        if not isinstance(ids, list):
            raise bodies.invalid("task_ids", "Field required")
        person = self._assignee(person_id)
        saying = Saying(self)
        tasks = [task for task in self._known(saying, ids) if self._may_assign(task, person)]
        for task in tasks:
            self._assign(task, UUID(person["id"]))
        shown = [self.registry["tasks"].view(self.tx, task["id"]) for task in tasks]
        if tasks:
            self.keep()
            self._seat(tasks[0]["project_id"], person["id"])
        return Reply(b"[" + b",".join(shown) + b"]")

    @command
    def clear_assignation(self, data: dict[str, Any]) -> list[str]:
        """Take a person, or everybody, off tasks; what isn't the caller's to do is left out.

        Returns the ids of the tasks handled. Emits ``task:unassign``, ``task:update``.
        """
        ids, person = data.get("task_ids"), data.get("person_id")
        if not isinstance(ids, list):
            raise bodies.invalid("task_ids", "Field required")
        whom = None if person is None else bodies.known_id(person)
        handled = []
        saying, link = Saying(self), task_person_link
        for task in self._known(saying, ids):
            alone = whom is not None and whom == self.actor.id and task["mine"]
            if not alone and not self._may_direct(saying, task):
                continue
            mine = link.c.task_id == task["id"]
            removed = {whom} if whom else set()
            gone = sa.delete(link).where(mine, *([link.c.person_id == whom] if whom else []))
            removed |= set(self.tx.connection.scalars(gone.returning(link.c.person_id)))
            for one in sorted(removed):
                ids_of = {"task_id": task["id"], "project_id": task["project_id"]}
                self.tx.emit(TaskUnassigned(person_id=one, **ids_of))
            self._touch(task)
            handled.append(str(task["id"]))
        return handled

    def _known(self, saying: Saying, ids: list[Any]) -> list[dict[str, Any]]:
        found = []
        for ident in dict.fromkeys(str(one) for one in ids):
            try:
                found.append(saying.task(parse_id(ident)))
            except (BadValue, NotFound):
                continue
        return found

    def _assignee(self, given: Any) -> dict[str, Any]:
        """The person of that id. Raises Refused."""
        try:
            ident = str(parse_id(given))
        except BadValue:
            raise Refused(data=NOBODY) from None
        found = self.ask("auth", "whole_persons", ids=[ident])
        if ident not in found:
            raise Refused(data=NOBODY)
        person: dict[str, Any] = found[ident]
        return person

    def _may_direct(self, saying: Saying, task: Mapping[str, Any]) -> bool:
        return saying.role(task) in {"admin", "manager"} or saying.supervises(task)

    def _may_assign(self, task: Mapping[str, Any], person: dict[str, Any]) -> bool:
        """Managers; supervisors of the department, to its people; people of it to themselves."""
        role, mine = self.actor.role_in(task["project_id"]), self.actor.departments
        if role in {"admin", "manager"}:
            return True
        department = task["department_id"]
        if person["id"] == str(self.actor.id):
            return department is not None and department in mine
        if role != "supervisor":
            return False
        theirs = {UUID(ident) for ident in person["departments"]}
        return not mine or (department in mine and bool(theirs & mine))

    def _check_bot(self, task: Mapping[str, Any], person: dict[str, Any]) -> None:
        if not person["is_bot"]:
            return
        project = {"path": "projects", "ident": str(task["project_id"])}
        if not self.ask("crud", "read_row", **project).get("is_bot_collaboration_enabled"):
            message = "This production gives no work to bots."
            raise Forbidden(message)

    def _assign(self, task: Mapping[str, Any], person: UUID) -> None:
        row = {"task_id": task["id"], "person_id": person}
        self.tx.connection.execute(insert(task_person_link).values(row).on_conflict_do_nothing())
        ids = {"task_id": task["id"], "project_id": task["project_id"]}
        self.tx.emit(TaskAssigned(person_id=person, **ids))
        self._touch(task, assigner_id=self.actor.id)
        if self.actor.id is not None:
            facts = {"author_id": self.actor.id, "task_id": task["id"]}
            reasons = [(person, "assignation")]
            notify(self.tx, task["project_id"], reasons, change=False, **facts)

    def _touch(self, task: Mapping[str, Any], **values: Any) -> None:
        change = sa.update(TASK).where(TASK.c.id == task["id"])
        self.tx.connection.execute(change.values(**values, updated_at=NOW))
        task_changed(self, task)

    def _seat(self, project: UUID | None, person: str) -> None:
        """After the commit: should it fail, the person has the task and is seated by the next."""
        if project is not None:
            self.tx.close()
            self.ask("crud", "seat_assignee", project_id=str(project), person_id=person)

    # --- reading ----------------------------------------------------------------------------

    @query
    def read_task_in_full(self, task_id: str) -> Reply:
        """A task with its type, status, entity, production, people. For its readers.

        Raises NotFound, Forbidden.
        """
        saying = Saying(self)
        task = saying.task(bodies.known_id(task_id))
        saying.check_reader(task)
        shown: dict[str, Any] = msgspec.json.decode(self._text("tasks", task["id"], lists=True))
        people = [shown["assigner_id"], *shown["assignees"]]
        questions = [
            ("assets", "entity_with_ancestors", {"ident": shown["entity_id"]}),
            ("crud", "read_plain", {"path": "projects", "ident": shown["project_id"]}),
            ("auth", "whole_persons", {"ids": [ident for ident in people if ident]}),
        ]
        entity, project, known = self.ask_all(questions)
        shown |= entity
        shown["project"] = project
        for name in ("task_type", "task_status"):
            path = name.replace("_", "-")
            path = "task-types" if path == "task-type" else path
            ident = shown[f"{name}_id"]
            text = self._text(path, UUID(ident)) if ident else "null"
            shown[name] = msgspec.Raw(text.encode())
        shown["persons"] = [without_departments(known[i]) for i in shown["assignees"] if i in known]
        if shown["assigner_id"] in known:
            shown["assigner"] = known[shown["assigner_id"]]
        shown["is_subscribed"] = self._subscribed(task["id"])
        return Reply(msgspec.json.encode(shown))

    def _text(self, path: str, ident: UUID, *, lists: bool = False) -> str:
        resource = self.registry[path]
        columns = resource.columns(None, relations=lists)
        rows = sa.select(*columns).where(resource.table.c.id == ident)
        with self.database.read() as connection:
            return connection.scalar(rows_as_json(rows)) or "null"

    def _subscribed(self, task: UUID) -> bool:
        own = sa.exists().where(
            Subscription.task_id == task, Subscription.person_id == self.actor.id
        )
        with self.database.read() as connection:
            return bool(connection.scalar(sa.select(own)))

    @query
    def list_entity_tasks(
        self, kind: str, ident: str, query: dict[str, str] | None = None
    ) -> Reply:
        """The tasks of one entity with the names around them, by name. For its readers.

        Raises NotFound, Forbidden.
        """
        entity, facts = self.entity_for(kind, ident)
        relations = (query or {}).get("relations", "").lower() == "true"
        status, types = table_of(TaskStatus), table_of(TaskType)
        names = self.ask("crud", "project_names", ids=[facts["project_id"]])
        rows = (
            sa.select(
                *self.registry["tasks"].columns(None, relations=relations),
                sa.literal(names.get(facts["project_id"])).label("project_name"),
                types.c.name.label("task_type_name"), status.c.name.label("task_status_name"),
                sa.literal(facts["type_name"]).label("entity_type_name"),
                sa.literal(facts["name"]).label("entity_name"),
            )
            .select_from(TASK)
            .outerjoin(types, types.c.id == TASK.c.task_type_id)
            .outerjoin(status, status.c.id == TASK.c.task_status_id)
            .where(TASK.c.entity_id == entity, *self._own_only(kind, facts))
            .order_by(TASK.c.name, TASK.c.id)
        )  # fmt: skip
        return self._array(rows)

    @query
    def list_entity_task_types(self, kind: str, ident: str) -> Reply:
        """The types of one entity's tasks, each once. Raises NotFound, Forbidden."""
        entity, _ = self.entity_for(kind, ident)
        resource = self.registry["task-types"]
        mine = sa.select(TASK.c.task_type_id).where(TASK.c.entity_id == entity)
        rows = sa.select(*resource.columns(None, relations=False))
        return self._array(rows.where(resource.table.c.id.in_(mine)))

    def entity_for(self, kind: str, ident: str) -> tuple[UUID, dict[str, Any]]:
        """An entity of a kind that the caller may read. Raises NotFound, Forbidden."""
        entity = bodies.known_id(ident)
        found = self.ask("assets", "describe_entities", ids=[str(entity)]).get(str(entity))
        if found is None or (kind and found["kind"].lower() != kind):
            raise NotFound
        facts = {"project_id": UUID(found["project_id"]), "entity_id": entity}
        access.reader.check(self, facts)
        if kind == "concept" and self.actor.role_in(facts["project_id"]) == "client":
            message = "Concepts are not for clients."
            raise Forbidden(message)
        return entity, found

    def _own_only(self, kind: str, facts: Mapping[str, Any]) -> list[Any]:
        """A vendor sees of a sequence or an episode only what is theirs."""
        role = self.actor.role_in(UUID(facts["project_id"]))
        if role == "vendor" and kind in {"sequence", "episode"}:
            return [access.assigned_to(self.actor.id, TASK.c.id)]
        return []

    def _array(self, rows: sa.Select[Any]) -> Reply:
        with self.database.read() as connection:
            texts = connection.execute(rows_as_json(rows)).scalars().all()
        return Reply(f"[{','.join(texts)}]".encode())


def _wanted(data: Any) -> list[str]:
    """The ids in a body; none means all. Raises InvalidInput."""
    if data in (None, {}, []):
        return []
    if not isinstance(data, list):
        raise InvalidInput(NOT_AN_ARRAY)
    try:
        return [str(parse_id(ident)) for ident in data]
    except BadValue:
        raise InvalidInput(NOT_IDS) from None
