"""Types of tasks and their names."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import InvalidInput
from tests.desk import Desk
from tests.service.one_service import OneService


def make(tasks: OneService, desk: Desk, **values: Any) -> dict[str, Any]:
    """A new type."""
    tasks.fakes.replies["auth.find_existing_rows"] = {"department": [desk.department]}
    reply: dict[str, Any] = tasks.call("admin", "create_row", path="task-types", data=values)
    return reply


def test_concepts_have_types_of_their_own(tasks: OneService, desk: Desk) -> None:
    """Of a name that another kind's type has; any other name is taken once for all."""
    sketch = make(tasks, desk, name="Sketch", for_entity="Asset")
    make(tasks, desk, name="Sketch", for_entity="Concept")
    for kind in ("Asset", "Shot", "Concept"):
        with pytest.raises(InvalidInput, match="similar name"):
            make(tasks, desk, name="Sketch", for_entity=kind)
    arguments = {"path": "task-types", "ident": sketch["id"]}
    for data in ({"for_entity": "Concept"}, {"name": "Modeling"}):
        with pytest.raises(InvalidInput, match="similar name"):
            tasks.call("admin", "update_row", **arguments, data=data)
    reply = tasks.call("admin", "update_row", **arguments, data={"name": "Sketch", "priority": 3})
    assert reply["priority"] == 3
