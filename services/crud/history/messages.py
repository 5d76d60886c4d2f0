"""Events of the history as they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from services.common.contracts.full_events import AUDIENCE

if TYPE_CHECKING:
    from uuid import UUID


class Record(NamedTuple):
    """An event as the history keeps it: a ``FullEvent`` without its position, and its audience."""

    id: UUID
    name: str
    project_id: UUID | None
    body: str
    audience: str

    def text(self, position: int) -> str:
        """The event as JSON, in its place."""
        return f'{{"position":{position},{self.body[1:]}'

    def headers(self, position: int) -> dict[str, Any]:
        """The headers of its message; the production is for bindings: queues can't read bodies."""
        project = {"project_id": str(self.project_id)} if self.project_id else {}
        headers = {"event_id": str(self.id), "position": position, AUDIENCE: self.audience}
        return {**headers, **project}
