"""RPC methods that assign and unassign people, for one or many tasks."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.tasks import TaskAssigned, TaskUnassigned
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_id
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, NotFound, Refused, Unavailable, invalid_field
from services.common.json_types import Json, JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task, task_person_link
from services.tasks.policy.notifications import notify
from services.tasks.policy.task_authorizer import TaskAuthorizer
from services.tasks.policy.task_changes import task_changed

TASK: Final = table_of(Task)
NOBODY: Final = {"error": "Assignee doesn't exist in database."}


class AssignmentRpc(ResourceService):
    """Assignments."""

    @command
    def assign_task(self, task_id: str, data: JsonObject) -> Reply:
        """Assign a task to a person, who joins the production's team; twice is once.

        Returns the task with its assignees. Raises NotFound, Refused (no such person), Forbidden,
        InvalidInput. Emits ``task:assign``, ``task:update``, ``notification:new`` if it is new.
        """
        given = data.get("person_id")
        if given is None or given == "":
            raise invalid_field("person_id", "Field required")
        task = TaskAuthorizer(self).task(known_id(task_id))
        person = self._assignee(given)
        if not self._may_assign(task, person):
            message = "This requires to manage the production or to supervise the department."
            raise Forbidden(message)
        self._check_bot(task, person)
        new = self._assign(task, UUID(person["id"]))
        shown = self.registry["tasks"].view(self.tx, task["id"])
        self._seat([task], person["id"], new=new)
        return Reply(shown)

    @command
    def assign_tasks(self, person_id: str, data: JsonObject) -> Reply:
        """Assign tasks to a person; unknown ones, and ones the caller may not assign, are left out.

        Returns the tasks given.
        """
        ids = data.get("task_ids")
        if not isinstance(ids, list):
            raise invalid_field("task_ids", "Field required")
        person = self._assignee(person_id)
        authorizer = TaskAuthorizer(self)
        tasks = [task for task in self._known(authorizer, ids) if self._may_assign(task, person)]
        # In the order of ids, as elsewhere: each locks its task.
        ordered = sorted(tasks, key=lambda task: str(task["id"]))
        new = [self._assign(task, UUID(person["id"])) for task in ordered]
        shown = [self.registry["tasks"].view(self.tx, task["id"]) for task in tasks]
        self._seat(tasks, person["id"], new=all(new))
        return Reply(b"[" + b",".join(shown) + b"]")

    @command
    def clear_assignation(self, data: JsonObject) -> list[str]:
        """Unassign a person, or everybody, from tasks; ones the caller may not change are left out.

        Returns the ids of the tasks handled. Emits ``task:unassign``, ``task:update``.
        """
        ids, person = data.get("task_ids"), data.get("person_id")
        if not isinstance(ids, list):
            raise invalid_field("task_ids", "Field required")
        whom = None if person is None else known_id(person)
        handled = []
        authorizer, link = TaskAuthorizer(self), task_person_link
        for task in self._known(authorizer, ids):
            alone = whom is not None and whom == self.actor.id and task["mine"]
            mine = alone and authorizer.role(task) is not None
            if not mine and not self._may_direct(authorizer, task):
                continue
            which = [link.c.person_id == whom] if whom else []
            gone = sa.delete(link).where(link.c.task_id == task["id"], *which)
            removed = {whom} if whom else set()
            removed |= set(self.tx.connection.scalars(gone.returning(link.c.person_id)))
            for one in sorted(removed):
                ids_of = {"task_id": task["id"], "project_id": task["project_id"]}
                self.tx.emit(TaskUnassigned(person_id=one, **ids_of))
            self._touch(task)
            handled.append(str(task["id"]))
        return handled

    def _known(self, authorizer: TaskAuthorizer, ids: list[Any]) -> list[Row]:
        found = []
        for ident in dict.fromkeys(str(one) for one in ids):
            try:
                found.append(authorizer.task(parse_id(ident)))
            except (BadValue, NotFound):
                continue
        return found

    def _assignee(self, given: Json) -> JsonObject:
        """The person of that id. Raises Refused."""
        try:
            ident = str(parse_id(given))
        except BadValue:
            raise Refused(data=NOBODY) from None
        found = self.ask("auth", "whole_persons", ids=[ident])
        if ident not in found:
            raise Refused(data=NOBODY)
        person: JsonObject = found[ident]
        return person

    def _may_direct(self, authorizer: TaskAuthorizer, task: Row) -> bool:
        return authorizer.role(task) in {"admin", "manager"} or authorizer.supervises(task)

    def _may_assign(self, task: Row, person: JsonObject) -> bool:
        """Managers; supervisors of the department, to its people; people of it, to themselves.

        All of them must be in the team: nobody may join a production by assigning themselves.
        """
        role, mine = self.actor.role_in(task["project_id"]), self.actor.departments
        if role is None or role in {"admin", "manager"}:
            return role is not None
        department = task["department_id"]
        if person["id"] == str(self.actor.id):
            return department is not None and department in mine
        if role != "supervisor":
            return False
        theirs = {UUID(ident) for ident in person["departments"]}
        return not mine or (department in mine and bool(theirs & mine))

    def _check_bot(self, task: Row, person: JsonObject) -> None:
        if not person["is_bot"]:
            return
        project = {"path": "projects", "ident": str(task["project_id"])}
        if not self.ask("crud", "read_row", **project).get("is_bot_collaboration_enabled"):
            message = "This production gives no work to bots."
            raise Forbidden(message)

    def _assign(self, task: Row, person: UUID) -> bool:
        """Assign a task, and tell of it; returns whether the assignment is new."""
        row = {"task_id": task["id"], "person_id": person}
        added = insert(task_person_link).values(row).on_conflict_do_nothing()
        if not self.tx.connection.execute(added).rowcount:
            # Who assigns again is the assigner from now on, which is a change of the task only.
            other = TASK.c.assigner_id.is_distinct_from(self.actor.id)
            self._touch(task, other, assigner_id=self.actor.id)
            return False
        ids = {"task_id": task["id"], "project_id": task["project_id"]}
        self.tx.emit(TaskAssigned(person_id=person, **ids))
        self._touch(task, assigner_id=self.actor.id)
        if self.actor.id is not None:
            facts = {"author_id": self.actor.id, "task_id": task["id"]}
            reasons = [(person, "assignation")]
            notify(self.tx, task["project_id"], reasons, change=False, **facts)
        return True

    def _touch(self, task: Row, *where: Condition, **values: Any) -> None:
        change = sa.update(TASK).where(TASK.c.id == task["id"], *where)
        if self.tx.connection.execute(change.values(**values, updated_at=NOW)).rowcount:
            task_changed(self, task)

    def _seat(self, tasks: list[Row], person: str, *, new: bool) -> None:
        """Add the person to the teams of the tasks' productions, after the commit.

        At once, as callers show the team next. Who was just assigned is seated in any case, by the
        handler of ``task:assign``, so its absence fails no ``new`` assignment.
        """
        projects = sorted({str(task["project_id"]) for task in tasks if task["project_id"]})
        # Other services may only be called after the commit.
        self.commit_now()
        self.tx.close()
        seats = [{"project_id": project, "person_id": person} for project in projects]
        try:
            self.ask_all([("crud", "seat_assignee", seat) for seat in seats])
        except Unavailable:
            if not new:
                raise
