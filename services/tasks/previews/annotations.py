"""Changes of annotations, the drawings on previews.

A preview's ``annotations`` is an array: a member per ``time`` (in seconds, of a movie), with the
drawn ``objects`` under ``drawing``. A change adds, updates and deletes objects by their ``id``.
A member without a time is an object itself.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from services.common.json_types import Json, JsonObject
from services.tasks.shapes import annotations_in, field_of, read_annotations, read_deletions

Drawn = list[JsonObject]
FIELDS: Final = {
    "additions": read_annotations,
    "updates": read_annotations,
    "deletions": read_deletions,
}


def apply_changes(annotations: Json, data: JsonObject) -> Drawn:
    """The annotations after a change. Raises InvalidInput for a malformed change."""
    # Copied: SQLAlchemy sees a change of the column only if the value isn't the one it loaded.
    found = annotations_in(deepcopy(annotations))
    additions, updates, deletions = (
        field_of(name, data.get(name), read) for name, read in FIELDS.items()
    )
    for member in (*additions, *updates):
        _put(found, member)
    for gone in deletions:
        found = _without(found, gone)
    return found


def _objects(member: JsonObject) -> Drawn:
    drawing = member.get("drawing")
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    return objects if isinstance(objects, list) else []


def _put(found: Drawn, member: JsonObject) -> None:
    """Merge a member into the one at the same time, objects by their ids."""
    if "time" not in member:
        _merge(found, [member])
        return
    there = next((one for one in found if one.get("time") == member["time"]), None)
    if there is None:
        found.append(member)
    elif _objects(there):
        _merge(_objects(there), _objects(member))
    else:
        there.update(member)


def _merge(objects: Drawn, more: Drawn) -> None:
    places = {one["id"]: place for place, one in enumerate(objects) if "id" in one}
    for one in more:
        place = places.get(one.get("id", ""))
        if place is None:
            objects.append(one)
        else:
            objects[place] = {**objects[place], **one}


def _without(found: Drawn, gone: JsonObject | str) -> Drawn:
    """Remove an object by id, or the given objects at a time; drop a time without objects."""
    if isinstance(gone, str):
        return [one for one in found if one.get("id") != gone]
    ids, kept = set(gone.get("objects") or ()), []
    for one in found:
        if one.get("time") == gone.get("time"):
            objects = [drawn for drawn in _objects(one) if drawn.get("id") not in ids]
            if not objects:
                continue
            one["drawing"]["objects"] = objects
        kept.append(one)
    return kept
