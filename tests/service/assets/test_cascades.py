"""A deleted production takes all its entities along, in batches."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.common.crud import cross_references
from tests.service.one_service import OneService
from tests.show import Show


def test_a_series_is_deleted_in_batches(
    assets: OneService, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a batch has an episode and its shot, and not the sequence between them."""
    for sequence in range(4):
        above = show.entity(f"S1{sequence}", "Sequence", parent_id=show.next_episode)
        for shot in range(4):
            show.entity(f"P1{sequence}{shot}", "Shot", parent_id=above)
    assets.fill(show)
    monkeypatch.setattr(cross_references, "BATCH", 8)
    gone = {"service": "crud", "table": "project", "ids": [show.project]}
    assets.deliver("rows:gone", gone)
    assert assets.rows("entity", project_id=UUID(show.project)) == []
    assert assets.told() == []
