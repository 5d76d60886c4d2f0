"""Changes of annotations, the drawings on previews.

A preview's ``annotations`` is an array: a member per ``time`` (in seconds, of a movie), with the
drawn ``objects`` under ``drawing``. A change adds, updates and deletes objects by their ``id``.
A member without a time is an object itself.
"""

from __future__ import annotations

from copy import deepcopy

from services.common.contracts.tasks.previews import DrawingChanges, Erased
from services.common.json_types import Json, JsonObject
from services.tasks.shapes import annotations_in

Drawn = list[JsonObject]


def apply_changes(annotations: Json, changes: DrawingChanges) -> Drawn:
    """The annotations after a change."""
    # Copied: SQLAlchemy sees a change of the column only if the value isn't the one it loaded.
    drawn = annotations_in(deepcopy(annotations))
    for member in (*changes.additions, *changes.updates):
        _put(drawn, dict(member))
    for deletion in changes.deletions:
        drawn = _without(drawn, deletion)
    return drawn


def _objects(member: JsonObject) -> Drawn:
    drawing = member.get("drawing")
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    return objects if isinstance(objects, list) else []


def _put(drawn: Drawn, member: JsonObject) -> None:
    """Merge a member into the one at the same time, objects by their ids."""
    if "time" not in member:
        _merge(drawn, [member])
        return
    at_time = next((item for item in drawn if item.get("time") == member["time"]), None)
    if at_time is None:
        drawn.append(member)
    elif _objects(at_time):
        _merge(_objects(at_time), _objects(member))
    else:
        at_time.update(member)


def _merge(objects: Drawn, changes: Drawn) -> None:
    places = {item["id"]: place for place, item in enumerate(objects) if "id" in item}
    for item in changes:
        place = places.get(item.get("id", ""))
        if place is None:
            objects.append(item)
        else:
            objects[place] = {**objects[place], **item}


def _without(drawn: Drawn, deletion: Erased | str) -> Drawn:
    """Remove an object by id, or the given objects at a time; drop a time without objects."""
    if isinstance(deletion, str):
        return [item for item in drawn if item.get("id") != deletion]
    ids, remaining = set(deletion.get("objects") or ()), []
    for item in drawn:
        if item.get("time") == deletion.get("time"):
            objects = [shape for shape in _objects(item) if shape.get("id") not in ids]
            if not objects:
                continue
            item["drawing"]["objects"] = objects
        remaining.append(item)
    return remaining
