"""The thumbnail worker: ``python -m services.common.files.thumbnails.worker``.

Pictures are decoded in a process of their own: the service is not blocked, a picture that crashes
the decoder does no harm, and the memory is released at once. It reads an Order as JSON from stdin,
writes one PNG per shape into the folder, and prints a Picture.
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

#: Pixels above which a picture is refused.
MOST_PIXELS: Final = 150_000_000
#: Address space of the process in bytes: a decoder that wants more fails, not the host.
MEMORY: Final = 3 * 1024**3
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
#: The maximum height of a preview, as a multiple of its width.
TALLEST: Final = 8
#: Niceness: requests come before thumbnails.
POLITE: Final = 5
# The EXIF tag.
ORIENTATION: Final = 0x0112


def render(order: Order) -> Picture:
    """Render the thumbnails of an order."""
    with Image.open(order.source, formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            sys.exit(TOO_LARGE)
        is_png = opened.format == "PNG" and opened.getexif().get(ORIENTATION, 1) == 1
        image = plain(opened)
        ImageOps.exif_transpose(image, in_place=True)
    folder = Path(order.folder)
    with ThreadPoolExecutor() as beside:  # Pillow and isal release the GIL
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
    """Render the scaled shapes; each starts from the last ``wide`` one, which is smaller."""
    for name, shape in shapes.items():
        if shape.how != AS_IS:
            picture = shaped(image, shape)
            save(picture, folder / name)
            if shape.how == "wide" and picture.width < image.width:
                image = picture


def save(image: Image.Image, path: Path) -> None:
    """Write a PNG, favouring speed over size."""
    image.save(path, "PNG", compress_level=1)


def plain(image: Image.Image) -> Image.Image:
    """The picture as 8-bit RGB, or RGBA if it has transparency."""
    if image.mode.startswith(("I", "F")):
        # 16-bit and float pictures: Pillow's own conversion would clip, so they are scaled to 8
        # bits.
        _lowest, highest = image.getextrema()
        scale = 1 / 256 if float(highest) > 255 else 1.0  # type: ignore[arg-type] # noqa: PLR2004
        return image.convert("F").point(lambda value: value * scale).convert("L").convert("RGB")
    clear = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    mode = "RGBA" if clear else "RGB"
    if image.mode != mode:
        return image.convert(mode)
    image.load()
    return image


def shaped(image: Image.Image, shape: Shape) -> Image.Image:
    """One thumbnail of the picture."""
    if shape.how == "cover":
        return ImageOps.fit(image, (shape.width, shape.height))
    if shape.how == "wide":
        height = max(1, round(image.height * shape.width / image.width))
        if height > TALLEST * shape.width:
            return ImageOps.contain(image, (shape.width, TALLEST * shape.width))
        return image.resize((shape.width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    scaled = ImageOps.contain(image, (shape.width, shape.height)).convert("RGBA")
    canvas = Image.new("RGBA", (shape.width, shape.height))
    canvas.paste(scaled, ((shape.width - scaled.width) // 2, (shape.height - scaled.height) // 2))
    return canvas


def main() -> None:
    """Read the order from stdin, print the Picture to stdout."""
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
