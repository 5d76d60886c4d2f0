"""What a deleted production takes along goes in pieces, and goes completely."""

from __future__ import annotations

import pytest

from services.common.crud import cross_references
from services.common.database.tables import table_of
from services.tasks.models import Comment, PreviewFile, Task, TimeSpent
from tests.bulk import insert_many
from tests.desk import Desk
from tests.service.one_service import OneService

PIECE, TASKS = 10, 35


def test_a_production_goes_in_pieces(
    tasks: OneService, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement and no event names more rows than a piece has, and none is left."""
    monkeypatch.setattr(cross_references, "BATCH", PIECE)
    with tasks.database.raw.cursor() as cursor:
        insert_many(cursor, table_of(Task), TASKS, project_id=[desk.project])
        for model in (Comment, PreviewFile, TimeSpent):
            insert_many(cursor, table_of(model), 3 * TASKS)
    before = {name: len(tasks.rows(name)) for name in ("task", "comment", "preview_file")}
    asked: list[int] = []
    among = cross_references.in_ids
    monkeypatch.setattr(
        cross_references,
        "among",
        lambda column, ids: asked.append(len(ids)) or among(column, ids),
    )
    ids = {"service": "crud", "table": "project", "ids": [desk.project]}
    tasks.deliver("rows:gone", ids)
    for name in before:
        assert tasks.rows(name) == []
    assert max(asked) <= PIECE
    told = [found for name, found in tasks.emitted() if name == "rows:gone"]
    assert max(len(found["ids"]) for found in told) <= PIECE
    for name, count in before.items():
        gone = {one for found in told if found["table"] == name for one in found["ids"]}
        assert len(gone) == count
