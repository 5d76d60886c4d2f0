"""What a service tells the thumbnail worker, and what that answers.

Apart from it, so that a service holds none of the decoders in its memory.
"""

from __future__ import annotations

from typing import Final

import msgspec

AS_IS: Final = "as-is"
#: Exit statuses: more pixels than any picture has, and no picture at all.
TOO_LARGE, UNREADABLE = 3, 4


class Shape(msgspec.Struct, frozen=True):
    """What to make: ``fit`` into a canvas, ``cover`` it, as ``wide`` as that, or ``as-is``."""

    how: str
    width: int = 0
    height: int = 0


class Order(msgspec.Struct, frozen=True):
    """A picture, the folder for what is made of it, and the shapes by file name."""

    source: str
    folder: str
    shapes: dict[str, Shape]


class Picture(msgspec.Struct, frozen=True):
    """The picture's size, turned as it is to be seen; whether it lies as PNG already."""

    width: int
    height: int
    is_png: bool
