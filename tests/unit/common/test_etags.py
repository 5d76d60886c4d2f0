"""ETags."""

from __future__ import annotations

import pytest

from services.common import etags


def test_a_tag_is_quoted_and_depends_on_the_body() -> None:
    """As HTTP demands."""
    tag = etags.of_bytes(b"body")
    assert tag[0] == tag[-1] == '"'
    assert tag == etags.of_bytes(b"body") != etags.of_bytes(b"other")


def test_parts_are_kept_apart() -> None:
    """``ab, c`` and ``a, bc`` are different answers."""
    assert etags.of_parts(["ab", "c"]) != etags.of_parts(["a", "bc"])
    assert etags.of_parts([1, None]) == etags.of_parts(["1", "None"])


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"x", W/"a" ,"y"', True),
        ('"x"', False),
        ("a", False),
        ("", False),
        (None, False),
    ],
)
def test_a_header_matches_any_of_its_tags(header: str | None, matches: bool) -> None:
    """Weak forms, too: compression makes them of strong ones."""
    assert etags.holds(header, '"a"') is matches
