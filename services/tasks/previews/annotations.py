"""Annotations (drawings) on previews: applying a change.

A preview's ``annotations`` is an array; each member is what was drawn at a ``time``, with the
drawn ``objects`` under ``drawing``. A change names additions, updates and deletions of objects by
their ``id``. Members without a time are taken for objects themselves.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from services.common.errors import invalid_field
from services.common.json_types import JsonObject

Drawn = list[JsonObject]
FIELDS = ("additions", "updates", "deletions")


def apply_changes(annotations: Drawn | None, data: JsonObject) -> Drawn:
    """The annotations after a change. Raises InvalidInput for what is no list of objects."""
    found = deepcopy(annotations) or []
    additions, updates, deletions = (_listed(data, name) for name in FIELDS)
    for member in (*additions, *updates):
        _put(found, member)
    for gone in deletions:
        found = _without(found, gone)
    return found


def _listed(data: JsonObject, name: str) -> list[Any]:
    given = data.get(name)
    members = [] if given is None else given
    kinds = (dict, str) if name == "deletions" else dict
    if not isinstance(members, list) or not all(isinstance(one, kinds) for one in members):
        raise invalid_field(name, "Input should be a valid list")
    return members


def _objects(member: JsonObject) -> Drawn:
    drawing = member.get("drawing")
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    return objects if isinstance(objects, list) else []


def _put(found: Drawn, member: JsonObject) -> None:
    """Merge a member into the one of the same time, objects by their ids."""
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
    """Without the object of that id, or without those of a time's; an emptied time goes."""
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
