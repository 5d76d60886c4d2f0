"""Response layouts of entities with their tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from services.tasks.overview.fields import ENTITY_FIELDS, TASK_FIELDS

Heads = dict[str, msgspec.Raw]
#: Kinds whose order clients rely on; others are sent in the order in which their tasks are read.
ORDERED: Final = frozenset({"asset"})


class ResponseLayout:
    """Writes objects or (``compact``) arrays of values, as a JSON array or as NDJSON lines."""

    def __init__(self, kind: str, *, compact: bool, lines: bool) -> None:
        self.kind, self.compact = kind, compact
        self.between = b"\n" if lines else b","
        fields = ""
        if compact:
            names = {f"{kind}_fields": ENTITY_FIELDS[kind], "task_fields": TASK_FIELDS[kind]}
            fields = msgspec.json.encode({"compact": True, **names}).decode()
        if lines:
            self.head = (fields or '{"compact":false}').encode() + b"\n"
            self.tail = b""
        elif compact:
            self.head, self.tail = f'{fields[:-1]},"rows":['.encode(), b"]}"
        else:
            self.head, self.tail = b"[", b"]"
        self.first = True

    def rows(self, summaries: Heads, tasks: Iterator[tuple[str, str]]) -> Iterator[bytes]:
        """The pieces of the body, one per entity with its tasks."""
        if self.kind in ORDERED:
            by_entity = dict(tasks)
            yield from (
                self._row(summary, by_entity.get(ident, "")) for ident, summary in summaries.items()
            )
            return
        # As the tasks arrive, so that nothing is buffered; entities without tasks follow.
        remaining = dict(summaries)
        for ident, text in tasks:
            yield self._row(remaining.pop(ident), text)
        yield from (self._row(summary, "") for summary in remaining.values())

    def _row(self, summary: msgspec.Raw, tasks: str) -> bytes:
        separator = b"" if self.first else self.between
        self.first = False
        key = b"," if self.compact else b',"tasks":'
        return b"".join(
            [
                separator,
                memoryview(summary)[:-1],
                key,
                b"[",
                tasks.encode(),
                b"]",
                memoryview(summary)[-1:],
            ]
        )
