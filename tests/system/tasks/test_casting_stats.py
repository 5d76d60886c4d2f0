"""How many assets of a shot are ready for its tasks, as castings and assets change."""

from __future__ import annotations

from tests.running import Caller, System, until
from tests.world import World


def test_ready_assets_are_counted_as_castings_and_assets_change(
    system: System, world: World, admin: Caller
) -> None:
    """For the shot's tasks, moments after the change."""
    kind = admin.post(
        "/data/task-types", {"name": "Layout", "for_entity": "Shot", "priority": 1}
    ).json()["id"]
    path = f"/actions/projects/{world.project}/task-types/{kind}/shots/create-tasks"
    task = admin.post(path, [world.shot]).json()[0]["id"]

    def count() -> int:
        return int(admin.get(f"/data/tasks/{task}").json()["nb_assets_ready"])

    casting = f"/data/projects/{world.project}/entities/{world.shot}/casting"
    admin.put(casting, [{"asset_id": world.asset, "nb_occurences": 1}])
    assert count() == 0
    admin.put(f"/data/entities/{world.asset}", {"ready_for": kind})
    until(lambda: count() == 1, what="the count after the asset became ready")
    admin.put(casting, [])
    until(lambda: count() == 0, what="the count after the asset was taken off")
