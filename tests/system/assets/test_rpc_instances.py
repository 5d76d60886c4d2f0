"""Instances of assets in scenes, assets and shots."""

from __future__ import annotations

import threading
from uuid import UUID

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import logged_payloads, statuses

UNKNOWN = str(UUID(int=7))


def test_instances_are_numbered_where_they_are(show: Show, admin: Caller) -> None:
    """In a scene and in another asset, each count its own."""
    scene, asset = f"/data/scenes/{show.scene}", f"/data/assets/{show.asset}"
    first = admin.post(f"{scene}/asset-instances", {"asset_id": show.prop, "description": "left"})
    assert first.status_code == 201
    second = admin.post(f"{scene}/asset-instances", {"asset_id": show.prop}).json()
    inner = admin.post(
        f"{asset}/asset-asset-instances", {"asset_to_instantiate_id": show.prop}
    ).json()
    assert (first.json()["name"], second["name"], inner["name"]) == (
        "Tree_0001",
        "Tree_0002",
        "Tree_0001",
    )
    assert (first.json()["scene_id"], first.json()["description"]) == (show.scene, "left")
    assert (inner["target_asset_id"], inner["scene_id"]) == (show.asset, None)
    rows = admin.get(f"{scene}/asset-instances").json()[show.prop]
    assert [row["number"] for row in rows] == [1, 2]
    assert list(admin.get(f"{asset}/asset-asset-instances").json()) == [show.prop]
    by_scene = admin.get(f"/data/assets/{show.prop}/scene-asset-instances").json()
    assert {key: len(value) for key, value in by_scene.items()} == {show.scene: 2, "None": 1}
    events = logged_payloads(admin, "asset_instance:new", 3)
    assert events[0] == {
        "scene_id": show.scene,
        "asset_id": show.prop,
        "asset_instance_id": first.json()["id"],
    }
    assert events[2] == {
        "asset_id": show.asset,
        "asset_instantiated": show.prop,
        "asset_instance_id": inner["id"],
    }


def test_two_who_instantiate_at_once_get_two_numbers(system: System, show: Show) -> None:
    """The scene is locked while it is counted."""
    numbers: list[int] = []

    def add() -> None:
        caller = system.caller(show.admin)
        path = f"/data/scenes/{show.scene}/asset-instances"
        numbers.append(caller.post(path, {"asset_id": show.prop}).json()["number"])

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 9))


def test_an_instance_is_put_into_a_shot_and_taken_out(show: Show, admin: Caller) -> None:
    """Adding answers the shot; doing either twice changes nothing more."""
    scene = f"/data/scenes/{show.scene}/asset-instances"
    ident = admin.post(scene, {"asset_id": show.prop}).json()["id"]
    path = f"/data/shots/{show.shots[0]}/asset-instances"
    for _ in range(2):
        response = admin.post(path, {"asset_instance_id": ident})
        assert (response.status_code, response.json()["id"]) == (201, show.shots[0])
    assert [row["id"] for row in admin.get(path).json()[show.prop]] == [ident]
    by_shot = admin.get(f"/data/assets/{show.prop}/shot-asset-instances").json()
    assert list(by_shot) == [show.shots[0]]
    for _ in range(2):
        assert admin.delete(f"{path}/{ident}").status_code == 204
    assert admin.get(path).json() == {}
    facts = [{"shot_id": show.shots[0], "asset_instance_id": ident}]
    assert logged_payloads(admin, "asset_instance:remove-from-shot") == facts
    assert logged_payloads(admin, "asset_instance:add-to-shot") == facts


def test_instances_are_the_teams(system: System, show: Show) -> None:
    """A vendor reads and makes them where they have a task."""
    scene = f"/data/scenes/{show.scene}/asset-instances"
    body = {"asset_id": show.prop}
    assert statuses(system, show, "POST", scene, body) == [201] * 5 + [403, 403]
    assert statuses(system, show, "GET", scene) == [200] * 5 + [403, 403]
    shots = f"/data/assets/{show.prop}/shot-asset-instances"
    assert statuses(system, show, "GET", shots) == [200] * 5 + [403, 403]


def test_an_asset_out_of_reach_is_not_instantiated(
    system: System, show: Show, admin: Caller
) -> None:
    """Unless its production shares it."""
    path, body = f"/data/scenes/{show.scene}/asset-instances", {"asset_id": show.foreign}
    artist = system.caller(show.people["artist"])
    assert artist.post(path, body).status_code == 403
    admin.put(f"/data/entities/{show.foreign}", {"is_shared": True})
    assert artist.post(path, body).status_code == 201


def test_only_what_exists_is_put_somewhere(show: Show, admin: Caller) -> None:
    """What is no scene, shot, asset or instance isn't found."""
    scene = f"/data/scenes/{show.scene}/asset-instances"
    assert admin.post(scene, {"asset_id": show.shot}).status_code == 404
    assert admin.post(scene, {"asset_id": "nonsense"}).status_code == 400
    assert admin.post(scene, {}).status_code == 400
    wrong = f"/data/scenes/{show.shot}/asset-instances"
    assert admin.post(wrong, {"asset_id": show.prop}).status_code == 404
    path = f"/data/shots/{show.shots[0]}/asset-instances"
    assert admin.post(path, {"asset_instance_id": UNKNOWN}).status_code == 404
    assert admin.get(f"/data/shots/{show.prop}/asset-instances").status_code == 404
