"""Rendering thumbnails of uploads, in worker processes."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from eventlet.semaphore import Semaphore

from services.common.errors import Unavailable
from services.common.files.storage import Storage
from services.common.files.thumbnails.order import TOO_LARGE, Order, Picture, Shape

log = logging.getLogger(__name__)

#: Workers that one service process runs concurrently; each may use ``worker.MEMORY``.
AT_ONCE: Final = 2
#: Seconds a worker may take.
SECONDS: Final = 25.0
_places: Final = Semaphore(AT_ONCE)


class PictureTooLarge(Exception):
    """More pixels than accepted, perhaps a decompression bomb."""


class PictureBroken(Exception):
    """Not a picture, or one that can't be decoded within ``SECONDS``."""


class Rendered(NamedTuple):
    """The picture's size, and the temporary files of its thumbnails."""

    width: int
    height: int
    files: Mapping[str, Path]


@contextmanager
def rendered(storage: Storage, key: str, shapes: Mapping[str, Shape]) -> Iterator[Rendered]:
    """Thumbnails of a stored picture, as temporary PNG files.

    Raises PictureTooLarge, PictureBroken, NotFound, Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="callboard-") as folder:
        source = Path(folder) / "source"
        storage.fetch(key, source)
        order = Order(str(source), folder, dict(shapes))
        picture = _render(order)
        files = {
            name: source if shape.how == "as-is" and picture.is_png else Path(folder) / name
            for name, shape in shapes.items()
        }
        yield Rendered(picture.width, picture.height, files)


def _render(order: Order) -> Picture:
    command = [sys.executable, "-m", "services.common.files.thumbnails.worker"]
    with _places:
        try:
            process = subprocess.run(  # eventlet's: doesn't block the hub
                command,
                input=msgspec.json.encode(order),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.warning("rendering a picture took longer than %s s", SECONDS)
            raise PictureBroken from None
        except OSError as error:
            message = "No process could be started."
            raise Unavailable(message) from error
    if process.returncode == TOO_LARGE:
        raise PictureTooLarge
    if process.returncode != 0:
        log.info("unreadable picture: %s", process.stderr[-500:].decode("utf-8", "replace"))
        raise PictureBroken
    return msgspec.json.decode(process.stdout, type=Picture)
