"""Attachments of comments: permissions and response headers."""

from __future__ import annotations

import pytest

from tests.running import System
from tests.world import World, ident


@pytest.fixture
def files(system: System, world: World) -> dict[str, str]:
    """Attachment rows by name; the files of all but one are in the storage."""
    rows = {
        "notes.txt": {"mimetype": "text/plain", "comment_id": world.comment},
        'é"é.png': {"mimetype": "image/png", "comment_id": world.comment},
        "page.svg": {"mimetype": "image/svg+xml", "comment_id": world.comment},
        "loose.txt": {"mimetype": "text/plain"},
        "lost.txt": {"mimetype": "text/plain", "comment_id": world.comment},
    }
    result = {n: world.add("attachment_file", n, name=n, size=3, **row) for n, row in rows.items()}
    system.load(world.tables)
    folder = system.storage / "attachments"
    folder.mkdir(exist_ok=True)
    for name, file in result.items():
        if name != "lost.txt":
            (folder / file).write_bytes(b"abc")
    return result


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("admin", 200),
        ("manager", 200),
        ("artist", 200),
        ("client", 403),
        ("vendor", 403),
        ("stranger", 403),
    ],
)
def test_readers_of_the_task_download_its_files(
    system: System, world: World, files: dict[str, str], person: str, status: int
) -> None:
    """Vendors only with a task on the entity, clients only of comments that are for them."""
    caller = system.caller(world.people[person])
    response = caller.get(f"/data/attachment-files/{files['notes.txt']}/file/any-name")
    assert response.status_code == status
    if status == 200:
        assert response.content == b"abc"


def test_an_unattached_file_is_for_administrators(
    system: System, world: World, files: dict[str, str]
) -> None:
    """Its comment was deleted, or never written."""
    path = f"/data/attachment-files/{files['loose.txt']}/file/x"
    assert system.caller(world.people["manager"]).get(path).status_code == 403
    assert system.caller(world.admin).get(path).status_code == 200


def test_only_pictures_are_sent_inline(system: System, world: World, files: dict[str, str]) -> None:
    """An SVG can contain a script; file names keep their letters."""
    admin = system.caller(world.admin)
    said = {
        name: admin.get(f"/data/attachment-files/{files[name]}/file/x").headers for name in files
    }
    assert said['é"é.png']["Content-Disposition"] == (
        "inline; filename=\"___.png\"; filename*=UTF-8''%C3%A9%22%C3%A9.png"
    )
    for name in ("notes.txt", "page.svg"):
        assert said[name]["Content-Disposition"] == f'attachment; filename="{name}"'
        assert said[name]["Content-Type"] == "application/octet-stream"
        assert said[name]["X-Content-Type-Options"] == "nosniff"


def test_a_missing_file_is_not_found(system: System, world: World, files: dict[str, str]) -> None:
    """As JSON, as for unknown and malformed ids."""
    admin = system.caller(world.admin)
    for file in (files["lost.txt"], ident("nobody"), "no-id"):
        response = admin.get(f"/data/attachment-files/{file}/file/x")
        assert (response.status_code, response.json()["error"]) == (404, True)
