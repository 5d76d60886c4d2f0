"""Castings: reading, replacing, events, permissions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.common.errors import Forbidden, NotFound, ServiceError
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.show import Show

CALLERS = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")


def items(*assets: str, **more: Any) -> list[dict[str, Any]]:
    """A request body that casts each of these assets once."""
    return [{"asset_id": asset, "nb_occurences": 1, **more} for asset in assets]


def casting(assets: OneService, show: Show, entity: str) -> Any:
    """The casting of an entity."""
    return assets.call("admin", "read_casting", project_id=show.project, entity_id=entity)


def cast(assets: OneService, show: Show, entity: str) -> list[str]:
    """The names of the assets cast in an entity."""
    return [row["asset_name"] for row in casting(assets, show, entity)]


def replace(assets: OneService, show: Show, entity: str, body: Any) -> Any:
    """Replace the casting of an entity."""
    where = {"project_id": show.project, "entity_id": entity}
    return assets.call("admin", "replace_casting", **where, data=body)


def payloads_of(assets: OneService, name: str) -> list[Any]:
    """The payloads of the emitted events of that name."""
    return [payload for known, payload in assets.emitted() if known == name]


def size(assets: OneService, entity: str) -> int:
    """The number of castings stored with an entity."""
    (row,) = assets.rows("entity", id=UUID(entity))
    return int(row["nb_entities_out"])


def test_castings_are_ordered_by_type_and_name_without_cancelled_assets(
    assets: OneService, show: Show
) -> None:
    """A cancelled asset stays cast but isn't shown."""
    gone = show.entity("Gone", "Props", canceled=True)
    show.cast(show.shots[0], show.prop, show.asset, show.boat, gone)
    assets.fill(show)
    rows = casting(assets, show, show.shots[0])
    assert [row["asset_name"] for row in rows] == ["Hero", "Boat", "Tree"]
    assert rows[2] == {
        "asset_id": show.prop,
        "asset_name": "Tree",
        "asset_type_name": "Props",
        "ready_for": None,
        "episode_id": None,
        "preview_file_id": None,
        "nb_occurences": 1,
        "label": "",
        "is_shared": False,
        "project_id": show.project,
    }
    with pytest.raises(NotFound):
        assets.call("admin", "read_asset_casting", ident=show.shots[0])


def test_castings_of_shots_are_grouped_by_shot(assets: OneService, show: Show) -> None:
    """For a sequence, an episode and the production alike; shots without castings are left out."""
    show.cast(show.shots[1], show.prop, show.asset)
    show.cast(show.shots[0], show.boat)
    assets.fill(show)
    here = {"project_id": show.project}

    def read(method: str, **where: str) -> Any:
        return assets.call("admin", method, **here, **where)

    one = read("list_casting_of_sequence", sequence_id=show.opening)
    every = read("list_casting_of_sequences")
    assert list(one) == show.shots
    assert [row["name"] for row in one[show.shots[1]]] == ["Hero", "Tree"]
    assert one[show.shots[0]] == [
        {
            "asset_id": show.boat,
            "name": "Boat",
            "asset_name": "Boat",
            "asset_type_name": "Props",
            "preview_file_id": None,
            "nb_occurences": 1,
            "label": "",
            "sequence_name": "S01",
            "is_shared": False,
            "project_id": show.project,
        }
    ]
    assert {shot: every[shot] for shot in one} == one
    assert read("list_casting_of_episode_sequences", episode_id=show.episode) == one
    assert read("list_casting_of_episode_sequences", episode_id=show.next_episode) == {}
    with pytest.raises(NotFound):
        read("list_casting_of_sequence", sequence_id=show.episode)


def test_the_cast_in_of_an_asset_lists_shots_then_assets(assets: OneService, show: Show) -> None:
    """With the names that each shows."""
    show.cast(show.shots[0], show.prop)
    show.cast(show.asset, show.prop)
    assets.fill(show)
    assert assets.call("admin", "list_cast_in", ident=show.prop) == [
        {
            "shot_id": show.shots[0],
            "shot_name": "P01",
            "sequence_name": "S01",
            "episode_id": show.episode,
            "episode_name": "E01",
            "preview_file_id": None,
            "nb_occurences": 1,
        },
        {
            "asset_id": show.asset,
            "asset_name": "Hero",
            "asset_type_name": "Character",
            "preview_file_id": None,
            "nb_occurences": 1,
        },
    ]
    listed = assets.call("admin", "list_cast_assets", kind="asset", ident=show.asset)
    assert [row["id"] for row in listed] == [show.prop]
    of_type = {"project_id": show.project, "asset_type_id": show.types["Character"]}
    assert list(assets.call("admin", "list_casting_by_type", **of_type)) == [show.asset]


def test_castings_are_readable_by_the_team_except_vendors(assets: OneService, show: Show) -> None:
    """Clients may read them, vendors and outsiders may not."""
    want = [OK, OK, OK, OK, OK, FORBIDDEN, FORBIDDEN]
    for method, where in (
        ("read_casting", {"entity_id": show.shots[0]}),
        ("list_casting_of_sequence", {"sequence_id": show.opening}),
        ("list_casting_of_sequences", {}),
        ("list_casting_of_episodes", {}),
        ("list_casting_by_type", {"asset_type_id": show.types["Props"]}),
    ):
        outcomes = assets.outcomes(CALLERS, method, project_id=show.project, **where)
        assert list(outcomes.values()) == want, method


def test_replacing_a_casting_returns_it_and_emits_events(assets: OneService, show: Show) -> None:
    """The show's own link is from SH1 to Hero, so Hero is removed."""
    body = items(show.prop, label="fixed") + items(show.boat)
    assert replace(assets, show, show.shot, body) == body
    assert cast(assets, show, show.shot) == ["Boat", "Tree"]
    [event] = payloads_of(assets, "shot:casting-update")
    assert event == {
        "shot_id": show.shot,
        "nb_entities_out": 2,
        "project_id": show.project,
        "added_asset_ids": sorted([show.prop, show.boat]),
        "removed_asset_ids": [show.asset],
    }
    links = payloads_of(assets, "entity-link:new")
    assert [link["entity_out_id"] for link in links] == [show.prop, show.boat]
    assert set(links[0]) == {
        "entity_link_id",
        "entity_in_id",
        "entity_out_id",
        "nb_occurences",
        "project_id",
    }
    assert size(assets, show.shot) == 2


def test_incomplete_items_are_counted_but_ignored(assets: OneService, show: Show) -> None:
    """The last of repeated items applies; unknown assets are skipped."""
    body = [
        {"asset_id": show.prop, "nb_occurences": 1},
        {"asset_id": show.prop, "nb_occurences": 4},
        {"asset_id": str(UUID(int=7)), "nb_occurences": 1},
        {"asset_id": show.boat},
        {},
    ]
    replace(assets, show, show.shots[0], body)
    [row] = casting(assets, show, show.shots[0])
    assert (row["asset_id"], row["nb_occurences"]) == (show.prop, 4)
    assert payloads_of(assets, "shot:casting-update")[0]["nb_entities_out"] == 5
    assert payloads_of(assets, "entity-link:update")[0]["nb_occurences"] == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"asset_id": "nonsense", "nb_occurences": 1},
        {"asset_id": str(UUID(int=7)), "nb_occurences": "many"},
        {"asset_id": str(UUID(int=7)), "nb_occurences": 1, "label": "x" * 81},
        "text",
    ],
)
def test_an_invalid_item_rolls_everything_back(assets: OneService, show: Show, wrong: Any) -> None:
    """The casting is unchanged."""
    with pytest.raises(ServiceError):
        replace(assets, show, show.shot, [*items(show.prop), wrong])
    assert cast(assets, show, show.shot) == ["Hero"]
    both = {show.shots[0]: items(show.prop), show.shot: [wrong]}
    with pytest.raises(ServiceError):
        assets.call("admin", "replace_castings", project_id=show.project, data=both)
    assert cast(assets, show, show.shots[0]) == []
    assert assets.emitted() == []


def test_only_managers_replace_castings(assets: OneService, show: Show) -> None:
    """One, one of an asset, or many at once."""
    here = {"project_id": show.project}
    for method, given in (
        ("replace_casting", {**here, "entity_id": show.shot, "data": items(show.prop)}),
        ("replace_asset_casting", {"ident": show.asset, "data": []}),
        ("replace_castings", {**here, "data": {show.shot: []}}),
    ):
        outcomes = assets.outcomes(CALLERS, method, **given)
        assert list(outcomes.values()) == [OK, OK, *[FORBIDDEN] * 5], method


def test_an_entity_of_another_production_is_refused(assets: OneService, show: Show) -> None:
    """An unknown or malformed id is not found."""
    for entity, want in (
        (show.foreign, Forbidden),
        (str(UUID(int=7)), NotFound),
        ("nonsense", NotFound),
    ):
        with pytest.raises(want):
            replace(assets, show, entity, [])
    with pytest.raises(Forbidden):
        casting(assets, show, show.foreign)


def test_casting_in_a_shot_casts_in_its_episode(assets: OneService, show: Show) -> None:
    """Once, however many shots; the asset gets an event."""
    for shot in show.shots:
        replace(assets, show, shot, items(show.prop, label="animate"))
    [row] = casting(assets, show, show.episode)
    assert (row["asset_id"], row["nb_occurences"], row["label"]) == (show.prop, 1, "animate")
    assert size(assets, show.episode) == 1
    assert len(payloads_of(assets, "shot:casting-update")) == 2
    assert [event["asset_id"] for event in payloads_of(assets, "asset:update")] == [show.prop]


def test_an_episode_keeps_an_asset_until_its_last_shot_drops_it(
    assets: OneService, show: Show
) -> None:
    """And no longer."""
    for shot in show.shots:
        replace(assets, show, shot, items(show.prop, show.boat))
    replace(assets, show, show.shots[0], items(show.boat))
    assert cast(assets, show, show.episode) == ["Boat", "Tree"]
    replace(assets, show, show.shots[1], items(show.boat))
    assert cast(assets, show, show.episode) == ["Boat"]
    event = payloads_of(assets, "episode:casting-update")[-1]
    assert (event["removed_asset_ids"], event["nb_entities_out"]) == ([show.prop], 1)


def test_removal_from_an_episode_cascades_to_its_shots(assets: OneService, show: Show) -> None:
    """Each shot gets an event."""
    for shot in show.shots:
        replace(assets, show, shot, items(show.prop, show.boat))
    replace(assets, show, show.episode, items(show.boat))
    assert [cast(assets, show, shot) for shot in show.shots] == [["Boat"], ["Boat"]]
    events = payloads_of(assets, "shot:casting-update")[2:]
    assert {event["shot_id"] for event in events} == set(show.shots)
    lost = [(event["nb_entities_out"], event["removed_asset_ids"]) for event in events]
    assert lost == [(1, [show.prop])] * 2
    assert payloads_of(assets, "episode:casting-update")[-1]["removed_asset_ids"] == [show.prop]


def test_many_castings_are_replaced_in_one_request(assets: OneService, show: Show) -> None:
    """Shots, an asset and the episode; assets that the episode refuses are skipped."""
    replace(assets, show, show.shots[0], items(show.prop))
    body = {
        show.shots[0]: items(show.prop, show.boat),
        show.shots[1]: items(show.boat),
        show.asset: items(show.boat),
        show.episode: items(show.boat),
    }
    assert assets.call("admin", "replace_castings", project_id=show.project, data=body) == body
    assert [cast(assets, show, entity) for entity in body] == [["Boat"]] * 4
    assert [size(assets, entity) for entity in body] == [1, 1, 1, 1]


def test_castings_are_told_entity_by_entity(assets: OneService, show: Show) -> None:
    """In the order that clients know, each as if it had been replaced by itself."""
    body = {show.shots[0]: items(show.prop), show.asset: items(show.boat)}
    assets.call("admin", "replace_castings", project_id=show.project, data=body)
    assert [name for name, _ in assets.emitted()] == [
        *("asset:update", "entity-link:new", "shot:casting-update"),
        *("entity-link:new", "asset:casting-update"),
    ]


def test_a_casting_is_emptied_before_its_episodes(assets: OneService, show: Show) -> None:
    """As clients know it: the shot's casting, then that of the episode, then the asset."""
    replace(assets, show, show.shots[0], items(show.prop))
    known = len(assets.emitted())
    replace(assets, show, show.shots[0], [])
    assert [name for name, _ in assets.emitted()][known:] == [
        *("shot:casting-update", "episode:casting-update", "asset:update"),
    ]
