"""Playlists of a production, and what is put into them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import logged_payloads, statuses


def loaded(system: System) -> Show:
    """The series with a playlist for the client and one of an episode."""
    show = Show()
    common = {"project_id": show.project, "for_entity": "shot", "shots": [], "is_for_all": False}
    show.add("playlist", "shown", name="Shown", for_client=True, **common)
    show.add(
        "playlist", "dailies", name="Dailies", for_client=False, episode_id=show.episode, **common
    )
    system.load(show.tables)
    return show


def test_a_production_lists_its_playlists(system: System) -> None:
    """For the team but vendors; clients see what was made for them."""
    show = loaded(system)
    path = f"/data/projects/{show.project}/playlists"
    assert statuses(system, show, "GET", path) == [200, 200, 200, 200, 200, 403, 403]

    def names(person: str, of: str = path) -> set[str]:
        return {row["name"] for row in system.caller(show.people[person]).get(of).json()}

    assert names("artist") == {"Review", "Shown", "Dailies"}
    assert names("client") == {"Shown"}
    of_episode = f"/data/projects/{show.project}/episodes/{show.episode}/playlists"
    assert names("artist", of_episode) == {"Dailies"}


def shown(show: Show, name: str, entity: str, kind: str, **values: object) -> str:
    """A preview of a task on the entity that is there from the start."""
    task = show.add(
        "task",
        f"{kind} of {name}",
        name="main",
        project_id=show.project,
        task_type_id=kind,
        entity_id=entity,
        difficulty=3,
    )
    row = {"position": 1, "status": "ready", "validation_status": "neutral", **values}
    return show.add("preview_file", name, name=name, task_id=task, **row)


def test_an_entity_is_shown_by_a_preview_of_it(system: System, admin: Caller) -> None:
    """The one asked for, else the newest; each couple once, and two who add find both."""
    show = loaded(system)
    layout = show.add("task_type", "layout", name="Layout", for_entity="Shot")
    old = shown(show, "old", show.shots[0], show.task_type, revision=1)
    new = shown(show, "new", show.shots[0], layout, revision=2)
    system.load(show.tables)
    listed = admin.get(f"/data/projects/{show.project}/playlists").json()
    [playlist] = [row for row in listed if row["name"] == "Dailies"]
    assert "shots" not in playlist
    assert playlist["first_preview_file_id"] is None
    path = f"/actions/playlists/{playlist['id']}/add-entity"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda shot: admin.post(path, {"entity_id": shot}), show.shots))
    body = {"entity_id": show.shots[0], "preview_file_id": old}
    for _ in range(2):
        response = admin.post(path, body)
        assert response.status_code == 200
    foreign = {"entity_id": show.shots[1], "preview_file_id": old}
    shots = admin.post(path, foreign).json()["shots"]
    assert sorted(shots, key=str) == sorted(
        [{"entity_id": show.shots[0], "preview_file_id": new}, {"entity_id": show.shots[1]}, body],
        key=str,
    )
    events = logged_payloads(admin, "playlist:add_entity", 3)
    common = {"playlist_id": playlist["id"], "project_id": show.project}
    assert events[-1] == {**body, **common}
    body = {"entity_id": show.shots[0]}
    codes = statuses(system, show, "POST", path, body)
    assert codes == [200, 200, 200, 403, 403, 403, 403]
    [first] = {
        row["first_preview_file_id"]
        for row in admin.get(f"/data/projects/{show.project}/playlists").json()
        if row["name"] == "Dailies"
    }
    assert first == shots[0].get("preview_file_id")


def test_what_is_added_is_an_entity_of_the_production(system: System, admin: Caller) -> None:
    """Anything else adds nothing."""
    show = loaded(system)
    playlist = admin.get(f"/data/projects/{show.project}/playlists").json()[0]["id"]
    path, nobody = (
        f"/actions/playlists/{playlist}/add-entity",
        "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    )
    for body, want in (
        ({}, 400),
        ({"entity_id": "x"}, 400),
        ({"entity_id": show.shots[0], "preview_file_id": ["x"]}, 400),
        ({"entity_id": nobody}, 404),
        ({"entity_id": show.foreign}, 404),
    ):
        assert admin.post(path, body).status_code == want, body
    assert admin.get(f"/data/playlists/{playlist}").json()["shots"] == []


def test_an_item_may_have_no_preview_yet(system: System, admin: Caller) -> None:
    """It stays, as made and as changed; what names no entity is none."""
    show = loaded(system)
    bare, by_id = {"entity_id": show.shots[0]}, {"id": show.shots[1], "preview_file_id": None}
    body = {"name": "New", "project_id": show.project, "shots": [bare, by_id, {}]}
    made = admin.post("/data/playlists", body).json()
    want = [{"entity_id": shot, "preview_file_id": None} for shot in show.shots]
    assert made["shots"] == want
    path = f"/data/playlists/{made['id']}"
    assert admin.put(path, {"shots": [bare]}).json()["shots"] == want[:1]
    assert admin.get(path).json()["shots"] == want[:1]
    assert admin.put(path, {"shots": ["x", bare]}).json()["shots"] == want[:1]
    mixed = {**body, "name": "Mixed", "shots": ["x", bare]}
    assert admin.post("/data/playlists", mixed).json()["shots"] == want[:1]


def test_names_of_events_are_for_managers(system: System, admin: Caller) -> None:
    """Sorted, each once."""
    show = loaded(system)
    admin.put(f"/data/entities/{show.prop}", {"description": "Tall"})
    logged_payloads(admin, "asset:update")
    names = admin.get("/data/events/names").json()
    assert names == sorted(set(names))
    assert "asset:update" in names
    codes = statuses(system, show, "GET", "/data/events/names")
    assert codes == [200, 200, 403, 403, 403, 403, 403]
