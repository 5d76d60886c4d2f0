"""The main preview of an entity, as ``tasks`` sets it."""

from __future__ import annotations

import pytest

from tests.service.one_service import OneService
from tests.show import Show
from tests.world import ident

GONE, BEFORE, CHOSEN = ident("deleted"), ident("before"), ident("chosen meanwhile")


@pytest.mark.parametrize(
    ("now", "then"), [(GONE, BEFORE), (None, BEFORE), (CHOSEN, CHOSEN), (BEFORE, BEFORE)]
)
def test_the_previous_preview_replaces_a_deleted_one(
    assets: OneService, show: Show, now: str | None, then: str
) -> None:
    """Whether or not the entity has lost it already; what somebody chose meanwhile stays."""
    (row,) = (row for row in show.tables["entity"] if row["id"] == show.asset)
    row["preview_file_id"] = now
    assets.fill(show)
    told = {"entity_id": show.asset, "preview_file_id": BEFORE, "instead_of": GONE}
    assets.deliver("preview-file:set-main", told)
    (entity,) = assets.rows("entity", id=show.asset)
    assert str(entity["preview_file_id"]) == then
    updates = [name for name, _ in assets.emitted()].count("asset:update")
    assert updates == (now != then)


def test_a_main_preview_that_was_chosen_replaces_any(assets: OneService, show: Show) -> None:
    """Its event has no ``instead_of``."""
    for chosen in (CHOSEN, BEFORE):
        told = {"entity_id": show.asset, "preview_file_id": chosen}
        assets.deliver("preview-file:set-main", told)
        (entity,) = assets.rows("entity", id=show.asset)
        assert str(entity["preview_file_id"]) == chosen
