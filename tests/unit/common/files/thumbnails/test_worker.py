"""The thumbnail worker: a program that reads an order and writes pictures."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from services.common.files.thumbnails.order import TOO_LARGE, UNREADABLE, Order, Picture, Shape

SHAPES = {
    "original": Shape("as-is"),
    "preview": Shape("wide", 1200),
    "thumbnail": Shape("fit", 150, 100),
    "avatar": Shape("cover", 400, 400),
}


def render(folder: Path, content: bytes) -> tuple[int, Any]:
    """Exit status and output of the program."""
    source = folder / "source"
    source.write_bytes(content)
    order = msgspec.json.encode(Order(str(source), str(folder), SHAPES))
    done = subprocess.run(
        [sys.executable, "-m", "services.common.files.thumbnails.worker"],
        input=order,
        capture_output=True,
        check=False,
    )
    return done.returncode, msgspec.json.decode(done.stdout, type=Picture) if done.stdout else None


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(path: Path) -> Image.Image:
    """An image from a file, which is closed again."""
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "JPEG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("1", "PNG"),
        ("I;16", "PNG"),
        ("RGBA", "WEBP"),
        ("P", "GIF"),
        ("RGB", "BMP"),
    ],
)
def test_common_image_modes_are_supported(tmp_path: Path, mode: str, kind: str) -> None:
    """Grey, palette, 16 bit, CMYK, in every thumbnail size."""
    status, picture = render(tmp_path, written(Image.new(mode, (60, 30)), kind))
    assert (status, picture.width, picture.height) == (0, 60, 30)
    shapes = {name: read(tmp_path / name).size for name in ("preview", "thumbnail", "avatar")}
    assert shapes == {"preview": (1200, 600), "thumbnail": (150, 100), "avatar": (400, 400)}
    assert picture.is_png is (kind == "PNG")
    assert (tmp_path / "original").exists() is (kind != "PNG")


def test_a_thumbnail_is_centred_between_transparent_borders(tmp_path: Path) -> None:
    """Nothing is cropped."""
    render(tmp_path, written(Image.new("RGB", (100, 100), "red"), "PNG"))
    thumbnail = read(tmp_path / "thumbnail").convert("RGBA")
    assert thumbnail.getpixel((0, 50)) == (0, 0, 0, 0)
    assert thumbnail.getpixel((75, 50)) == (255, 0, 0, 255)


def test_a_narrow_image_is_not_enlarged_without_limit(tmp_path: Path) -> None:
    """One pixel wide, it would be a million high."""
    status, _ = render(tmp_path, written(Image.new("RGB", (1, 2000)), "PNG"))
    assert status == 0
    assert read(tmp_path / "preview").height <= 9600


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\nbroken"]
)
def test_unsupported_formats_are_refused(tmp_path: Path, content: bytes) -> None:
    """Also formats that would start other programs."""
    assert render(tmp_path, content) == (UNREADABLE, None)


def test_a_truncated_image_is_refused(tmp_path: Path) -> None:
    """The upload was complete, the file was not."""
    whole = written(Image.effect_noise((200, 200), 50).convert("RGB"), "PNG")
    assert render(tmp_path, whole[: len(whole) // 2]) == (UNREADABLE, None)


def test_oversized_images_are_refused_by_their_header(tmp_path: Path) -> None:
    """Before they are decoded."""
    content = written(Image.new("1", (20_000, 20_000)), "PNG")
    assert render(tmp_path, content) == (TOO_LARGE, None)
