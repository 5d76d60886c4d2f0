"""Writing PNGs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image

from services.common.files.thumbnails.png import write_png


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (1500, 1100)])
def test_a_png_keeps_every_pixel(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    """Whatever its size and transparency."""
    noise = random.Random(1).randbytes(size[0] * size[1] * len(mode))
    image = Image.frombytes(mode, size, noise)
    write_png(image, tmp_path / "x.png")
    result = Image.open(tmp_path / "x.png")
    assert (result.mode, result.size, result.tobytes()) == (mode, size, image.tobytes())
