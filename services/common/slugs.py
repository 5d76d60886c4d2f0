"""Keys and file names made from names that people give, in any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Set as AbstractSet
from typing import Final

from slugify import slugify

#: Neither letter, digit nor symbol: punctuation (P), spaces (Z), control characters (C).
SEPARATES: Final = frozenset("PZC")


def slug(name: str, *, lower: bool = True) -> str:
    """The name in ASCII letters, digits and underscores, transliterated: 难度 → ``nan_du``.

    Empty for a name without a letter or a digit.
    """
    return str(slugify(name, separator="_", lowercase=lower))


def reads_as(name: str) -> str:
    """What two names have in common that differ in case, punctuation and accents' encoding only.

    Unlike slugs, it keeps names apart that transliteration makes equal.
    """
    composed = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(
        " " if unicodedata.category(char)[0] in SEPARATES else char for char in composed
    )
    return " ".join(words.split())


def free_slug(name: str, taken: AbstractSet[str], length: int) -> str:
    """The slug of a name, with the first number that makes it another than those ``taken``."""
    base = slug(name)[:length].rstrip("_")
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        tail = f"_{number}"
        candidate = base[: length - len(tail)].rstrip("_") + tail
    return candidate
