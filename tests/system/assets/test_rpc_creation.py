"""Entities created and removed by the routes of their kind."""

from __future__ import annotations

import threading

import pytest

from tests.running import Caller, System, until
from tests.show import Show
from tests.system.callers import logged_payloads


def test_two_who_create_the_same_at_once_are_answered_the_same(system: System, show: Show) -> None:
    """Though nothing in the tables forbids two entities without parent and of one name."""
    names: list[str] = []

    def create() -> None:
        caller = system.caller(show.admin)
        response = caller.post(f"/data/projects/{show.project}/episodes", {"name": "E99"})
        names.append(response.json()["id"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(names), len(set(names))) == (8, 1)


# --- removal --------------------------------------------------------------------------------------


def test_what_was_worked_on_is_cancelled_unless_forced(
    system: System, show: Show, admin: Caller
) -> None:
    """Forced, its tasks go with it."""
    show.assign("artist", show.shots[0])
    system.load(show.tables)
    path = f"/data/shots/{show.shots[0]}"
    assert admin.delete(path).status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").json()["canceled"] is True
    assert logged_payloads(admin, "shot:update")[0]["shot_id"] == show.shots[0]
    assert admin.delete(f"{path}?force=true").status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").status_code == 404
    assert logged_payloads(admin, "shot:delete")[0]["shot_id"] == show.shots[0]
    tasks = f"/data/tasks?entity_id={show.shots[0]}"
    until(lambda: admin.get(tasks).json() == [], what="the end of the tasks")


def test_what_nobody_worked_on_goes_with_its_castings(show: Show, admin: Caller) -> None:
    """In either direction."""
    admin.put(
        f"/data/projects/{show.project}/entities/{show.shots[0]}/casting",
        [{"asset_id": show.prop, "nb_occurences": 1}],
    )
    assert admin.delete(f"/data/assets/{show.prop}").status_code == 204
    assert admin.get(f"/data/entity-links?entity_out_id={show.prop}").json() == []
    assert logged_payloads(admin, "asset:delete")[0] == {
        "asset_id": show.prop,
        "project_id": show.project,
    }


@pytest.mark.parametrize("plural", ["sequences", "episodes"])
def test_what_holds_others_goes_only_by_force(show: Show, admin: Caller, plural: str) -> None:
    """And then with all of them."""
    path = f"/data/{plural}/{show.opening if plural == 'sequences' else show.episode}"
    refused = admin.delete(path)
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Some data are still linked")
    assert admin.delete(f"{path}?force=true").status_code == 204
    assert admin.get(f"/data/entities/{show.shots[0]}").status_code == 404


@pytest.mark.parametrize(
    ("plural", "name", "want"),
    [("assets", "asset", 204), ("concepts", "concept", 204), ("shots", "shot", 403)],
)
def test_entities_are_removed_by_managers_and_their_creators(
    system: System, show: Show, plural: str, name: str, want: int
) -> None:
    """An artist created the asset and the concept; who is neither is refused."""
    ident = getattr(show, name)
    result = []
    for role in ("stranger", "vendor", "client", "supervisor", "artist"):
        caller = system.caller(show.people[role])
        result.append(caller.delete(f"/data/{plural}/{ident}").status_code)
    assert result == [403, 403, 403, 403, want]
    manager = system.caller(show.people["manager"])
    assert manager.delete(f"/data/{plural}/{show.opening}").status_code == 404
    assert manager.delete(f"/data/{plural}/nonsense").status_code == 404
