"""References that an import checks. Its queries run in ``tests/system/deploy``."""

from __future__ import annotations

from services.common.bulk.dangling_references import Pointer, pointers
from services.tasks.models import Base, comment_mentions

TABLES = {"comment": Base.metadata.tables["comment"]}


def test_every_reference_of_a_table_is_a_pointer() -> None:
    """Within the service and to other services."""
    targets = {(p.column, p.service, p.target) for p in pointers("tasks", TABLES)}
    assert {
        ("object_id", "tasks", "task"),
        ("person_id", "auth", "person"),
        ("task_status_id", "tasks", "task_status"),
    } <= targets


def test_a_pointer_names_its_row_by_the_whole_key() -> None:
    """Of link tables by both columns."""
    links = list(pointers("tasks", {"comment_mentions": comment_mentions}))
    key = 't."comment"::text || \' \' || t."person"::text'
    assert Pointer("comment_mentions", "person", key, "auth", "person") in links
