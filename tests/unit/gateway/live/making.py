"""Events and listeners as these tests make them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec

from gateway.live.assignments import Assignments
from gateway.live.event import LiveEvent
from services.common.actor import Actor
from services.common.contracts.full_events import (
    About,
    Audience,
    FieldChange,
    FullEvent,
    Named,
    PersonNamed,
)


class Somebody:
    """Somebody who listens."""

    def __init__(self, assigned: Assignments | None = None, **actor: Any) -> None:
        self.actor = Actor(**{"id": uuid4(), **actor})
        self.assigned = assigned or Assignments()


def event(
    position: int = 1,
    name: str = "task:update",
    *,
    project: UUID | None = None,
    audience: Audience | None = None,
    changes: dict[str, FieldChange] | None = None,
    size: int = 0,
    **about: UUID,
) -> LiveEvent:
    """An event about an ``entity``, a ``task``, a ``person``."""
    named: dict[str, Any] = {
        key: {"kind": "Asset", "path": "", "id": ident, "name": "x"}
        if key == "entity"
        else PersonNamed(id=ident, full_name="x")
        if key == "person"
        else Named(id=ident, name="x")
        for key, ident in about.items()
    }
    full = FullEvent(
        id=uuid4(),
        position=position,
        name=name,
        time="2026-01-05T10:00:00",
        project_id=project,
        actor=None,
        data={"task_id": str(uuid4()), "text": "x" * size},
        changes=changes or {},
        about=msgspec.convert(msgspec.to_builtins(named), About),
    )
    body = msgspec.json.encode(full)
    return LiveEvent(position, msgspec.json.encode(audience or Audience()), body)
