"""Writing a large PNG in a third of Pillow's time, at a similar size.

Pillow tries five filters on every row; for camera pictures and renders the Sub filter (difference
to the pixel on the left), compressed by isal, is as good.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Final

from isal import isal_zlib
from PIL import Image, ImageChops

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES: Final = {"RGB": 2, "RGBA": 6}
SUB: Final = b"\1"
LEVEL: Final = 2
#: Pixels processed at a time, so that a large picture is not in memory twice.
STRIP: Final = 1 << 20


def write_png(image: Image.Image, path: Path) -> None:
    """Write an ``RGB`` or ``RGBA`` picture."""
    squeeze = isal_zlib.compressobj(level=LEVEL)
    head = struct.pack(">IIBBBBB", image.width, image.height, 8, COLOUR_TYPES[image.mode], 0, 0, 0)
    with path.open("wb") as file:
        file.write(SIGNATURE + _chunk(b"IHDR", head))
        height = max(1, STRIP // image.width)
        for top in range(0, image.height, height):
            strip = image.crop((0, top, image.width, min(image.height, top + height)))
            if squeezed := squeeze.compress(_filtered(strip)):
                file.write(_chunk(b"IDAT", squeezed))
        file.write(_chunk(b"IDAT", squeeze.flush()) + _chunk(b"IEND", b""))


def _filtered(strip: Image.Image) -> bytes:
    """The rows of a strip under PNG's Sub filter."""
    left = Image.new(strip.mode, strip.size, (0,) * len(strip.getbands()))
    left.paste(strip, (1, 0))
    raw = ImageChops.subtract_modulo(strip, left).tobytes()
    row = len(raw) // strip.height
    return b"".join(SUB + raw[at : at + row] for at in range(0, len(raw), row))


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check
