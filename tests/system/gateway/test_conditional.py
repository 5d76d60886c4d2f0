"""Conditional requests: every answer has an ETag, which is answered with 304."""

from __future__ import annotations

import pytest
import requests

from tests.running import Caller, System, until
from tests.world import World


def conditional_get(caller: Caller, path: str, tag: str) -> requests.Response:
    """The same request with the ETag of an answer."""
    return caller.get(path, headers={"If-None-Match": tag})


@pytest.mark.parametrize("path", ["/data/departments", "/data/entities?relations=true"])
def test_a_list_is_a_304_until_it_changes(
    system: System, world: World, admin: Caller, path: str
) -> None:
    """The writer reads its own write, before and after the relay has counted it."""
    tag = admin.get(path).headers["ETag"]
    again = conditional_get(admin, path, tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    for number in range(20):
        if path.startswith("/data/dep"):
            body = {"name": f"Layout {number}", "color": "#123456"}
            assert admin.post("/data/departments", body).ok
        else:
            assert admin.put(f"/data/entities/{world.shot}", {"nb_frames": number}).ok
        changed = conditional_get(admin, path, tag)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != tag
        tag = changed.headers["ETag"]
        assert conditional_get(admin, path, tag).status_code == 304


def test_an_etag_depends_on_caller_and_query(system: System, world: World, admin: Caller) -> None:
    """Other callers and filters have other answers."""
    tag = admin.get("/data/persons").headers["ETag"]
    artist = system.caller(world.people["artist"])
    assert conditional_get(artist, "/data/persons", tag).status_code == 200
    assert conditional_get(admin, "/data/persons?fields=id", tag).status_code == 200


def test_a_cascade_from_another_service_changes_the_etag(
    system: System, world: World, admin: Caller
) -> None:
    """Rows nulled by another service's event."""
    path = "/data/tasks?relations=true"
    admin.post("/data/persons", {"first_name": "T", "last_name": "T", "email": "t@example.com"})
    ident = admin.get("/data/persons?email=t@example.com").json()[0]["id"]
    admin.put(f"/data/tasks/{world.task}", {"assignees": [ident]})
    tag = admin.get(path).headers["ETag"]
    assert admin.delete(f"/data/persons/{ident}?force=true").status_code == 204

    def gone() -> bool:
        answer = conditional_get(admin, path, tag)
        return answer.status_code == 200 and ident not in answer.text

    until(gone, what="the list without the person")


def test_the_etag_of_a_row_is_a_hash_of_its_bytes(
    system: System, world: World, admin: Caller
) -> None:
    """It is read, and not sent again."""
    path = f"/data/departments/{world.department}"
    tag = admin.get(path).headers["ETag"]
    assert conditional_get(admin, path, f'"other", {tag}').status_code == 304
    admin.put(path, {"color": "#000001"})
    assert conditional_get(admin, path, tag).status_code == 200


def test_an_error_has_no_etag(system: System, world: World, admin: Caller) -> None:
    """Nor has the answer to a write."""
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
def test_views_of_a_production_are_304_until_it_changes(
    system: System, world: World, admin: Caller, path: str
) -> None:
    """They aren't built again."""
    path = path.format(project=world.project, asset=world.asset)
    tag = admin.get(path).headers["ETag"]
    assert conditional_get(admin, path, tag).status_code == 304
    assert admin.put(f"/data/entities/{world.shot}", {"name": "SH1 renamed"}).ok
    assert conditional_get(admin, path, tag).status_code == 200
