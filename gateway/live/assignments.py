"""The tasks that somebody is assigned to, which decide what vendors hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from gateway.live.event import LiveEvent

#: A position after all others.
ENDLESS: Final = 2**63


class _Work(NamedTuple):
    entity: UUID | None
    #: The position of the last event that it lets its assignee hear.
    until: int


class Assignments:
    """Tasks with their entities, read once and kept up to date from events.

    A task that is deleted, or that somebody is removed from, counts for the events until then: its
    assignee hears that it is gone, also on a connection that is behind.
    """

    def __init__(self, tasks: dict[UUID, UUID | None] | None = None) -> None:
        self._tasks = {task: _Work(entity, ENDLESS) for task, entity in (tasks or {}).items()}

    @classmethod
    def read(cls, answer: bytes) -> Assignments:
        """Those of ``tasks.list_assignments``."""
        return cls(msgspec.json.decode(answer, type=dict[UUID, UUID | None]))

    def has_task(self, task: UUID, position: int) -> bool:
        """Whether they were assigned to the task."""
        work = self._tasks.get(task)
        return work is not None and position <= work.until

    def has_entity(self, entity: UUID, position: int) -> bool:
        """Whether they were assigned to a task on the entity."""
        return any(
            work.entity == entity and position <= work.until for work in self._tasks.values()
        )

    def note(self, event: LiveEvent, person: UUID | None) -> bool:
        """Follow an event; returns whether the tasks must be read anew.

        Who is assigned to a new task, its event doesn't say.
        """
        task = event.task
        if event.name == "task:new":
            return True
        if task is None:
            return False
        if event.name == "task:delete":
            self._end(task, event.position)
        elif event.name == "task:assign" and event.person == person:
            self._tasks[task] = _Work(event.entity, ENDLESS)
        elif event.name == "task:unassign" and event.person == person:
            self._end(task, event.position)
        return False

    def _end(self, task: UUID, position: int) -> None:
        if (work := self._tasks.get(task)) is not None:
            self._tasks[task] = work._replace(until=min(work.until, position))
