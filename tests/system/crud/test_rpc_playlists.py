"""Playlists of a production, and what is put into them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.running import Caller, System
from tests.show import Show
from tests.system.asking import statuses, told


def loaded(system: System) -> Show:
    """The series with a playlist for the client and one of an episode."""
    found = Show()
    common = {"project_id": found.project, "for_entity": "shot", "shots": [], "is_for_all": False}
    found.add("playlist", "shown", name="Shown", for_client=True, **common)
    found.add(
        "playlist", "dailies", name="Dailies", for_client=False, episode_id=found.episode, **common
    )
    system.load(found.tables)
    return found


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


def test_an_entity_is_added_or_shown_by_another_preview(system: System, admin: Caller) -> None:
    """Once in a playlist; two who add at once both find theirs in it."""
    show = loaded(system)
    [playlist] = [
        row
        for row in admin.get(f"/data/projects/{show.project}/playlists").json()
        if row["name"] == "Dailies"
    ]
    path = f"/actions/playlists/{playlist['id']}/add-entity"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda shot: admin.post(path, {"entity_id": shot}), show.shots))
    preview = "00000000-0000-4000-8000-000000000000"
    answer = admin.post(path, {"entity_id": show.shots[0], "preview_file_id": preview})
    assert answer.status_code == 201
    shots = {row["entity_id"]: row["preview_file_id"] for row in answer.json()["shots"]}
    assert shots == {show.shots[0]: preview, show.shots[1]: None}
    events = told(admin, "playlist:add_entity", 3)
    assert events[-1] == {
        "playlist_id": playlist["id"],
        "entity_id": show.shots[0],
        "preview_file_id": preview,
        "project_id": show.project,
    }
    assert admin.post(path, {}).status_code == 400
    assert admin.post(path, {"entity_id": "x"}).status_code == 400
    assert admin.post(path, {"entity_id": preview}).status_code == 404
    body = {"entity_id": show.shots[0]}
    found = statuses(system, show, "POST", path, body)
    assert found == [201, 201, 201, 403, 403, 403, 403]


def test_names_of_events_are_for_managers(system: System, admin: Caller) -> None:
    """Sorted, each once."""
    show = loaded(system)
    admin.put(f"/data/entities/{show.prop}", {"description": "Tall"})
    told(admin, "asset:update")
    names = admin.get("/data/events/names").json()
    assert names == sorted(set(names))
    assert "asset:update" in names
    found = statuses(system, show, "GET", "/data/events/names")
    assert found == [200, 200, 403, 403, 403, 403, 403]
