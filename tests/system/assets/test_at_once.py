"""Two people at once: columns of productions, folders of concepts, preview accounts."""

from __future__ import annotations

from typing import Any

from tests.running import Caller, System, until
from tests.system.races import ROUNDS, at_once
from tests.world import World


def columns(admin: Caller, world: World) -> list[dict[str, Any]]:
    """The columns of the production, in their order."""
    rows: list[dict[str, Any]] = admin.get(
        f"/data/projects/{world.project}/metadata-descriptors"
    ).json()
    return rows


def test_two_orders_of_columns_don_t_mix(system: System, admin: Caller, world: World) -> None:
    """One of the two it is."""
    other = system.caller(world.admin)
    path = f"/data/projects/{world.project}/metadata-descriptors"
    ids = [
        admin.post(path, {"name": name, "entity_type": "Asset"}).json()["id"]
        for name in ("Mood", "Sky", "Weather")
    ]
    everywhere = "/actions/metadata-descriptors/all-projects/reorder"
    for _ in range(ROUNDS * 2):
        answers = at_once(
            lambda: admin.post(f"{path}/reorder", {"entity_type": "Asset", "descriptor_ids": ids}),
            lambda: other.post(
                everywhere, {"entity_type": "Asset", "field_order": ["weather", "sky", "mood"]}
            ),
        )
        assert {answer.status_code for answer in answers} == {200}
        rows = columns(admin, world)
        assert [row["id"] for row in rows] in (ids, ids[::-1])
        assert [row["position"] for row in rows] == [1, 2, 3]


def test_a_column_is_shared_once(system: System, admin: Caller, world: World) -> None:
    """The second finds it there."""
    other = system.caller(world.admin)
    for number in range(ROUNDS):
        name = f"Shared {number}"
        answers = at_once(
            *(
                lambda by=by, n=name: by.post(
                    "/data/metadata-descriptors/all-projects", {"name": n}
                )
                for by in (admin, other)
            )
        )
        assert {answer.status_code for answer in answers} == {201}
        assert sorted(len(answer.json()) for answer in answers) == [0, 1]
        assert [row["name"] for row in columns(admin, world)].count(name) == 1


def test_values_of_a_production_follow_a_renamed_column(admin: Caller, world: World) -> None:
    """Which another service moves."""
    path = "/data/metadata-descriptors/all-projects"
    column = {"name": "Weather", "entity_type": "Project"}
    assert admin.post(path, column).status_code == 201
    project = f"/data/projects/{world.project}"
    assert admin.put(project, {"data": {"weather": "sun"}}).status_code == 200
    renamed = admin.put(f"{path}/weather", {**column, "name": "Sky"})
    assert [row["field_name"] for row in renamed.json()] == ["sky"]
    until(lambda: admin.get(project).json()["data"] == {"sky": "sun"}, what="the value at its key")


def test_concepts_move_to_a_folder_that_is_there(
    system: System, admin: Caller, world: World
) -> None:
    """One that is removed meanwhile isn't found, or leaves them outside."""
    other = system.caller(world.admin)
    folders = f"/data/projects/{world.project}/concept-folders"
    concept = admin.post(f"/data/projects/{world.project}/concepts", {"name": "Mood"}).json()["id"]
    for number in range(ROUNDS):
        folder = admin.post(folders, {"name": f"Sea {number}"}).json()["id"]
        data = {"concept_ids": [concept], "concept_folder_id": folder}
        moved, gone = at_once(
            lambda d=data: admin.post(f"/actions/projects/{world.project}/move-concepts", d),
            lambda f=folder: other.delete(f"/data/concept-folders/{f}"),
        )
        assert gone.status_code == 204
        assert moved.status_code in {200, 404}
        assert admin.get(f"/data/entities/{concept}").json()["parent_id"] is None
    assert admin.get(folders).json() == []


def test_a_production_has_one_preview_account(system: System, admin: Caller, world: World) -> None:
    """Whoever makes it first."""
    other = system.caller(world.admin)
    path = f"/data/projects/{world.project}/preview-account"
    answers = at_once(lambda: admin.post(path, {}), lambda: other.post(path, {}))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
