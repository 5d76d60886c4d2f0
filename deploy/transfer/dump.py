"""Reads a dump, one JSON document that may be far larger than memory, row by row.

``JSONDecoder.raw_decode`` decodes one value at an offset of a text and returns where it ended, so a
sliding window over the file is enough.
"""

from __future__ import annotations

import codecs
import io
import json
from typing import TYPE_CHECKING, Any, Final

from isal import igzip, isal_zlib

from deploy.transfer.report import TransferError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMAT: Final = "zou-tables/1"
CHUNK: Final = 1 << 20
#: Characters of the longest possible row; a longer value means a malformed file.
MAX_ROW: Final = 64 << 20
BATCH_ROWS: Final = 2000
BATCH_CHARACTERS: Final = 2 << 20
UNZIP: Final[Any] = isal_zlib.error
SPACE: Final = " \t\n\r"
decode: Final = json.JSONDecoder().raw_decode
Batch = tuple[str, list[dict[str, Any]]]


class Broken(ValueError):
    """The document is malformed or truncated."""


class Window:
    """A sliding window over the text of a file."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.text, self.at, self.passed, self.ended = "", 0, 0, False

    def more(self, size: int = CHUNK) -> bool:
        """Read the next chunk, if any. Raises UnicodeDecodeError, OSError, EOFError."""
        if self.ended:
            return False
        chunk = self._read(size)
        self.ended = not chunk
        self.passed += self.at
        self.text = self.text[self.at :] + self._decoder.decode(chunk, final=self.ended)
        self.at = 0
        return True

    def peek(self) -> str:
        """The next character that isn't white space, not consumed; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, *allowed: str) -> str:
        """Consume the next character, one of ``allowed``. Raises Broken."""
        char = self.peek()
        if char not in allowed or not char:
            problem = (
                f"ends at character {self.place}" if not char else f"has {char!r} at {self.place}"
            )
            raise Broken(problem)
        self.at += 1
        return char

    @property
    def place(self) -> int:
        """The number of characters consumed."""
        return self.passed + self.at

    def value(self) -> Any:
        """The next JSON value. Raises Broken."""
        self.peek()
        size = CHUNK
        while True:
            try:
                value, end = decode(self.text, self.at)
            except json.JSONDecodeError as error:
                # Most likely cut off at the window's end: try again with more text.
                if len(self.text) - self.at > MAX_ROW or not self.more(size):
                    problem = "ends" if self.ended else "is broken"
                    message = f"{problem} at character {self.passed + error.pos}"
                    raise Broken(message) from None
                # Doubled, so that a long value is not decoded once per chunk.
                size *= 2
                continue
            if end == len(self.text) and self.more():
                continue  # a number may continue in the next chunk
            self.at = end
            return value

    def members(self) -> Iterator[str]:
        """The names in the next value, an object; the caller must consume each value in turn."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            name = self.value()
            self.take(":")
            yield str(name)
            if self.take(",", "}") == "}":
                return

    def items(self) -> Iterator[Any]:
        """The items of the next value, an array."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",", "]") == "]":
                return


class DumpFile:
    """A dump on disk, with or without gzip; ``batches`` may be called more than once.

    ``head`` has the document's other members, ``total`` its size in bytes.
    """

    unit = "B"

    def __init__(self, path: Path, format_: str = FORMAT) -> None:
        self.path, self.format = path, format_
        self.head: dict[str, Any] = {}
        try:
            self.total = path.stat().st_size
            with path.open("rb") as file:
                self._zipped = file.read(2) == b"\x1f\x8b"
        except OSError as error:
            message = f"{path} can't be read: {error.strerror}."
            raise TransferError(message) from None

    def batches(self, moved: Callable[[int], Any] = lambda _: None) -> Iterator[Batch]:
        """Batches of up to some thousand rows, table by table; ``moved`` gets the bytes read.

        Raises TransferError with one sentence at the first problem.
        """
        try:
            with self.path.open("rb") as file:
                yield from self._document(Window(_reader(file, moved, zipped=self._zipped)))
        except (Broken, EOFError, UnicodeDecodeError, UNZIP, OSError) as error:
            problem = str(error)
            if isinstance(error, EOFError):
                problem = "ends before it is complete"
            elif not isinstance(error, Broken):
                problem = f"can't be read ({error})"
            message = f"{self.path} {problem}: it is truncated, or no {self.format} dump."
            raise TransferError(message) from None

    def _document(self, window: Window) -> Iterator[Batch]:
        self.head = {}
        for name in window.members():
            if name == "tables":
                for table in window.members():
                    yield from self._rows(table, window)
                self.head["tables"] = True
            else:
                self.head[name] = window.value()
                self._check_format()
        if window.peek():
            message = f"has text after its end at character {window.place}"
            raise Broken(message)
        self._check_format(at_end=True)

    def _check_format(self, *, at_end: bool = False) -> None:
        actual = self.head.get("format")
        if actual == self.format and ("tables" in self.head or not at_end):
            return
        # The members of an object have no order: the format may come last.
        if actual is None and not at_end:
            return
        family, _, _ = self.format.partition("/")
        if actual != self.format and str(actual).startswith(f"{family}/"):
            message = f"{self.path} has format {actual}; only {self.format} can be read."
            raise TransferError(message)
        message = "has no format and tables"
        raise Broken(message)

    @staticmethod
    def _rows(table: str, window: Window) -> Iterator[Batch]:
        rows: list[dict[str, Any]] = []
        start = window.place
        for row in window.items():
            if not isinstance(row, dict):
                message = f"has a row of {table} that is not an object, at {window.place}"
                raise Broken(message)
            rows.append(row)
            if len(rows) == BATCH_ROWS or window.place - start > BATCH_CHARACTERS:
                yield table, rows
                rows, start = [], window.place
        yield table, rows


def _reader(
    file: io.BufferedReader, moved: Callable[[int], Any], *, zipped: bool
) -> Callable[[int], bytes]:
    unzipped: Any = igzip.GzipFile(fileobj=file) if zipped else file
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        data: bytes = unzipped.read(size)
        # The position in the compressed file, whose size is known.
        here = file.tell()
        moved(here - position)
        position = here
        return data

    return read
