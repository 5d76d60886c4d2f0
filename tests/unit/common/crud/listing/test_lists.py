"""Large replies: compression, and reading ahead. Lists themselves are read in ``tests/service``."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from services.common.crud.listing.lists import (
    COMPRESSED_FROM,
    PIECE,
    THREAD_FROM,
    GzipBuilder,
    compressed,
    prefetch,
)


@pytest.mark.parametrize("size", [COMPRESSED_FROM, THREAD_FROM, THREAD_FROM + 1])
def test_a_large_reply_is_compressed(size: int) -> None:
    """On a thread where it would block the hub."""
    reply = compressed(b"x" * size)
    assert reply.encoding == "gzip"
    assert gzip.decompress(reply.body) == b"x" * size


def test_a_small_reply_is_sent_as_it_is() -> None:
    """Its header would cost more than it saves."""
    assert compressed(b"[]") == (b"[]", *compressed(b"")[1:])
    assert not compressed(b"x" * (COMPRESSED_FROM - 1)).encoding


@pytest.mark.parametrize("chunks", [[], [b"[", b"]"], [b"a" * PIECE, b"b" * PIECE, b"c"]])
def test_a_reply_is_built_chunk_by_chunk(chunks: list[bytes]) -> None:
    """Compressed as it arrives, if it is large."""
    builder = GzipBuilder()
    for chunk in chunks:
        builder.add(chunk)
    reply = builder.reply()
    body = gzip.decompress(reply.body) if reply.encoding else reply.body
    assert body == b"".join(chunks)
    assert bool(reply.encoding) == (len(body) >= COMPRESSED_FROM)


def test_the_next_chunk_is_read_while_one_is_handled() -> None:
    """One chunk ahead, no more."""
    read: list[int] = []

    def chunks() -> Iterator[int]:
        for number in range(4):
            read.append(number)
            yield number

    handled = []
    for number in prefetch(chunks()):
        assert read == list(range(min(number + 2, 4)))
        handled.append(number)
    assert handled == [0, 1, 2, 3]


def test_a_failure_of_the_reader_reaches_the_caller() -> None:
    """After the chunks before it."""

    def chunks() -> Iterator[int]:
        yield 1
        raise ValueError("lost")

    handled = []
    with pytest.raises(ValueError, match="lost"):
        for number in prefetch(chunks()):
            handled.append(number)  # noqa: PERF402 - what came before the failure counts
    assert handled == [1]
