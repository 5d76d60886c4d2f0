"""The messages between a service and the thumbnail worker.

In a module of their own, so that services don't import the decoders.
"""

from __future__ import annotations

from typing import Final

import msgspec

AS_IS: Final = "as-is"
#: Exit statuses: too many pixels, and not a picture.
TOO_LARGE, UNREADABLE = 3, 4


class Shape(msgspec.Struct, frozen=True):
    """A thumbnail's geometry in pixels.

    ``how`` is ``fit`` or ``cover`` (a canvas), ``wide`` (scaled to the width) or ``as-is``.
    """

    how: str
    width: int = 0
    height: int = 0


class Order(msgspec.Struct, frozen=True):
    """A picture, the folder for its thumbnails, and their shapes by file name."""

    source: str
    folder: str
    shapes: dict[str, Shape]


class Picture(msgspec.Struct, frozen=True):
    """The size after EXIF rotation; whether the source is a PNG that needs no rotation."""

    width: int
    height: int
    is_png: bool
