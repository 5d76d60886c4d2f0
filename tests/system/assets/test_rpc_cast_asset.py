"""One asset cast in several entities, beside what those cast already."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import logged_payloads, statuses


@pytest.fixture
def show(system: System) -> Show:
    """A series of which one shot casts the boat."""
    found = Show()
    found.cast(found.shots[0], found.boat)
    system.load(found.tables)
    return found


def path_of(show: Show, asset: str) -> str:
    """Where an asset of the series is cast."""
    return f"/data/projects/{show.project}/entities/casting/assets/{asset}"


def test_an_asset_is_cast_beside_others(show: Show, admin: Caller) -> None:
    """Once, without label, unless the request says otherwise; what it says stays."""
    body = {"entity_ids": show.shots}
    answer = admin.put(path_of(show, show.prop), body).json()
    assert {shot: len(rows) for shot, rows in answer.items()} == dict(
        zip(show.shots, (2, 1), strict=True)
    )
    [row] = answer[show.shots[1]]
    assert (row["nb_occurences"], row["label"], row["asset_name"]) == (1, "", "Tree")
    admin.put(path_of(show, show.prop), {**body, "nb_occurences": 3})
    [row] = admin.put(path_of(show, show.prop), {**body, "label": "far"}).json()[show.shots[1]]
    assert (row["nb_occurences"], row["label"]) == (3, "far")


def test_zero_occurrences_take_an_asset_out(show: Show, admin: Caller) -> None:
    """And the episode loses what none of its shots casts any more."""
    shot = show.shots[0]
    response = admin.put(path_of(show, show.boat), {"entity_ids": [shot], "nb_occurences": 0})
    assert response.json() == {shot: []}
    [event] = logged_payloads(admin, "shot:casting-update")
    assert (event["nb_entities_out"], event["removed_asset_ids"]) == (0, [show.boat])


def test_two_who_cast_at_once_both_succeed(system: System, show: Show, admin: Caller) -> None:
    """Neither writes over what the other has just cast."""
    shot = show.shots[1]

    def cast(asset: str) -> int:
        caller = system.caller(show.people["manager"])
        return caller.put(path_of(show, asset), {"entity_ids": [shot]}).status_code

    with ThreadPoolExecutor(3) as pool:
        assets = (show.prop, show.boat, show.asset)
        assert list(pool.map(cast, assets)) == [200, 200, 200]
    path = f"/data/projects/{show.project}/entities/{shot}/casting"
    assert {row["asset_id"] for row in admin.get(path).json()} == set(assets)


def test_casting_an_asset_is_for_managers(system: System, show: Show) -> None:
    """Admin, manager, supervisor, artist, client, vendor, stranger."""
    body = {"entity_ids": show.shots}
    codes = statuses(system, show, "PUT", path_of(show, show.prop), body)
    assert codes == [200, 200, 403, 403, 403, 403, 403]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"entity_ids": "all"}, 400),
        ({"entity_ids": ["x"]}, 400),
        ({"entity_ids": [], "nb_occurences": "many"}, 400),
        ({"entity_ids": [], "nb_occurences": -1}, 400),
        ({"entity_ids": ["00000000-0000-4000-8000-000000000000"]}, 404),
        ({"entity_ids": []}, 200),
    ],
)
def test_bodies_are_checked(show: Show, admin: Caller, body: object, status: int) -> None:
    """Before anything is changed."""
    assert admin.put(path_of(show, show.prop), body).status_code == status
    path = f"/data/projects/{show.project}/entities/{show.foreign}/casting"
    elsewhere = {"entity_ids": [show.foreign]}
    assert admin.put(path_of(show, show.prop), elsewhere).status_code == 403
    assert admin.get(path).status_code == 403
