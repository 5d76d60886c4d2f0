"""The statuses of tasks, and the types of tasks, that a new studio starts with."""

from __future__ import annotations

from typing import Final

from services.common.bulk.starter_set import StarterRows, StarterSet, named, starter_id
from services.common.json_types import Values
from services.tasks.state.default_status import DEFAULT, FIRST_VALUES

#: By what the tasks are for, in the order of the work: type, department, color.
TYPES: Final = {
    "Asset": (
        ("Concept", "Concept", "#8D6E63"),
        ("Modeling", "Modeling", "#78909C"),
        ("Shading", "Modeling", "#64B5F6"),
        ("Rigging", "Modeling", "#9CCC65"),
    ),
    "Shot": (
        ("Storyboard", "Concept", "#43A047"),
        ("Layout", "Layout", "#7CB342"),
        ("Animation", "Animation", "#009688"),
        ("Lighting", "Compositing", "#F9A825"),
        ("FX", "FX", "#26C6DA"),
        ("Rendering", "Compositing", "#F06292"),
        ("Compositing", "Compositing", "#FF5252"),
    ),
    "Concept": (("Concept", "Concept", "#8D6E63"),),
    "Edit": (("Edit", "Editing", "#9B298C"),),
}


def _status(name: str, short_name: str, color: str, **flags: bool) -> Values:
    usual = {**FIRST_VALUES, "for_concept": False, "is_default": False}
    return {**usual, "name": name, "short_name": short_name, "color": color, **flags}


def _type(kind: str, name: str, department: str, color: str, priority: int) -> Values:
    return {
        # By both: a concept is drawn for an asset, and before there is any.
        "id": starter_id("task-types", f"{kind}/{name}"),
        "name": name,
        "short_name": "",
        "for_entity": kind,
        "department_id": starter_id("departments", department),
        "color": color,
        "priority": priority,
    }


STATUSES: Final = (
    {**FIRST_VALUES, **DEFAULT},
    _status("Ready To Start", "ready", "#FBC02D"),
    _status("Work In Progress", "wip", "#3273DC", is_wip=True),
    _status("Waiting For Approval", "wfa", "#AB26FF", is_feedback_request=True),
    _status("Retake", "retake", "#FF3860", is_retake=True, is_artist_allowed=False),
    _status("Done", "done", "#22D160", is_done=True, is_artist_allowed=False),
)
STARTER_SET: Final[StarterSet] = (
    StarterRows(
        "task_status",
        "task-status",
        named(
            "task-status",
            *({**row, "priority": place} for place, row in enumerate(STATUSES, 1)),
            key="short_name",
        ),
    ),
    StarterRows(
        "task_type",
        "task-type",
        [
            _type(kind, *row, place)
            for kind, rows in TYPES.items()
            for place, row in enumerate(rows, 1)
        ],
    ),
)
