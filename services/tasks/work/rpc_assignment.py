"""RPC methods that assign and unassign people, for one or many tasks."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.contracts.tasks.events import TaskAssigned, TaskUnassigned
from services.common.contracts.tasks.work import AssignedTasks, Assignee, UnassignedTasks
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_id
from services.common.database.sql_types import Condition
from services.common.database.tables import NOW, table_of
from services.common.errors import Forbidden, NotFound, Refused, Unavailable
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import Task, task_person_link
from services.tasks.policy.notifications import notify
from services.tasks.policy.people import check_workers
from services.tasks.policy.task_authorizer import TaskAuthorizer
from services.tasks.state.task_changes import task_changed

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
        person_id = bodies.read(Assignee, data).person_id
        task = TaskAuthorizer(self).task(known_id(task_id))
        person = self._assignee(person_id)
        if not self._may_assign(task, person):
            message = "This requires to manage the production or to supervise the department."
            raise Forbidden(message)
        check_workers(self, task["project_id"], [person])
        new = self._assign(task, UUID(person["id"]))
        body = self._shown(task["id"])
        self._add_to_team([task], person["id"], new=new)
        return Reply(body)

    @command
    def assign_tasks(self, person_id: str, data: JsonObject) -> Reply:
        """Assign tasks to a person; skips unknown ones and those that the caller may not assign.

        Returns the tasks assigned. Raises Refused (no such person), Forbidden (a bot, where a
        production gives bots no work), InvalidInput. Emits as
        ``assign_task``.
        """
        ids = bodies.read(AssignedTasks, data).task_ids
        person = self._assignee(person_id)
        authorizer = TaskAuthorizer(self)
        tasks = [task for task in self._existing(authorizer, ids) if self._may_assign(task, person)]
        for project in {task["project_id"] for task in tasks}:
            check_workers(self, project, [person])
        # In the order of ids, as elsewhere: each locks its task.
        ordered = sorted(tasks, key=lambda task: str(task["id"]))
        new = [self._assign(task, UUID(person["id"])) for task in ordered]
        shown = [self._shown(task["id"]) for task in tasks]
        self._add_to_team(tasks, person["id"], new=all(new))
        return Reply(b"[" + b",".join(shown) + b"]")

    @command
    def clear_assignation(self, data: JsonObject) -> list[str]:
        """Unassign a person, or everybody, from tasks; skips those that the caller may not change.

        Returns the ids of the other tasks. Raises InvalidInput, NotFound (the id of a person is
        none). Emits ``task:unassign``, ``task:update``.
        """
        body = bodies.read(UnassignedTasks, data)
        unassigned = None if body.person_id is None else known_id(body.person_id)
        changed = []
        authorizer, link = TaskAuthorizer(self), task_person_link
        for task in self._existing(authorizer, body.task_ids):
            # Assignees may unassign themselves, as long as they are in the team.
            is_self = unassigned is not None and unassigned == self.actor.id and task["mine"]
            may_leave = is_self and authorizer.role(task) is not None
            if not may_leave and not self._may_direct(authorizer, task):
                continue
            links = sa.delete(link).where(link.c.task_id == task["id"])
            if unassigned:
                links = links.where(link.c.person_id == unassigned)
            # The event of a person named is emitted even if they were not assigned.
            removed = {unassigned} if unassigned else set()
            removed |= set(self.tx.connection.scalars(links.returning(link.c.person_id)))
            for removed_id in sorted(removed):
                ids_of = {"task_id": task["id"], "project_id": task["project_id"]}
                self.tx.emit(TaskUnassigned(person_id=removed_id, **ids_of))
            self._touch(task)
            changed.append(str(task["id"]))
        return changed

    def _shown(self, ident: UUID) -> bytes:
        return self.registry["tasks"].view(self.tx, ident, actor=self.actor)

    def _existing(self, authorizer: TaskAuthorizer, ids: list[str]) -> list[Row]:
        """The tasks of these ids, each once; malformed and unknown ids are skipped."""
        tasks = []
        for ident in dict.fromkeys(ids):
            try:
                tasks.append(authorizer.task(parse_id(ident)))
            except (BadValue, NotFound):
                continue
        return tasks

    def _assignee(self, person_id: str) -> JsonObject:
        """The person with that id, from ``auth``. Raises Refused."""
        try:
            ident = str(parse_id(person_id))
        except BadValue:
            raise Refused(data=NOBODY) from None
        persons = self.ask("auth", "list_full_persons", ids=[ident])
        if ident not in persons:
            raise Refused(data=NOBODY)
        person: JsonObject = persons[ident]
        return person

    def _may_direct(self, authorizer: TaskAuthorizer, task: Row) -> bool:
        return authorizer.role(task) in {"admin", "manager"} or authorizer.supervises(task)

    def _may_assign(self, task: Row, person: JsonObject) -> bool:
        """Managers anybody; supervisors members of their department; its members themselves.

        All of them must be in the team: nobody may join a production by assigning themselves.
        """
        role, departments = self.actor.role_in(task["project_id"]), self.actor.departments
        if role is None or role in {"admin", "manager"}:
            return role is not None
        department = task["department_id"]
        if person["id"] == str(self.actor.id):
            return department is not None and department in departments
        if role != "supervisor":
            return False
        # Supervisors without departments supervise all of them.
        person_departments = {UUID(ident) for ident in person["departments"]}
        return not departments or (
            department in departments and bool(departments & person_departments)
        )

    def _assign(self, task: Row, person: UUID) -> bool:
        """Assign a task, and tell of it; returns whether the assignment is new."""
        row = {"task_id": task["id"], "person_id": person}
        insertion = insert(task_person_link).values(row).on_conflict_do_nothing()
        if not self.tx.connection.execute(insertion).rowcount:
            # Who assigns again is the assigner from now on, which is a change of the task only.
            is_reassigned = TASK.c.assigner_id.is_distinct_from(self.actor.id)
            self._touch(task, is_reassigned, assigner_id=self.actor.id)
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
        # No event for a row that ``where`` leaves as it was.
        if self.tx.connection.execute(change.values(**values, updated_at=NOW)).rowcount:
            task_changed(self, task)

    def _add_to_team(self, tasks: list[Row], person: str, *, new: bool) -> None:
        """Add the assignee to the teams of the tasks' productions, after the commit.

        The handler of ``task:assign`` does so, too, and the answer waits for it. Called all the
        same: for who left the team and is assigned again, which is no event, and while a release of
        ``crud`` without that handler runs. Its absence fails no ``new`` assignment.
        """
        projects = sorted({str(task["project_id"]) for task in tasks if task["project_id"]})
        # The teams belong to ``crud``, and no RPC call is made inside a transaction.
        self.commit_now()
        self.tx.close()
        seats = [{"project_id": project, "person_id": person} for project in projects]
        try:
            self.ask_all([("crud", "seat_assignee", seat) for seat in seats])
        except Unavailable:
            if not new:
                raise
