"""Avatars of people, productions and the organisation, and preview backgrounds."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.running import Caller, System, until
from tests.world import World


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, kind)
    return written.getvalue()


def send(caller: Caller, path: str, name: str, content: bytes) -> Any:
    """Upload a file."""
    return caller.send("POST", path, files={"file": (name, content)})


def rows(world: World) -> dict[str, str]:
    """A row of each kind that has an avatar."""
    organisation = world.tables["organisation"][0]["id"]
    return {"persons": world.admin, "projects": world.project, "organisations": organisation}


@pytest.mark.parametrize("kind", ["persons", "projects", "organisations"])
def test_an_avatar_is_a_square_png(admin: Caller, world: World, kind: str) -> None:
    """Whatever format was uploaded; before that there is none."""
    ident = rows(world)[kind]
    path = f"/pictures/thumbnails/{kind}/{ident}"
    assert admin.get(f"{path}.png").status_code == 404
    answer = send(admin, path, "me.webp", picture(640, 480, "WEBP"))
    assert (answer.status_code, answer.json()) == (201, {"thumbnail_path": f"{path[1:]}.png"})
    response = admin.get(f"{path}.png")
    assert Image.open(io.BytesIO(response.content)).size == (400, 400)
    assert admin.get(f"/data/{kind}/{ident}").json()["has_avatar"] is True
    # Scripts also send it to the address from which it is read.
    again = send(admin, f"{path}.png", "me.png", picture(9, 9))
    if kind == "projects":
        assert again.status_code == 405
        assert again.json()["message"].startswith("Upload project thumbnails on the url without")
    else:
        assert (again.status_code, again.json()) == (201, answer.json())

    def event_names() -> list[str]:
        events = admin.get("/data/events/last?limit=20").json()
        return [e["name"] for e in events if ident in e["data"].values()][::-1]

    noun = kind.removesuffix("s")
    until(lambda: event_names()[-2:] == [f"{noun}:update", f"{noun}:set-thumbnail"], what="events")


def test_people_set_their_own_avatar_and_admins_all_others(
    system: System, admin: Caller, world: World
) -> None:
    """Everybody reads them; a production's is set by its managers, and read by its team."""
    artist = system.caller(world.people["artist"])
    mine = f"/pictures/thumbnails/persons/{world.people['artist']}"
    assert send(artist, mine, "me.png", picture(9, 9)).status_code == 201
    other = f"/pictures/thumbnails/persons/{world.admin}"
    assert send(artist, other, "me.png", picture(9, 9)).status_code == 403
    project = f"/pictures/thumbnails/projects/{world.project}"
    assert send(artist, project, "p.png", picture(9, 9)).status_code == 403
    manager = system.caller(world.people["manager"])
    assert send(manager, project, "p.png", picture(9, 9)).status_code == 201
    assert send(admin, project, "p.png", picture(9, 9)).status_code == 201
    assert artist.get(f"{project}.png").status_code == 200
    stranger = system.caller(world.people["stranger"])
    assert stranger.get(f"{project}.png").status_code == 403
    assert stranger.get(f"{mine}.png").status_code == 200


def test_an_unreadable_picture_is_rejected(system: System, admin: Caller, world: World) -> None:
    """And leaves no file."""
    path = f"/pictures/thumbnails/persons/{world.admin}"
    assert send(admin, path, "me.png", b"<html>").status_code == 400
    assert admin.send("POST", path, files={"x": ("a.png", b"")}).status_code == 400
    assert send(admin, f"{path[:-1]}x", "me.png", picture(9, 9)).status_code == 404
    assert admin.get(f"/data/persons/{world.admin}").json()["has_avatar"] is not True
    assert list((system.storage / "uploads").glob("*")) == []


def test_a_background_accepts_panoramas_and_pictures(admin: Caller, world: World) -> None:
    """Pictures get a thumbnail; a file of another kind deletes the background."""
    ident = world.tables["preview_background_file"][0]["id"]
    path = f"/pictures/preview-background-files/{ident}"
    row = send(admin, path, "sky.HDR", b"#?RADIANCE").json()
    assert (row["extension"], row["original_name"], row["file_size"]) == ("hdr", "sky", 10)
    assert admin.get(f"{path}.hdr").content == b"#?RADIANCE"
    small = f"/pictures/thumbnails/preview-background-files/{ident}.png"
    assert admin.get(small).status_code == 404

    assert send(admin, path, "sky.png", picture(300, 300)).status_code == 201
    assert Image.open(io.BytesIO(admin.get(small).content)).size == (150, 100)
    assert admin.get(f"{path}.hdr").status_code == 404

    refused = send(admin, path, "sky.exe", b"MZ")
    assert refused.json()["message"] == "Wrong file format, extension: exe"
    assert admin.get(f"/data/preview-background-files/{ident}").status_code == 404


def test_only_administrators_set_backgrounds(system: System, world: World) -> None:
    """Everybody may read them."""
    ident = world.tables["preview_background_file"][0]["id"]
    manager = system.caller(world.people["manager"])
    path = f"/pictures/preview-background-files/{ident}"
    assert send(manager, path, "sky.hdr", b"x").status_code == 403
