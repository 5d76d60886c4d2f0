"""Conditional reads: a tag on every answer, a 304 for whoever holds it."""

from __future__ import annotations

import pytest
import requests

from tests.running import Caller, System, until
from tests.world import World


def held(caller: Caller, path: str, tag: str) -> requests.Response:
    """The same read by somebody who holds an answer."""
    return caller.get(path, headers={"If-None-Match": tag})


@pytest.mark.parametrize("path", ["/data/departments", "/data/entities?relations=true"])
def test_an_unchanged_list_is_a_304_and_a_changed_one_is_not(
    system: System, world: World, admin: Caller, path: str
) -> None:
    """Right after a write its writer gets the new list, before and after the relay counted it."""
    tag = admin.get(path).headers["ETag"]
    again = held(admin, path, tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    for number in range(20):
        if path.startswith("/data/dep"):
            body = {"name": f"Layout {number}", "color": "#123456"}
            assert admin.post("/data/departments", body).ok
        else:
            assert admin.put(f"/data/entities/{world.shot}", {"nb_frames": number}).ok
        changed = held(admin, path, tag)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != tag
        tag = changed.headers["ETag"]
        assert held(admin, path, tag).status_code == 304


def test_a_tag_is_of_one_caller_and_one_question(
    system: System, world: World, admin: Caller
) -> None:
    """What another may see, or other filters find, is another answer."""
    tag = admin.get("/data/persons").headers["ETag"]
    artist = system.caller(world.people["artist"])
    assert held(artist, "/data/persons", tag).status_code == 200
    assert held(admin, "/data/persons?fields=id", tag).status_code == 200


def test_what_a_deletion_elsewhere_takes_along_is_a_change_here(
    system: System, world: World, admin: Caller
) -> None:
    """Rows emptied by another service's event."""
    path = "/data/tasks?relations=true"
    admin.post("/data/persons", {"first_name": "T", "last_name": "T", "email": "t@example.com"})
    ident = admin.get("/data/persons?email=t@example.com").json()[0]["id"]
    admin.put(f"/data/tasks/{world.task}", {"assignees": [ident]})
    tag = admin.get(path).headers["ETag"]
    assert admin.delete(f"/data/persons/{ident}?force=true").status_code == 204

    def gone() -> bool:
        answer = held(admin, path, tag)
        return answer.status_code == 200 and ident not in answer.text

    until(gone, what="the list without the person")


def test_a_single_row_has_a_tag_of_its_bytes(system: System, world: World, admin: Caller) -> None:
    """It is built, and not sent again."""
    path = f"/data/departments/{world.department}"
    tag = admin.get(path).headers["ETag"]
    assert held(admin, path, f'"other", {tag}').status_code == 304
    admin.put(path, {"color": "#000001"})
    assert held(admin, path, tag).status_code == 200


def test_a_refusal_has_no_tag(system: System, world: World, admin: Caller) -> None:
    """Nor has an answer to a write."""
    missing = admin.get("/data/departments/00000000-0000-4000-8000-000000000000")
    assert "ETag" not in missing.headers
    written = admin.put(f"/data/departments/{world.department}", {"color": "#000002"})
    assert "ETag" not in written.headers


@pytest.mark.parametrize(
    "path",
    [
        "/data/projects/{project}/shots",
        "/data/projects/{project}/sequences/all/casting",
        "/data/shots/with-tasks?project_id={project}",
        "/data/assets/{asset}/cast-in",
    ],
)
def test_views_of_a_production_are_held_until_it_changes(
    system: System, world: World, admin: Caller, path: str
) -> None:
    """Built once, however often somebody looks."""
    path = path.format(project=world.project, asset=world.asset)
    tag = admin.get(path).headers["ETag"]
    assert held(admin, path, tag).status_code == 304
    assert admin.put(f"/data/entities/{world.shot}", {"name": "SH1 renamed"}).ok
    assert held(admin, path, tag).status_code == 200
