"""How many typing errors a word may have, and how many it has."""

from __future__ import annotations

import pytest

from services.common.search import typos


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("tree", 0),
        ("trees", 1),
        ("treetops", 1),
        ("treehouse", 2),
        ("sh0010", 0),
        ("treehouse2", 0),
        ("дерево", 1),
    ],
)
def test_longer_words_may_have_more_errors(word: str, count: int) -> None:
    """Codes none at all."""
    assert typos.allowed(word) == count


@pytest.mark.parametrize(
    ("wanted", "word", "count"),
    [
        ("lantern", "lantern", 0),
        ("lamtern", "lantern", 1),
        ("lanern", "lantern", 1),
        ("lanttern", "lantern", 1),
        ("lantren", "lantern", 1),
        ("alntern", "lantern", 1),
        ("lnaterns", "lantern", 2),
        ("", "abc", 3),
        ("abc", "", 3),
        ("xyz", "abc", 3),
    ],
)
def test_errors_are_counted(wanted: str, word: str, count: int) -> None:
    """A letter left out, added or changed, or two that are swapped, is one; in both directions."""
    assert typos.errors(wanted, word, is_prefix=False) == count
    assert typos.errors(word, wanted, is_prefix=False) == count


@pytest.mark.parametrize(
    ("wanted", "word", "count"),
    [("treeh", "treehouse", 0), ("treho", "treehouse", 1), ("rteeh", "treehouse", 1)],
)
def test_a_beginning_is_compared_with_the_beginning(wanted: str, word: str, count: int) -> None:
    """What follows is no error."""
    assert typos.errors(wanted, word, is_prefix=True) == count
    assert typos.errors(wanted, word, is_prefix=False) > count
