"""The ``gazu`` client as it comes, against the running system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gazu
import pytest
from PIL import Image

from tests.system import System
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def client(system: System, world: World) -> Iterator[None]:
    """Logged in as the administrator."""
    gazu.set_host(f"{system.base}/api")
    gazu.log_in("admin@example.com", "mypassword")
    yield
    gazu.log_out()


def test_gazu_finds_the_server_and_logs_in(client: None, world: World) -> None:
    """And knows who it is."""
    assert gazu.client.host_is_up()
    assert gazu.client.get_current_user()["id"] == world.admin


def test_a_wrong_password_raises(system: System, world: World) -> None:
    """As scripts expect."""
    gazu.set_host(f"{system.base}/api")
    with pytest.raises(gazu.exception.AuthFailedException):
        gazu.log_in("admin@example.com", "wrong")


def test_gazu_reads_and_writes_every_kind_of_row(client: None, world: World) -> None:
    """Through its generic functions, on which the rest is built."""
    made = gazu.client.create("departments", {"name": "Editing", "color": "#fff"})
    assert gazu.client.fetch_one("departments", made["id"])["name"] == "Editing"
    gazu.client.update("departments", made["id"], {"color": "#000"})
    found = gazu.client.fetch_first("departments", {"name": "Editing"})
    assert found["color"] == "#000"
    gazu.client.delete(f"data/departments/{made['id']}")
    assert gazu.client.fetch_first("departments", {"name": "Editing"}) is None


def test_refusals_raise_the_right_exception(client: None) -> None:
    """400, 404 and the rest each have their class."""
    with pytest.raises(gazu.exception.RouteNotFoundException):
        gazu.client.get("data/no-such-route")
    with pytest.raises(gazu.exception.ParameterException):
        gazu.client.create("departments", {"name": "No colour"})


def test_the_events_are_read(client: None) -> None:
    """``gazu.sync`` is built on it."""
    assert isinstance(gazu.sync.get_last_events(limit=5), list)


def test_gazu_uploads_and_downloads_pictures(client: None, world: World, tmp_path: Path) -> None:
    """A preview in its sizes, a movie, and an avatar."""
    shot, saved = tmp_path / "shot v1.jpg", str(tmp_path / "saved")
    Image.new("RGB", (300, 200), "teal").save(shot)
    sizes: list[tuple[int, int]] = []
    preview = gazu.task.add_preview(world.task, world.comment, str(shot))
    assert (preview["status"], preview["original_name"]) == ("ready", "shot v1")
    for download in (gazu.files.download_preview_file_thumbnail, gazu.files.download_preview_file):
        download(preview, saved)
        sizes.append(Image.open(saved).size)
    assert sizes == [(150, 100), (300, 200)]

    movie = tmp_path / "shot.mp4"
    movie.write_bytes(b"frames" * 1000)
    played = gazu.task.create_preview(world.task, world.comment)
    gazu.task.upload_preview_file(played, str(movie), normalize_movie=False)
    gazu.files.download_preview_movie(played, saved)
    assert Path(saved).read_bytes() == movie.read_bytes()

    gazu.person.set_avatar(world.admin, str(shot))
    gazu.files.download_person_avatar(world.admin, saved)
    assert Image.open(saved).size == (400, 400)
    with pytest.raises(gazu.exception.ParameterException):
        gazu.task.upload_preview_file(preview, str(shot))
