"""Makes thumbnails: ``python -m services.common.files.thumbnails.worker``, a program of its own.

A picture is decoded in a process that does nothing else: the service goes on answering, whatever a
picture does to the decoder ends with the process, and its memory is given back at once. It reads an
Order as JSON, writes one PNG for each shape into the folder, and answers width and height.
"""

from __future__ import annotations

import os
import resource
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from services.common.files.thumbnails.order import (
    AS_IS,
    TOO_LARGE,
    UNREADABLE,
    Order,
    Picture,
    Shape,
)
from services.common.files.thumbnails.png import write_png

MOST_PIXELS: Final = 150_000_000
MEMORY: Final = 3 * 1024**3
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
#: How many times its width a preview may be high.
TALLEST: Final = 8
POLITE: Final = 5
ORIENTATION: Final = 0x0112


def render(order: Order) -> Picture:
    """Make what was ordered."""
    with Image.open(order.source, formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            sys.exit(TOO_LARGE)
        is_png = opened.format == "PNG" and opened.getexif().get(ORIENTATION, 1) == 1
        image = plain(opened)
        ImageOps.exif_transpose(image, in_place=True)
    folder = Path(order.folder)
    with ThreadPoolExecutor() as beside:  # Pillow works without the interpreter's lock
        saved = [
            beside.submit(write_png, image, folder / name)
            for name, shape in order.shapes.items()
            if shape.how == AS_IS and not is_png
        ]
        draw(image, folder, order.shapes)
        for future in saved:
            future.result()
    return Picture(image.width, image.height, is_png)


def draw(image: Image.Image, folder: Path, shapes: dict[str, Shape]) -> None:
    """Make the smaller shapes, the next of the one before."""
    for name, shape in shapes.items():
        if shape.how != AS_IS:
            made = shaped(image, shape)
            save(made, folder / name)
            if shape.how == "wide" and made.width < image.width:
                image = made


def save(image: Image.Image, path: Path) -> None:
    """Write a PNG, rather quickly than small."""
    image.save(path, "PNG", compress_level=1)


def plain(image: Image.Image) -> Image.Image:
    """The picture in eight-bit colours, with its transparency if it has any."""
    if image.mode.startswith(("I", "F")):
        _lowest, highest = image.getextrema()
        scale = 1 / 256 if float(highest) > 255 else 1.0  # type: ignore[arg-type] # noqa: PLR2004
        return image.convert("F").point(lambda value: value * scale).convert("L").convert("RGB")
    clear = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    wanted = "RGBA" if clear else "RGB"
    if image.mode != wanted:
        return image.convert(wanted)
    image.load()
    return image


def shaped(image: Image.Image, shape: Shape) -> Image.Image:
    """One shape of the picture."""
    if shape.how == "cover":
        return ImageOps.fit(image, (shape.width, shape.height))
    if shape.how == "wide":
        height = max(1, round(image.height * shape.width / image.width))
        if height > TALLEST * shape.width:
            return ImageOps.contain(image, (shape.width, TALLEST * shape.width))
        return image.resize((shape.width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    inner = ImageOps.contain(image, (shape.width, shape.height)).convert("RGBA")
    canvas = Image.new("RGBA", (shape.width, shape.height))
    canvas.paste(inner, ((shape.width - inner.width) // 2, (shape.height - inner.height) // 2))
    return canvas


def main() -> None:
    """Read the order, write the answer."""
    os.nice(POLITE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        picture = render(order)
    except Image.DecompressionBombError:
        sys.exit(TOO_LARGE)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError):
        sys.exit(UNREADABLE)
    sys.stdout.buffer.write(msgspec.json.encode(picture))


if __name__ == "__main__":
    main()
