"""Uploads: names, extensions, content types, parts; ranges of downloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from falcon.asgi.multipart import MultipartForm
from falcon.media.multipart import MultipartParseOptions

from gateway.errors import TooLarge
from gateway.http.downloads import range_of
from gateway.http.object_store import ObjectStore
from gateway.http.uploads import Received, cleaned, extension_of, sniffed
from services.common.errors import InvalidInput
from services.common.files.storage import Storage

BOUNDARY = "b0undary"
NAMES = {
    "picture.png": "picture.png",
    "../../etc/passwd": "passwd",
    "C:\\Users\\me\\shot.exr": "shot.exr",
    "a\r\nSet-Cookie: x.txt": "aSet-Cookie: x.txt",
    "gnp.\u202eexe": "gnp.exe",
    "   ": "file",
    "..": "file",
    "": "file",
    "été 日本.jpg": "été 日本.jpg",
    "x" * 300 + ".png": "x" * 246 + ".png",
}


def form(*parts: tuple[str, str, bytes]) -> MultipartForm:
    """A multipart body as a client sends it."""
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n{more}\r\n".encode()
        + content
        + b"\r\n"
        for head, more, content in parts
    )
    body += f"--{BOUNDARY}--\r\n".encode()
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return MultipartForm(stream(), BOUNDARY.encode(), len(body), MultipartParseOptions())


def received(tmp_path: Path, limit: int = 1000) -> Received:
    """A receiver of one form."""
    return Received(ObjectStore(Storage(f"file://{tmp_path}/s")), "attachments", limit)


def read(found: Received, sent: MultipartForm) -> None:
    """Read the form on an event loop."""
    asyncio.run(found.read(sent))


def stored(tmp_path: Path) -> list[Path]:
    """All files in the storage."""
    return [path for path in (tmp_path / "s").rglob("*") if path.is_file()]


@pytest.mark.parametrize(("sent", "kept"), NAMES.items())
def test_file_names_are_sanitised(sent: str, kept: str) -> None:
    """No folders, control or bidirectional characters."""
    assert cleaned(sent) == kept


def test_extensions_follow_the_last_dot() -> None:
    """Longer ones than six characters are refused."""
    assert extension_of("a.tar.GZ") == "gz"
    assert extension_of("README") == "readme"
    assert extension_of("Makefile") == "makefi"
    with pytest.raises(InvalidInput):
        extension_of("a.blender")


def test_content_types_are_detected_from_the_content() -> None:
    """An HTML page named .png is not an image."""
    assert sniffed(b"\x89PNG\r\n\x1a\n" + bytes(20), "x.txt") == "image/png"
    assert sniffed(b"<html><script>", "x.png") == "application/octet-stream"
    assert sniffed(b"<svg xmlns=''>", "x.svg") == "application/octet-stream"
    assert sniffed(b"hello", "x.txt") == "text/plain"


def test_parts_become_fields_and_stored_files(tmp_path: Path) -> None:
    """The first of repeated fields applies; every file has an id of its own."""
    result = received(tmp_path)
    read(
        result,
        form(
            ('name="text"', "", "ça va".encode()),
            ('name="text"', "", b"second"),
            ('name="file-1"; filename="a.txt"', "Content-Type: image/png\r\n", b"hello" * 100_000),
            ('name="file-2"; filename=""', "", b""),
        ),
    )
    assert result.fields == {"text": "ça va"}
    (file,) = result.files
    assert (file.part, file.name, file.extension) == ("file-1", "a.txt", "txt")
    assert (file.size, file.mimetype) == (500_000, "text/plain")
    assert stored(tmp_path) == [tmp_path / "s" / "attachments" / file.id]


def test_equal_forms_have_equal_fingerprints(tmp_path: Path) -> None:
    """For Idempotency-Key, although files have new ids."""
    prints = []
    for content in (b"one", b"one", b"two"):
        result = received(tmp_path)
        read(result, form(('name="file"; filename="a.txt"', "", content)))
        prints.append(result.fingerprint(b"{}"))
    assert prints[0] == prints[1] != prints[2]


def test_a_refused_form_leaves_no_files(tmp_path: Path) -> None:
    """Whichever part is invalid."""
    good = ('name="file"; filename="a.txt"', "", b"hello")
    for bad, kind in (
        (('name="file"; filename="a.toolong"', "", b""), InvalidInput),
        (('name="text"', "", b"x" * 2000), TooLarge),
    ):
        with pytest.raises(kind):
            read(received(tmp_path), form(good, bad))
        assert stored(tmp_path) == []


def test_ranges_are_parsed_as_in_http() -> None:
    """None sends everything, zeros mean unsatisfiable."""
    assert range_of("bytes=0-4", 10) == (0, 5)
    assert range_of("bytes=5-", 10) == (5, 5)
    assert range_of("bytes=-3", 10) == (7, 3)
    assert range_of("bytes=0-99", 10) == (0, 10)
    assert range_of("bytes=10-", 10) == (0, 0)
    assert range_of("bytes=-0", 10) == (0, 0)
    assert range_of("bytes=4-2", 10) is None
    assert range_of("bytes=0-1,3-4", 10) is None
    assert range_of("lines=0-1", 10) is None
