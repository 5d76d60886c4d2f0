"""What was typed, as conditions on the words of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

#: The codes of the fields: name, description, metadata.
FIELDS: Final = "abc"
NAME: Final = FIELDS[0]


class Kind(NamedTuple):
    """A kind of entries."""

    name: str
    #: The letter that its words begin with.
    code: str
    #: The codes of the fields that it has.
    fields: str = FIELDS


@dataclass(frozen=True)
class Term:
    """A word that was typed."""

    word: str
    #: Whether it is the last one, which may still go on.
    is_prefix: bool = False
    #: Words that it may have meant, with the number of typing errors.
    similar: tuple[tuple[str, int], ...] = ()
    #: Labels of what has such a word in its name, with the number of typing errors.
    labels: tuple[tuple[str, int], ...] = ()

    def lexemes(self, field: str, errors: int) -> Iterable[str]:
        """What matches in a field with at most so many errors, as texts of a ``tsquery``."""
        mark = ":*" if self.is_prefix else ""
        yield f"{self.word}'{mark}"
        # What is similar to a beginning was found as a whole word.
        others = (*self.similar, *self.labels) if field == NAME else self.similar
        yield from (f"{word}'" for word, count in others if count <= errors)


@dataclass(frozen=True)
class Phrase:
    """The words that are looked for together in entries of one kind."""

    terms: Sequence[Term]
    kind: Kind

    def all_in(self, fields: str, errors: int = 0) -> str:
        """Each word in one of these fields, as the text of a ``tsquery``."""
        return " & ".join(self._one(term, fields, errors) for term in self.terms)

    def any_in(self, fields: str, errors: int) -> str:
        """Any of the words in one of these fields."""
        return " | ".join(self._one(term, fields, errors) for term in self.terms)

    def adjacent(self) -> str:
        """The words beside each other in one field; empty for a single one."""
        if len(self.terms) == 1:
            return ""
        chains = (
            " <-> ".join(self._one(t, field, 0) for t in self.terms) for field in self.kind.fields
        )
        return " | ".join(f"({chain})" for chain in chains)

    @property
    def field_sets(self) -> tuple[str, ...]:
        """The fields by rank: the first alone, then with the second, and so on."""
        fields = self.kind.fields
        return tuple(fields[: count + 1] for count in range(len(fields)))

    def first(self, count: int) -> Phrase:
        """The first words only: none of them may go on, unless it is the last one."""
        return Phrase(self.terms[:count], self.kind)

    def _one(self, term: Term, fields: str, errors: int) -> str:
        code = self.kind.code
        found = (
            f"'{code}{field}{text}" for field in fields for text in term.lexemes(field, errors)
        )
        return f"({' | '.join(found)})"
