"""What was typed, as text of a ``tsquery``."""

from __future__ import annotations

from services.common.search.phrases import Kind, Phrase, Term

OLD = Term("old")
TREE = Term("tree", is_prefix=True, similar=(("three", 1), ("treat", 2)))
PHRASE = Phrase([OLD, TREE], Kind("asset", "a", "ab"))


def test_each_word_is_looked_for_under_the_codes_of_its_fields() -> None:
    """The last one as a beginning."""
    assert PHRASE.all_in("a") == "('aaold') & ('aatree':*)"
    assert PHRASE.all_in("ab") == "('aaold' | 'abold') & ('aatree':* | 'abtree':*)"
    assert PHRASE.any_in("b", 0) == "('abold') | ('abtree':*)"
    assert PHRASE.field_sets == ("a", "ab")


def test_similar_words_count_up_to_their_errors() -> None:
    """They were found as whole words."""
    assert PHRASE.all_in("a", 1) == "('aaold') & ('aatree':* | 'aathree')"
    assert PHRASE.all_in("a", 2) == "('aaold') & ('aatree':* | 'aathree' | 'aatreat')"


def test_neighbours_are_in_one_field() -> None:
    """A single word has none."""
    chains = ("(('aaold') <-> ('aatree':*))", "(('abold') <-> ('abtree':*))")
    assert PHRASE.adjacent() == " | ".join(chains)
    assert PHRASE.first(1).adjacent() == ""
    assert PHRASE.first(1).all_in("a") == "('aaold')"


def test_labels_stand_for_names() -> None:
    """In the field of names only; with errors as similar words."""
    props = Term("props", labels=(("-1", 0), ("-2", 1)))
    phrase = Phrase([props], Kind("asset", "a", "ab"))
    assert phrase.all_in("ab") == "('aaprops' | 'aa-1' | 'abprops')"
    assert phrase.all_in("a", 1) == "('aaprops' | 'aa-1' | 'aa-2')"
