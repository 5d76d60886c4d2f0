"""Previews chosen, ordered, drawn on; lists around a task, an entity, a production."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.common import bodies
from services.common.contracts.tasks.previews import DrawingChanges
from services.common.errors import InvalidInput
from services.tasks.previews.annotations import apply_changes
from tests.desk import Desk
from tests.running import System
from tests.system.callers import logged_payloads
from tests.system.tasks.actions import codes_of
from tests.system.tasks.conftest import As

LINE, ARROW = {"id": "line"}, {"id": "arrow"}


def add_preview(desk: Desk, name: str, **values: object) -> str:
    """A preview of the task that is there from the start."""
    return desk.add(
        "preview_file",
        name,
        **{
            "name": name,
            "task_id": desk.task,
            "revision": 1,
            "position": 1,
            "status": "ready",
            "extension": "png",
            "file_size": 9,
            "validation_status": "neutral",
            **values,
        },
    )


@pytest.fixture
def previews(system: System, desk: Desk) -> list[str]:
    """Three previews of one revision, the last still without its file."""
    result = [add_preview(desk, f"p{place}", position=place) for place in (1, 2)]
    result.append(add_preview(desk, "p3", position=3, status="processing", file_size=0))
    system.load(desk.tables)
    return result


def test_a_preview_stands_for_its_entity_at_once(
    system: System, desk: Desk, who: As, previews: list[str]
) -> None:
    """Once it has its file; for the studio's who work on the task. It is told once."""
    path = f"/actions/preview-files/{previews[1]}/set-main-preview"
    entity = who("artist").put(path, {}).json()
    assert (entity["id"], entity["preview_file_id"]) == (desk.asset, previews[1])
    assert (entity["type"], entity["preview_file_status"]) == ("Entity", "ready")
    asset = who("admin").get(f"/data/assets/{desk.asset}").json()
    assert asset["preview_file_id"] == previews[1]
    [event] = logged_payloads(who("admin"), "preview-file:set-main")
    assert event["entity_id"] == desk.asset
    logged_payloads(who("admin"), "asset:update")
    told = [one["name"] for one in who("admin").get("/data/events/last").json()]
    assert told == ["asset:update", "preview-file:set-main"]  # newest first
    unfinished = f"/actions/preview-files/{previews[2]}/set-main-preview"
    assert who("artist").put(unfinished, {}).status_code == 400
    people = ("colleague", "client", "vendor", "stranger")
    assert set(codes_of(system, desk, people, "PUT", path, {}).values()) == {403}


def test_two_who_draw_at_once_both_keep_their_lines(
    system: System, desk: Desk, who: As, previews: list[str]
) -> None:
    """And each drawing is told."""
    path = f"/actions/preview-files/{previews[0]}/update-annotations"

    def draw(name: str) -> int:
        body = {"additions": [{"time": 1, "drawing": {"objects": [{"id": name}]}}]}
        return who("artist").put(path, body).status_code

    names = {"a", "b", "c"}
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(draw, names)) == [200] * 3
    [at_one] = who("admin").get(f"/data/preview-files/{previews[0]}").json()["annotations"]
    assert {one["id"] for one in at_one["drawing"]["objects"]} == names
    assert len(logged_payloads(who("admin"), "preview-file:annotation-update", 3)) == 3
    assert who("artist").put(path, {"additions": "all"}).status_code == 400
    for name in ("colleague", "client"):
        assert who(name).put(path, {}).status_code == 403


def change(annotations: Any, **changes: Any) -> list[dict[str, Any]]:
    """The annotations after a change, as a body describes it."""
    return apply_changes(annotations, bodies.read(DrawingChanges, changes))


def test_drawings_are_changed_object_by_object() -> None:
    """By time and id; an object without a time stands for itself."""
    drawn = change(None, additions=[{"time": 0, "drawing": {"objects": [LINE]}}])
    drawn = change(drawn, additions=[{"time": 0, "drawing": {"objects": [ARROW]}}])
    assert drawn == [{"time": 0, "drawing": {"objects": [LINE, ARROW]}}]
    moved = {"time": 0, "drawing": {"objects": [{**LINE, "left": 4}]}}
    drawn = change(drawn, updates=[moved])
    assert drawn[0]["drawing"]["objects"] == [{**LINE, "left": 4}, ARROW]
    drawn = change(drawn, deletions=[{"time": 0, "objects": ["line", "arrow"]}])
    assert drawn == []
    flat = change([], additions=[LINE, ARROW], updates=[{**LINE, "x": 1}])
    assert change(flat, deletions=["arrow"]) == [{**LINE, "x": 1}]
    with pytest.raises(InvalidInput):
        change([], deletions=[4])


def test_previews_of_a_revision_change_places(desk: Desk, who: As, previews: list[str]) -> None:
    """The others make room."""
    path = f"/actions/preview-files/{previews[2]}/update-position"
    moved = who("artist").put(path, {"position": 1}).json()
    assert [(row["id"], row["position"]) for row in moved] == [
        (previews[2], 1),
        (previews[0], 2),
        (previews[1], 3),
    ]
    rows = who("artist").get(f"/data/tasks/{desk.task}/previews").json()
    assert [row["id"] for row in rows] == [previews[2], previews[0], previews[1]]
    for body in ({}, {"position": 0}, {"position": "first"}):
        assert who("artist").put(path, body).status_code == 400


def test_previews_are_listed_for_readers(
    system: System, desk: Desk, who: As, previews: list[str]
) -> None:
    """Of a task, of an entity, of a production."""
    people = ("admin", "manager", "colleague", "hired", "vendor", "stranger")
    for path in (f"/data/tasks/{desk.task}/previews", f"/data/assets/{desk.asset}/preview-files"):
        result = list(codes_of(system, desk, people, "GET", path).values())
        assert result == [200, 200, 200, 200, 403, 403]
    rows = who("colleague").get(f"/data/tasks/{desk.task}/previews").json()
    assert {row["id"] for row in rows} == set(previews)
    by_type = who("colleague").get(f"/data/assets/{desk.asset}/preview-files").json()
    [first] = by_type[desk.task_type]
    assert {first["id"], *(file["id"] for file in first["previews"])} == set(previews)
    assert who("admin").get(f"/data/shots/{desk.shots[0]}/preview-files").json() == {}
    assert who("admin").get(f"/data/shots/{desk.asset}/preview-files").status_code == 404
    path = f"/data/projects/{desk.project}/preview-files"
    page = who("manager").get(f"{path}?page=1&limit=2").json()
    assert (page["total"], len(page["data"])) == (3, 2)
    assert who("artist").get(path).status_code == 403


def test_a_preview_beside_another_and_one_taken_back(
    system: System, desk: Desk, who: As, previews: list[str]
) -> None:
    """Of the same revision; by the comment's author, not by a colleague."""
    comment = desk.add_comment("look", "artist")
    desk.link("comment_preview_link", comment=comment, preview_file=previews[0])
    system.load(desk.tables)
    path = f"/actions/tasks/{desk.task}/comments/{comment}/preview-files/{previews[0]}"
    response = who("artist").post(path, {})
    assert response.status_code == 201
    assert (response.json()["revision"], response.json()["position"]) == (1, 2)
    assert who("colleague").post(path, {}).status_code == 403
    assert who("colleague").delete(path).status_code == 403
    assert who("artist").delete(path).status_code == 204
    assert who("artist").delete(path).status_code == 404
    assert logged_payloads(who("admin"), "preview-file:delete") == [
        {"preview_file_id": previews[0]}
    ]
    rows = who("artist").get(f"/data/tasks/{desk.task}/comments").json()
    [row] = [row for row in rows if row["id"] == comment]
    assert [preview["id"] for preview in row["previews"]] == [response.json()["id"]]


def test_own_work_is_listed_around_entities(system: System, desk: Desk, who: As) -> None:
    """Whoever the caller is; what holds their entities counts."""
    mine = desk.task_on(desk.shots[0], "rigging", "artist")
    system.load(desk.tables)
    artist, project = who("artist"), f"/data/user/projects/{desk.project}"

    def listed(path: str) -> list[str]:
        return [row["id"] for row in artist.get(path).json()]

    assert listed(f"/data/user/shots/{desk.shots[0]}/tasks") == [mine]
    assert listed(f"/data/user/shots/{desk.shots[0]}/task-types") == [desk.kinds["rigging"]]
    assert listed(f"{project}/sequences") == [desk.opening]
    assert listed(f"{project}/episodes") == [desk.episode]
    assert listed(f"/data/user/sequences/{desk.opening}/shots") == [desk.shots[0]]
    assert listed(f"{project}/asset-types") == [desk.types["Character"]]
    of_type = f"{project}/asset-types/{desk.types['Character']}/assets"
    assert listed(of_type) == [desk.asset]
    assert who("colleague").get(of_type).json() == []
    assert who("stranger").get(of_type).status_code == 403
    below = f"/data/episodes/{desk.episode}/shot-tasks"
    assert set(listed(below)) == {mine, desk.animation_task}
