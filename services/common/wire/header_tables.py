"""A look at the headers of a message before they are decoded.

``pamqp`` copies what is left of a table or an array with each value that it takes from it, so one
header frame of many small values would hold up the process for seconds.
"""

from __future__ import annotations

from typing import Final

#: Bytes of a header frame up to which decoding takes some milliseconds at most, whatever is in it.
ANYTHING: Final = 8 * 1024
#: Most headers in a larger frame. Ours have about ten.
MOST: Final = 64
#: Class id, weight, size of the body, flags.
HEAD: Final = 14
TYPE, ENCODING, HEADERS, CONTINUED = 1 << 15, 1 << 14, 1 << 13, 1
#: The sizes in bytes of values that hold no others, by the letter of their kind.
SIZES: Final = dict(
    zip(b"tbBUsuIiLlfdDTV", (1, 1, 1, 2, 2, 2, 4, 4, 8, 8, 4, 8, 5, 8, 0), strict=True)
)
TEXTS: Final = frozenset(b"Sx")


def costly(payload: bytes) -> str | None:
    """Why the headers in this frame must not be decoded; None if they may."""
    if len(payload) <= ANYTHING:
        return None
    try:
        return _costly(payload)
    except IndexError:
        return "its headers are cut off"


def _costly(payload: bytes) -> str | None:
    flags, at = int.from_bytes(payload[HEAD - 2 : HEAD]), HEAD
    if flags & CONTINUED:
        return "it has properties of no version of AMQP 0-9-1"
    # Two short texts may come before the headers; what comes behind can't be long.
    for flag in (TYPE, ENCODING):
        if flags & flag:
            at += 1 + payload[at]
    return _costly_table(payload, at) if flags & HEADERS else None


def _costly_table(payload: bytes, at: int) -> str | None:
    end = at + 4 + int.from_bytes(payload[at : at + 4])
    at, count = at + 4, 0
    while at < end:
        at += 1 + payload[at]
        kind = payload[at]
        if kind in TEXTS:
            at += 5 + int.from_bytes(payload[at + 1 : at + 5])
        elif kind in SIZES:
            at += 1 + SIZES[kind]
        else:
            return "its headers are large and hold tables or arrays"
        count += 1
        if count > MOST:
            return f"it has more than {MOST} headers, of {len(payload)} bytes"
    return None
