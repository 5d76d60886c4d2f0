"""Previews: creation with a comment, upload, thumbnails."""

from __future__ import annotations

import io
import json
import struct
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image

from tests.running import Caller, System, until
from tests.world import World, ident

SHAPES = ("thumbnails", "thumbnails-square", "previews", "originals")


def picture(width: int, height: int, kind: str = "PNG", **options: Any) -> bytes:
    """A picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, kind, **options)
    return written.getvalue()


def bomb() -> bytes:
    """A few bytes that claim to be a picture of 900 million pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def announce(caller: Caller, world: World, **body: Any) -> requests.Response:
    """Create a preview for the comment."""
    path = f"/actions/tasks/{world.task}/comments/{world.comment}/add-preview"
    return caller.post(path, body)


def upload(caller: Caller, preview: str, name: str, content: bytes) -> requests.Response:
    """Send its file."""
    return caller.send(
        "POST", f"/pictures/preview-files/{preview}", files={"file": (name, content)}, timeout=60
    )


def opened(answer: requests.Response) -> Image.Image:
    """The picture in an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(answer.content))


def names_of_events(admin: Caller, preview: str) -> list[str]:
    """The events of a preview in the log, oldest first."""
    events = admin.get("/data/events/last?limit=100").json()
    return [e["name"] for e in events if e["data"].get("preview_file_id") == preview][::-1]


@pytest.fixture
def artist(system: System, world: World) -> Caller:
    """The assignee of the task."""
    return system.caller(world.people["artist"])


@pytest.fixture
def preview(artist: Caller, world: World) -> str:
    """A preview without a file."""
    return str(announce(artist, world).json()["id"])


def test_previews_of_a_comment_share_a_revision(artist: Caller, world: World) -> None:
    """The first gets the next free number, the others positions."""
    first = announce(artist, world)
    assert first.status_code == 201, first.text
    row = first.json()
    assert row == {
        **row,
        "revision": 2,
        "position": 1,
        "status": "processing",
        "extension": "mp4",
        "source": "webgui",
        "comments": [world.comment],
        "task_id": world.task,
        "person_id": world.people["artist"],
    }
    assert len(row["name"]) == 13
    second = announce(artist, world).json()
    assert (second["revision"], second["position"]) == (2, 2)
    taken = announce(artist, world, revision=1)
    assert taken.status_code == 400
    assert taken.json()["message"].startswith("Revision 1 already exists for this task.")


def test_a_picture_is_rendered_in_four_sizes(
    admin: Caller, artist: Caller, world: World, preview: str
) -> None:
    """And events are emitted."""
    answer = upload(artist, preview, "my shot.v1.JPG", picture(300, 200, "JPEG"))
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert row == {
        **row,
        "status": "ready",
        "extension": "png",
        "width": 300,
        "height": 200,
        "original_name": "my shot.v1",
    }
    assert "comments" not in row
    sizes = [opened(artist.get(f"/pictures/{s}/preview-files/{preview}.png")).size for s in SHAPES]
    assert sizes == [(150, 100), (100, 100), (1200, 800), (300, 200)]
    response = artist.get(f"/pictures/thumbnails/preview-files/{preview}.png?t=1")
    assert response.headers["Content-Disposition"] == 'inline; filename=""'
    assert response.headers["Cache-Control"] == "max-age=604800, private"
    saved = artist.get(f"/pictures/originals/preview-files/{preview}/download")
    assert saved.headers["Content-Disposition"] == (
        'attachment; filename="film_hero_modeling_v2.png"'
    )
    assert admin.get(f"/data/tasks/{world.task}").json()["last_preview_file_id"] == preview
    told = ["preview-file:new", "preview-file:update", "preview-file:add-file"]
    until(lambda: names_of_events(admin, preview) == told, what="the events")


def test_the_exif_orientation_is_applied(artist: Caller, preview: str) -> None:
    """Cameras note the orientation instead of turning the pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    row = upload(artist, preview, "a.jpg", picture(40, 20, "JPEG", exif=exif)).json()
    assert (row["width"], row["height"]) == (20, 40)


def test_a_png_original_is_kept_byte_by_byte(artist: Caller, preview: str) -> None:
    """Colour profile included."""
    content = picture(10, 10) + b"trailing"
    assert upload(artist, preview, "a.png", content).json()["file_size"] == len(content)
    assert artist.get(f"/pictures/originals/preview-files/{preview}.png").content == content


def test_a_preview_accepts_one_file(system: System, artist: Caller, preview: str) -> None:
    """Also of two concurrent uploads; the rejected one leaves nothing."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda n: upload(artist, preview, "a.png", picture(n, 9)), (10, 20))
        )
    assert sorted(a.status_code for a in answers) == [201, 400]
    kept = next(a.json()["width"] for a in answers if a.status_code == 201)
    path = f"/pictures/originals/preview-files/{preview}.png"
    assert opened(artist.get(path)).size == (kept, 9)
    assert upload(artist, preview, "a.png", picture(10, 10)).status_code == 400
    assert list((system.storage / "uploads").glob("*")) == []


def test_a_broken_preview_accepts_another_upload(artist: Caller, preview: str) -> None:
    """It never stays in processing."""
    answer = upload(artist, preview, "a.png", b"\x89PNG\r\n\x1a\nno picture at all")
    assert (answer.status_code, answer.json()["status"]) == (201, "broken")
    assert artist.get(f"/pictures/thumbnails/preview-files/{preview}.png").status_code == 404
    assert upload(artist, preview, "a.png", picture(10, 10)).json()["status"] == "ready"


def test_a_decompression_bomb_is_rejected(system: System, artist: Caller, preview: str) -> None:
    """It isn't decoded; its preview is broken, its file deleted."""
    refused = upload(artist, preview, "a.png", bomb())
    assert refused.status_code == 400
    assert artist.get(f"/data/preview-files/{preview}").json()["status"] == "broken"
    assert list((system.storage / "uploads").glob("*")) == []


def test_a_file_of_an_unknown_kind_deletes_its_preview(
    admin: Caller, artist: Caller, preview: str
) -> None:
    """As clients expect."""
    refused = upload(artist, preview, "a.exe", b"MZ")
    assert refused.status_code == 400
    assert refused.json()["message"] == "Wrong file format, extension: exe"
    assert admin.get(f"/data/preview-files/{preview}").status_code == 404
    missing = artist.send("POST", f"/pictures/preview-files/{preview}", files={})
    assert missing.status_code == 404


def test_an_upload_without_a_file_is_rejected(artist: Caller, preview: str) -> None:
    """With the message that clients expect."""
    refused = artist.send("POST", f"/pictures/preview-files/{preview}", files={"other": ("a", b"")})
    assert (refused.status_code, refused.json()["message"]) == (400, "File not provided.")


def test_movies_and_other_files_are_kept_unchanged(
    artist: Caller, world: World, preview: str
) -> None:
    """Movies support ranges; files that a browser would execute are attachments."""
    movie = bytes(range(256)) * 100
    row = upload(artist, preview, "a.MOV", movie).json()
    assert (row["extension"], row["status"], row["file_size"]) == ("mp4", "ready", len(movie))
    for form in ("originals", "low", "source"):
        part = artist.get(
            f"/movies/{form}/preview-files/{preview}.mp4", headers={"Range": "bytes=256-260"}
        )
        assert (part.status_code, part.content) == (206, bytes(range(5)))
        assert part.headers["Content-Type"] == "video/mp4"
    saved = artist.get(f"/movies/originals/preview-files/{preview}/download")
    assert (saved.status_code, saved.content) == (200, movie)
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert artist.get(f"/movies/tiles/preview-files/{preview}.png").status_code == 404
    assert artist.get(f"/pictures/previews/preview-files/{preview}.png").status_code == 404

    drawing = announce(artist, world).json()["id"]
    assert upload(artist, drawing, "a.svg", b"<svg/>").json()["extension"] == "svg"
    response = artist.get(f"/pictures/originals/preview-files/{drawing}.svg")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    wrong = artist.get(f"/pictures/originals/preview-files/{drawing}.exe")
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Extension not allowed: exe")


@pytest.mark.parametrize("file", [".png", "x.png", f"{ident('nobody')}.png"])
def test_a_missing_file_is_a_404(admin: Caller, world: World, file: str) -> None:
    """As JSON, without a placeholder: the web interface asks often."""
    for path in ("/pictures/previews", "/pictures/thumbnails", "/movies/tiles"):
        response = admin.get(f"{path}/preview-files/{file}")
        assert (response.status_code, response.json()["error"]) == (404, True)
    assert admin.get(f"/pictures/previews/preview-files/{world.preview}.png").status_code == 404


def test_only_people_who_work_on_the_task_upload(
    system: System, world: World, preview: str
) -> None:
    """Only the production's team reads."""
    for person in ("vendor", "stranger"):
        caller = system.caller(world.people[person])
        assert upload(caller, preview, "a.png", picture(9, 9)).status_code == 403
        assert announce(caller, world).status_code == 403
        path = f"/pictures/thumbnails/preview-files/{preview}.png"
        assert caller.get(path).status_code == 403


def test_the_files_of_a_deleted_preview_are_deleted(
    system: System, admin: Caller, artist: Caller, preview: str
) -> None:
    """By event, shortly after."""
    upload(artist, preview, "a.png", picture(10, 10))
    folder = system.storage / "previews" / preview
    assert len(list(folder.glob("*/*"))) == 4
    assert admin.delete(f"/data/preview-files/{preview}").status_code == 204
    until(lambda: not list(folder.glob("*")), what="the removal of the files")


def test_main_previews_are_automatic_where_enabled(
    admin: Caller, artist: Caller, world: World, preview: str
) -> None:
    """``assets`` handles the event."""
    body = {"is_set_preview_automated": True}
    assert admin.put(f"/data/projects/{world.project}", body).status_code == 200
    upload(artist, preview, "a.png", picture(10, 10))
    entity = f"/data/entities/{world.asset}"
    until(lambda: admin.get(entity).json()["preview_file_id"] == preview, what="the main preview")


def test_an_entity_s_previews_are_grouped(
    admin: Caller, artist: Caller, world: World, preview: str
) -> None:
    """By task type and revision; further files are inside a revision's first."""
    second = announce(artist, world).json()["id"]
    body = admin.get(f"/data/playlists/entities/{world.asset}/preview-files").json()
    assert list(body) == [world.task_type]
    newest, oldest = body[world.task_type]
    assert (newest["id"], newest["revision"], oldest["id"]) == (preview, 2, world.preview)
    assert [(p["id"], p["position"]) for p in newest["previews"]] == [(second, 2)]
    assert admin.get(f"/data/playlists/entities/{world.shot}/preview-files").json() == {}
    assert admin.get(f"/data/playlists/entities/{uuid.uuid4()}/preview-files").status_code == 404


def test_rendering_a_large_picture_blocks_nobody(
    system: System, world: World, artist: Caller, preview: str
) -> None:
    """Others are answered meanwhile."""
    noise = Image.effect_noise((1935, 1290), 40).convert("RGB").resize((7746, 5164))
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=92)
    manager = system.caller(world.people["manager"])
    manager.get("/data/task-status")
    answered = 0
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(upload, artist, preview, "big.jpg", written.getvalue())
        while not answer.done():
            assert manager.get(f"/data/tasks/{world.task}").status_code == 200
            answered += 1
    assert answer.result().json()["status"] == "ready"
    assert answered > 1


def test_a_preview_posted_with_its_comment_is_processed_by_event(
    system: System, admin: Caller, artist: Caller, world: World
) -> None:
    """Its file waits where no sweep deletes it; then nothing else is left."""
    item = {"task_id": world.task, "task_status_id": world.status, "text": "see"}
    response = artist.send(
        "POST",
        "/actions/tasks/batch-comment",
        data={"comments": json.dumps([item])},
        files={"preview_file-0": ("shot.jpg", picture(300, 200, "JPEG"))},
    )
    assert response.status_code == 201, response.text
    (preview_file,) = response.json()[0]["preview_files"]
    path = f"/data/preview-files/{preview_file['id']}"
    until(lambda: artist.get(path).json()["status"] == "ready", what="the preview")
    thumbnail = artist.get(f"/pictures/thumbnails/preview-files/{preview_file['id']}.png")
    assert opened(thumbnail).size == (150, 100)
    folder = system.storage / "previews" / preview_file["id"]
    result = {path.name for path in folder.rglob("*") if path.is_file()}
    assert result == {"original", "preview", "thumbnail", "square"}


def test_an_unknown_kind_rejects_the_whole_comment(
    system: System, artist: Caller, world: World
) -> None:
    """Nothing is written or stored."""
    item = {"task_id": world.task, "task_status_id": world.status, "text": "see"}
    before = {p for p in system.storage.rglob("*") if p.is_file()}
    refused = artist.send(
        "POST",
        "/actions/tasks/batch-comment",
        data={"comments": json.dumps([item])},
        files={"preview_file-0": ("shot.exe", b"MZ")},
    )
    assert refused.status_code == 400
    assert len(artist.get(f"/data/tasks/{world.task}/comments").json()) == 1
    assert {p for p in system.storage.rglob("*") if p.is_file()} == before
