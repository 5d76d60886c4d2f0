"""The number of a shot's ready assets, which follows castings and assets."""

from __future__ import annotations

from tests.running import Caller, System, until
from tests.system.races import ROUNDS, at_once
from tests.world import World


def test_ready_assets_are_recounted_by_event(system: System, world: World, admin: Caller) -> None:
    """For the shot's tasks, shortly after the change."""
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


def test_concurrent_changes_leave_the_newest_count(
    system: System, world: World, admin: Caller
) -> None:
    """Whatever the order of castings, readiness and their events."""
    kind = admin.post(
        "/data/task-types", {"name": "Layout", "for_entity": "Shot", "priority": 1}
    ).json()["id"]
    path = f"/actions/projects/{world.project}/task-types/{kind}/shots/create-tasks"
    task = admin.post(path, [world.shot]).json()[0]["id"]
    other, third = system.caller(world.admin), system.caller(world.admin)
    casting = f"/data/projects/{world.project}/entities/{world.shot}/casting"
    cast = [{"asset_id": world.asset, "nb_occurences": 1}]
    ready = {"ready_for": kind}
    for number in range(5 * ROUNDS):
        made = {"name": f"Prop {number}", "entity_type_id": world.types["Character"]}
        made |= {"project_id": world.project}
        prop = admin.post("/data/entities", made).json()["id"]
        both = [*cast, {"asset_id": prop, "nb_occurences": 1}]
        at_once(
            lambda body=both: admin.put(casting, body),
            lambda: other.put(f"/data/entities/{world.asset}", ready),
            lambda one=prop: third.put(f"/data/entities/{one}", ready),
        )

        def count() -> int:
            return int(admin.get(f"/data/tasks/{task}").json()["nb_assets_ready"])

        until(lambda: count() == 2, what="the count of both")
        at_once(
            lambda: admin.put(casting, []),
            lambda: other.put(f"/data/entities/{world.asset}", {"ready_for": None}),
        )
        until(lambda: count() == 0, what="the count of none")
