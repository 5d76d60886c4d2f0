"""Typing errors: how many a word may have, and how many another word is away from it."""

from __future__ import annotations

from typing import Final

#: Letters from which a word may have one error, and two.
ONE_FROM: Final = 5
TWO_FROM: Final = 9


def allowed(word: str) -> int:
    """How many errors a word may have; none if it holds a digit, as it is another code then."""
    if any(character.isdigit() for character in word):
        return 0
    return (len(word) >= ONE_FROM) + (len(word) >= TWO_FROM)


def errors(wanted: str, word: str, *, is_prefix: bool) -> int:
    """How many letters were left out, added, changed, or swapped with their neighbour.

    With ``is_prefix``, compared with the beginning of ``word`` that is nearest.
    """
    before: list[int] = []
    row = list(range(len(word) + 1))
    for place, letter in enumerate(wanted, start=1):
        earlier, before = before, row
        row = [place]
        for column, other in enumerate(word, start=1):
            best = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != other))
            swapped = (
                place > 1
                and column > 1
                and letter == word[column - 2]
                and wanted[place - 2] == other
            )
            row.append(min(best, earlier[column - 2] + 1) if swapped else best)
    return min(row) if is_prefix else row[-1]
