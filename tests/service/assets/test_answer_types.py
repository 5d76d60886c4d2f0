"""Answers that few other tests get, each held to its declared type (``tests.answers``)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.one_service import OneService
from tests.show import Show


@pytest.fixture
def castings(assets: OneService, show: Show) -> None:
    """A shot, an episode and an asset that cast."""
    show.cast(show.shots[0], show.asset, show.prop)
    show.cast(show.episode, show.asset)
    show.cast(show.boat, show.prop)
    assets.fill(show)


@pytest.mark.usefixtures("castings")
@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("list_casting_by_type", {"project_id": "project", "asset_type_id": "props"}),
        ("list_casting_of_sequence", {"project_id": "project", "sequence_id": "opening"}),
        ("list_casting_of_sequences", {"project_id": "project"}),
        ("list_casting_of_episode_sequences", {"project_id": "project", "episode_id": "episode"}),
        ("list_casting_of_episodes", {"project_id": "project"}),
        ("list_cast_in", {"ident": "prop"}),
        ("read_asset_casting", {"ident": "boat"}),
        ("list_entity_links", {"project_id": "project"}),
    ],
)
def test_castings_are_of_their_type(
    assets: OneService, show: Show, method: str, names: dict[str, str]
) -> None:
    """By type, sequence, episode and asset."""
    ids = {**vars(show), "props": show.types["Props"]}
    assert assets.call("admin", method, **{key: ids[name] for key, name in names.items()})


@pytest.mark.usefixtures("castings")
@pytest.mark.parametrize(
    "query", [{"page": "1"}, {"cursor_created_at": "2020-01-01T00:00:00"}], ids=["page", "cursor"]
)
def test_pages_of_links_have_exact_times(
    assets: OneService, show: Show, query: dict[str, str]
) -> None:
    """Which are the next cursor."""
    found = assets.call("admin", "list_entity_links", project_id=show.project, query=query)
    assert {len(row["created_at"]) for row in found["data"]} == {26}


@pytest.mark.parametrize("kind", ["episode", "sequence", "shot", "scene", "edit", "concept"])
def test_new_entities_are_of_their_type(assets: OneService, show: Show, kind: str) -> None:
    """Of each kind."""
    data: dict[str, Any] = {"name": "New", "description": "d", "sequence_id": show.opening}
    made = assets.call("admin", "create_entity", kind=kind, project_id=show.project, data=data)
    assert made["type"] == kind.capitalize()


def test_new_assets_and_changed_shots_are_of_their_type(assets: OneService, show: Show) -> None:
    """As other entities are."""
    where = {"project_id": show.project, "asset_type_id": show.types["Props"]}
    made = assets.call("admin", "create_asset", **where, data={"name": "Cup", "is_shared": True})
    assert made["is_shared"] is True
    changed = assets.call("admin", "update_shot", ident=show.shots[0], data={"nb_frames": 48})
    assert changed["nb_frames"] == 48
