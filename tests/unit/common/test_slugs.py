"""Keys and file names made from names."""

from __future__ import annotations

import pytest

from services.common.slugs import free_slug, reads_as, slug


@pytest.mark.parametrize(
    ("name", "key"),
    [("Hair Colour", "hair_colour"), ("难度", "nan_du"), ("Été / 2", "ete_2"), ("?!", "")],
)
def test_a_slug_is_ascii(name: str, key: str) -> None:
    """Other scripts are transliterated; a name without letters and digits has none."""
    assert slug(name) == key


def test_a_slug_may_keep_the_case() -> None:
    """For file names."""
    assert slug("Hair Colour", lower=False) == "Hair_Colour"


@pytest.mark.parametrize("name", ["mood board", "MOOD  board", " Mood-Board!", "\uff2dood board"])
def test_names_read_as_the_same(name: str) -> None:
    """Whatever their case, punctuation, blanks and encoding of characters."""
    assert reads_as(name) == reads_as("Mood Board")


def test_names_of_one_slug_may_read_differently() -> None:
    """Transliteration makes them equal, and people don't."""
    assert slug("难度") == slug("南都")
    assert reads_as("难度") != reads_as("南都")


def test_a_taken_slug_gets_the_first_free_number() -> None:
    """Counted from 2."""
    assert free_slug("Mood", set(), 10) == "mood"
    assert free_slug("Mood", {"mood", "mood_2", "mood_4"}, 10) == "mood_3"


def test_a_slug_fits_with_its_number() -> None:
    """It is cut to make room."""
    taken = {"mood_board"}
    assert free_slug("Mood Board", taken, 10) == "mood_boa_2"
    assert len(free_slug("Mood Board", taken | {f"mood_boa_{n}" for n in range(2, 10)}, 10)) <= 10
    assert free_slug("Mood Board", set(), 5) == "mood"
