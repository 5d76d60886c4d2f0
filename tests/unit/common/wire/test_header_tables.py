"""Header frames are judged before they are decoded."""

from __future__ import annotations

from typing import Any

import pytest
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.common.wire.header_tables import ANYTHING, MOST, costly

LARGE = "x" * ANYTHING


def frame(headers: dict[str, Any], **properties: Any) -> bytes:
    """The payload of a header frame."""
    return bytes(
        ContentHeader(
            body_size=0, properties=Basic.Properties(headers=headers, **properties)
        ).marshal()
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"actor": LARGE},
        {"actor": LARGE, "n": 1, "flag": True, "none": None, "f": 1.5},
        {"text": LARGE, **{f"h{number}": number for number in range(MOST - 1)}},
    ],
)
def test_few_large_headers_are_decoded(headers: dict[str, Any]) -> None:
    """Also behind a content type and an encoding."""
    assert costly(frame(headers)) is None
    assert costly(frame(headers, content_type="application/json", content_encoding="gzip")) is None


def test_a_small_frame_is_decoded_whatever_it_holds() -> None:
    """It can't take long."""
    assert costly(frame({"nested": {"list": [1] * 50}})) is None


@pytest.mark.parametrize("value", [[1] * ANYTHING, {"a": LARGE}])
def test_large_tables_and_arrays_are_refused(value: Any) -> None:
    """Decoding them takes quadratic time."""
    assert "tables or arrays" in str(costly(frame({"nested": value})))


def test_many_headers_are_refused() -> None:
    """In a large frame."""
    headers = {"text": LARGE, **{f"h{number}": number for number in range(MOST)}}
    assert f"more than {MOST} headers" in str(costly(frame(headers)))


def test_a_frame_that_ends_early_is_refused() -> None:
    """Instead of an exception that ends the connection's reader."""
    payload = frame({"a": LARGE, "b": LARGE})
    cut = payload.index(b"\x01bS")
    assert costly(payload[:cut]) == "its headers are cut off"


def test_unknown_properties_are_refused() -> None:
    """Their flags continue, which AMQP 0-9-1 never uses."""
    payload = bytearray(frame({"actor": LARGE}))
    payload[13] |= 1
    assert "properties of no version" in str(costly(bytes(payload)))
