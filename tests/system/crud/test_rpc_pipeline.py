"""Working and output files: revisions, lists, permissions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.running import Caller, System
from tests.system.callers import logged_payloads, statuses
from tests.world import World, ident


def test_concurrent_saves_get_different_revisions(
    system: System, world: World, admin: Caller
) -> None:
    """Of working files and of outputs, with an event each."""
    artist = system.caller(world.people["artist"])
    path = f"/data/tasks/{world.task}/working-files/new"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: artist.post(path, {"name": "anim"}).json(), range(4)))
    assert sorted(row["revision"] for row in made) == [1, 2, 3, 4]
    assert {row["entity_id"] for row in made} == {world.asset}
    assert len(logged_payloads(admin, "working-file:new", 4)) == 4
    kinds = {"output_type_id": ident("output_type cache"), "task_type_id": world.task_type}
    path = f"/data/entities/{world.asset}/output-files"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: artist.post(f"{path}/new", kinds).json(), range(4)))
    assert sorted(row["revision"] for row in made) == [1, 2, 3, 4]
    assert {row["file_status_id"] for row in made} == {ident("file_status ok")}
    assert artist.post(f"{path}/next-revision", kinds).json() == {"next_revision": 5}
    [last] = artist.get(f"{path}/last-revisions").json()
    assert last["revision"] == 4
    other = {**kinds, "name": "other", "revision": 7}
    assert artist.post(f"{path}/new", other).json()["revision"] == 7


def test_files_require_work_on_the_task_or_entity(
    system: System, world: World, admin: Caller
) -> None:
    """Admin, manager, supervisor, artist (assigned), client, vendor, stranger."""
    task, entity = f"/data/tasks/{world.task}", f"/data/entities/{world.asset}"
    kinds = {"output_type_id": ident("output_type cache"), "task_type_id": world.task_type}
    codes = statuses(system, world, "POST", f"{task}/working-files/new", {})
    assert codes == [201, 201, 201, 201, 201, 403, 403]
    codes = statuses(system, world, "POST", f"{entity}/output-files/new", kinds)
    assert codes == [201, 201, 403, 201, 403, 403, 403]
    for path in (
        f"{task}/working-files",
        f"{task}/working-files/last-revisions",
        f"{entity}/working-files",
        f"{entity}/output-files",
        f"{entity}/output-types",
    ):
        assert statuses(system, world, "GET", path) == [200] * 5 + [403, 403], path
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert admin.post(f"/data/tasks/{nowhere}/working-files/new", {}).status_code == 404
    assert admin.post(f"/data/entities/{nowhere}/output-files/new", kinds).status_code == 404
    assert admin.get(f"{entity}/output-files?task_type_id=x").status_code == 400
