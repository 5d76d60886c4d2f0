"""A dump of any size: ``python -m tests.bench.rows FILE.json.gz [rows]``.

Comments, tasks, entities and events in the proportions of a grown studio, written as they are made.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from isal import igzip

from tests.world import World

SHARES: Final = {"comment": 0.4, "api_event": 0.3, "task": 0.15, "entity": 0.15}
TEXT: Final = "The lens flare in the second half hides what she says; calm it down, please."


def ident(table: str, number: int) -> str:
    """The deterministic id of a generated row."""
    kind = list(SHARES).index(table) + 1
    return str(uuid.UUID(int=(kind << 96) | (4 << 76) | (8 << 60) | number))


class Rows:
    """Generates rows around those of a small studio."""

    def __init__(self, total: int) -> None:
        self.world = World()
        self.counts = {table: int(total * share) for table, share in SHARES.items()}

    def tables(self) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """All tables with their rows."""
        makers = {
            "comment": self.comment,
            "api_event": self.event,
            "task": self.task,
            "entity": self.entity,
        }
        for table, rows in self.world.tables.items():
            if table not in makers:
                yield table, iter(rows)
        for table, make in makers.items():
            yield table, self._made(table, make)

    def _made(self, table: str, make: Any) -> Iterator[dict[str, Any]]:
        yield from self.world.tables.get(table, [])
        for number in range(self.counts[table]):
            stamp = f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:{number % 60:02d}:01.{number % 999983:06d}"  # noqa: E501
            row = {"id": ident(table, number), "created_at": stamp, "updated_at": stamp}
            yield row | make(number)

    def entity(self, number: int) -> dict[str, Any]:
        """A shot."""
        return {
            "name": f"SH{number:07d}",
            "project_id": self.world.project,
            "status": "running",
            "entity_type_id": self.world.types["Shot"],
            "parent_id": self.world.sequence,
            "is_shared": False,
            "nb_frames": number % 300,
            "description": TEXT,
            "data": {"frame_in": 1001, "frame_out": 1001 + number % 300, "weather": "fog"},
        }

    def task(self, number: int) -> dict[str, Any]:
        """A task of a shot."""
        return {
            "name": "main",
            "project_id": self.world.project,
            "difficulty": number % 5 + 1,
            "task_type_id": self.world.task_type,
            "task_status_id": self.world.status,
            "entity_id": ident("entity", number % max(1, self.counts["entity"])),
            "assigner_id": self.world.people["manager"],
            "duration": 480.0,
            "estimation": 960.5,
        }

    def comment(self, number: int) -> dict[str, Any]:
        """A comment on a task."""
        return {
            "object_id": ident("task", number % max(1, self.counts["task"])),
            "object_type": "Task",
            "text": f"{TEXT} ({number})",
            "data": {},
            "replies": [],
            "checklist": [{"text": "soften", "checked": False}],
            "pinned": False,
            "task_status_id": self.world.status,
            "person_id": self.world.people["supervisor"],
        }

    def event(self, number: int) -> dict[str, Any]:
        """An event about a comment."""
        task = ident("task", number % max(1, self.counts["task"]))
        return {
            "name": "task:update",
            "user_id": self.world.people["artist"],
            "project_id": self.world.project,
            "data": {"task_id": task, "project_id": self.world.project},
        }


def write(path: Path, total: int) -> int:
    """Write the dump; returns the number of its rows."""
    count = 0
    with igzip.open(path, "wt", encoding="utf-8") as out:
        out.write('{"format": "zou-tables/1", "tables": {')
        for number, (table, rows) in enumerate(Rows(total).tables()):
            out.write(f'{"," if number else ""}\n"{table}": [')
            for place, row in enumerate(rows):
                out.write(("," if place else "") + json.dumps(row))
                count += 1
            out.write("]")
        out.write("}}\n")
    return count


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))
