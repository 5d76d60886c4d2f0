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


def test_types_get_the_priority_of_their_place(tasks: OneService, desk: Desk) -> None:
    """Unknown ones keep their number; it is for administrators, whose rights come first."""
    first, second = (make(tasks, desk, name=name)["id"] for name in ("First", "Second"))
    nobody = "00000000-0000-4000-8000-000000000000"
    data = {"task_type_ids": [second, nobody, first]}
    before = tasks.emitted()
    rows = tasks.call("admin", "reorder_task_types", data=data)
    assert [(row["id"], row["priority"]) for row in rows] == [(second, 1), (first, 3)]
    assert tasks.call("admin", "reorder_task_types", data={"task_type_ids": []}) == []
    assert tasks.emitted() == before
    wanted = "Request body must be a JSON object with a 'task_type_ids' list."
    for wrong in (None, {"task_type_ids": {}}):
        with pytest.raises(InvalidInput, match=wanted):
            tasks.call("admin", "reorder_task_types", data=wrong)
        outcomes = tasks.outcomes(["manager"], "reorder_task_types", data=wrong)
        assert outcomes == {"manager": "forbidden"}
