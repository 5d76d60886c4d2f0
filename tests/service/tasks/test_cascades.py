"""A deleted production takes all its rows along, in batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.common.crud import cross_references
from services.common.crud.deletion import following, removal
from services.common.database.tables import table_of
from services.common.database.timed_connection import TimedCursor
from services.tasks.models import Comment, PreviewFile, Task, TimeSpent
from tests.bulk import insert_many
from tests.desk import Desk
from tests.service.one_service import OneService

BATCH, TASKS = 10, 35


def test_a_production_is_deleted_in_batches(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement and no event names more rows than a batch has, and no row is left."""
    monkeypatch.setattr(cross_references, "BATCH", BATCH)
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), TASKS, project_id=[desk.project])
        for model in (Comment, PreviewFile, TimeSpent):
            insert_many(cursor, table_of(model), 3 * TASKS)
    before = {name: len(tasks.rows(name)) for name in ("task", "comment", "preview_file")}
    sizes: list[int] = []
    in_ids = cross_references.in_ids
    monkeypatch.setattr(
        removal,
        "in_ids",
        lambda column, ids: sizes.append(len(ids)) or in_ids(column, ids),
    )
    ids = {"service": "crud", "table": "project", "ids": [desk.project]}
    noted = len(tasks.rows("row_change"))
    tasks.deliver("rows:gone", ids)
    for name in before:
        assert tasks.rows(name) == []
    # No event tells of each row.
    assert len(tasks.rows("row_change")) == noted
    assert max(sizes) <= BATCH
    events = [payload for name, payload in tasks.emitted() if name == "rows:gone"]
    assert max(len(payload["ids"]) for payload in events) <= BATCH
    for name, count in before.items():
        deleted = {
            ident for payload in events if payload["table"] == name for ident in payload["ids"]
        }
        assert len(deleted) == count


def test_a_deletion_that_dies_goes_on_where_it_was(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had deleted is gone and told of, and told of once; the redelivered event ends it."""
    monkeypatch.setattr(cross_references, "BATCH", BATCH)
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), TASKS, project_id=[desk.project])
    ids, told = {row["id"] for row in tasks.rows("task")}, removal.announce_all
    ident, parts = uuid4(), iter([told, told])

    def tell_two(*call: Any) -> None:
        next(parts)(*call)

    monkeypatch.setattr(following, "announce_all", tell_two)
    gone = {"service": "crud", "table": "project", "ids": [desk.project]}
    with pytest.raises(StopIteration):
        tasks.deliver("rows:gone", gone, ident)
    assert len(tasks.rows("task")) == len(ids) - 2 * BATCH
    assert tasks.rows("inbox", event_id=ident) == []
    monkeypatch.setattr(following, "announce_all", told)
    for _ in range(2):
        tasks.deliver("rows:gone", gone, ident)
    assert tasks.rows("task") == []
    gone_ids = [
        UUID(one)
        for name, payload in tasks.emitted()
        if name == "rows:gone" and payload["table"] == "task"
        for one in payload["ids"]
    ]
    assert sorted(gone_ids) == sorted(ids)
    assert len(tasks.rows("inbox", event_id=ident)) == 1


def test_rows_that_nothing_references_cost_no_transaction(tasks: OneService) -> None:
    """A production's comments and news are fifty thousand rows, of which nobody keeps ids."""
    handled = tasks.rows("inbox")
    for owner, table in (("tasks", "comment"), ("crud", "schedule_item")):
        tasks.deliver("rows:gone", {"service": owner, "table": table, "ids": [str(uuid4())]})
    assert tasks.rows("inbox") == handled


def test_writers_are_not_locked_out_while_a_production_is_deleted(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are deleted, and the events about them written, before the lock is taken."""
    sent: list[str] = []
    run = TimedCursor.run

    def noted(cursor: TimedCursor, query: Any, values: Any, shown: Any) -> None:
        sent.append(shown)
        run(cursor, query, values, shown)

    monkeypatch.setattr(TimedCursor, "run", noted)
    tasks.deliver("rows:gone", {"service": "crud", "table": "project", "ids": [desk.project]})
    (at,) = (place for place, text in enumerate(sent) if text.startswith("LOCK TABLE gone_row"))
    before, after = sent[:at], sent[at:]
    assert any("DELETE FROM task " in text for text in before)
    assert any("INTO outbox" in text for text in before)
    assert not any("DELETE FROM" in text or "INTO outbox" in text for text in after)
    assert tasks.rows("task", project_id=UUID(desk.project)) == []
