"""What a deletion takes along, and what is told of that: a table in the event catalogue."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from deploy.docs.declarations import registries
from services.common.database.tables import on_gone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.common.crud.resource import Resource
    from services.common.database.tables import OnGone

INTRODUCTION: Final = """
## What a deletion tells

From the references that tables declare, for rows that clients read. Untold is what is part of the
deleted row: its event says that all of it is gone. The others tell of themselves, unless they went
with a production. Rows may be in both columns, by different references.
"""


def deletions() -> str:
    """The table as Markdown."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for resource, target, on_gone in _references():
        if on_gone == "part":
            parts[target].add(f"`{resource.path}`")
        elif on_gone != "null":
            told[target].add(f"`{_subject(resource)}:{on_gone}`")
    lines = [INTRODUCTION, "| deleted | with it, untold | told |", "|---|---|---|"]
    for name, deleted in sorted(_served().items(), key=lambda one: one[1].path):
        if told[name] or parts[name]:
            cells = (f"`{deleted.path}`", *map(_listed, (parts[name], told[name])))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _served() -> dict[str, Resource]:
    """Resources by the names of their tables, as references have them."""
    return {
        f"{registry.service}.{resource.table.name}": resource
        for registry in registries()
        for resource in registry
    }


def _references() -> Iterator[tuple[Resource, str, OnGone]]:
    """The rows of a resource, the table that they reference, and what they declare."""
    for name, resource in _served().items():
        for column in resource.table.c:
            for key in column.foreign_keys:
                yield resource, f"{name.split('.')[0]}.{key.column.table.name}", on_gone_of(column)
            if ref := column.info.get("ref"):
                yield resource, f"{ref.service}.{ref.table}", ref.on_gone
        for held, on_gone in resource.rules.holds.items():
            yield resource, held, on_gone


def _subject(resource: Resource) -> str:
    return "<kind>" if resource.events else resource.event_name({})
