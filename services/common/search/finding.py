"""Finding entries: a few statements, the exact matches first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSQUERY, TSVECTOR
from sqlalchemy.engine import Connection

from services.common.database.pools import SET_LOCAL, Database
from services.common.database.sql_types import Condition, Expression, Select
from services.common.search import typos
from services.common.search.phrases import Kind, Phrase, Term
from services.common.search.tables import entry

#: Characters and words of a question that are looked at.
LONGEST: Final = 300
WORDS: Final = 10
#: Characters from which a question is answered.
SHORTEST: Final = 3
#: Entries that are ranked with each other: those of more common words by field and name only.
RANKED: Final = 2000
MOST_ERRORS: Final = 2
#: Entries at the beginning of the alphabet, in which the first page of common words is looked for,
#: and how many entries of a page are.
NEAR: Final = 1000
NEAR_PAGE: Final = 100
# One for all statements: SQLAlchemy's cache would make the keys of new ones anew, which takes a
# fifth of all its work here.
IDS: Final = ARRAY(sa.Uuid())
TEXT, QUERY, DOC = sa.Text(), TSQUERY(), TSVECTOR()
SIMILAR: Final = sa.text(
    "SELECT wanted, word FROM unnest(CAST(:words AS text[]), CAST(:prefixes AS boolean[])) "
    "AS asked(wanted, is_prefix), search_similar(wanted, is_prefix) AS word"
)


@contextmanager
def searching(database: Database) -> Iterator[Connection]:
    """A connection whose statements are planned for searching. Raises Unavailable.

    The planner believes beginnings and similar words to be common, and would read all entries until
    it has enough of them: where there is none, that takes the longest.
    """
    with database.read() as connection:
        yield connection.execution_options(**{SET_LOCAL: "enable_seqscan = off"})


class Typed:
    """What was typed: its words, without accents and case; the last one may go on.

    ``labels`` selects the labels that entries may have instead of words: ``label, name``. A name
    that many entries share is told by its label, so that a new one changes none of them.
    """

    def __init__(self, connection: Connection, question: str, labels: Select | None = None) -> None:
        self.connection = connection
        text, named = connection.execute(_split(question[:LONGEST], labels)).one()
        words = [word for word in text.split(" ") if word][:WORDS]
        self._labels = {label: name.split(" ") for label, name in (named or {}).items()}
        last = len(words) - 1
        self.terms = [self._term(word, is_prefix=place == last) for place, word in enumerate(words)]

    def _term(self, word: str, *, is_prefix: bool) -> Term:
        named = (
            label
            for label, words in self._labels.items()
            if word in words or (is_prefix and any(one.startswith(word) for one in words))
        )
        return Term(word, is_prefix, labels=tuple((label, 0) for label in named))

    def _near_labels(self, term: Term, near: Mapping[str, int]) -> Iterable[tuple[str, int]]:
        """The labels whose names have a similar word, with the fewest errors of one."""
        exact = dict(term.labels)
        for label, words in self._labels.items():
            counts = [near[word] for word in words if word in near]
            if counts and label not in exact:
                yield label, min(counts)

    @cached_property
    def similar(self) -> list[Term]:
        """The words, with those that they may have meant: of any kind, so they are read once."""
        asked = {term.word: term for term in self.terms if typos.allowed(term.word)}
        if not asked:
            return self.terms
        given = {"words": [*asked], "prefixes": [term.is_prefix for term in asked.values()]}
        near: dict[str, dict[str, int]] = {}
        for wanted, word in self.connection.execute(SIMILAR, given):
            count = typos.errors(wanted, word, is_prefix=asked[wanted].is_prefix)
            # No error at all: the word itself, or one that begins with it.
            if 0 < count <= typos.allowed(wanted):
                near.setdefault(wanted, {})[word] = count
        return [self._with_similar(term, near.get(term.word, {})) for term in self.terms]

    def _with_similar(self, term: Term, near: Mapping[str, int]) -> Term:
        labels = (*term.labels, *self._near_labels(term, near))
        return replace(term, similar=tuple(near.items()), labels=labels)


@dataclass
class Found:
    """A page of a search while it is filled: entries to skip, and those found."""

    skip: int
    limit: int
    ids: list[UUID] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """How many entries the page lacks."""
        return self.limit - len(self.ids)

    def add(self, count: int, ids: Sequence[UUID]) -> None:
        """Add the page's part of ``count`` entries."""
        self.ids += ids
        self.skip = max(0, self.skip - count)


class Search:
    """A search in the entries of one kind: those that ``entries`` selects, as ``id, name, doc``.

    ``doc`` is what the caller may see of an entry's words.
    """

    def __init__(self, typed: Typed, entries: Select, kind: Kind) -> None:
        self.typed, self.connection, self.entries = typed, typed.connection, entries
        self.columns, self.kind = entries.selected_columns, kind
        #: What is looked for: in the end with similar words, if they were needed.
        self.phrase = Phrase(typed.terms, kind)

    def page(self, offset: int, limit: int) -> list[UUID]:
        """The entries from ``offset`` on, at most ``limit``, the best first."""
        found, whole = Found(offset, limit), self.phrase
        if not whole.terms:
            return []
        passed = whole.all_in(self.kind.fields)
        count, ids = self._ranked(whole, 0, "", found)
        if count > RANKED:
            return self._by_name(offset, limit)
        found.add(count, ids)
        if not found.missing:
            return found.ids
        self.phrase = replace(whole, terms=self.typed.similar)
        for part in self._parts():
            count, ids = self._ranked(part, MOST_ERRORS, passed, found)
            found.add(count, ids)
            passed = f"{passed} | {part.all_in(self.kind.fields, MOST_ERRORS)}"
            if not found.missing:
                break
        return found.ids

    def _parts(self) -> list[Phrase]:
        """The first words, all of them down to one, as far as any entry has them."""
        parts = [self.phrase.first(count) for count in range(len(self.phrase.terms), 0, -1)]
        if len(parts) == 1:
            return parts
        matching = (self._matching(part.all_in(self.kind.fields, MOST_ERRORS)) for part in parts)
        there = (self.entries.where(condition).exists() for condition in matching)
        flags = self.connection.execute(sa.select(*there)).one()
        return [part for part, is_there in zip(parts, flags, strict=True) if is_there]

    def _ranked(
        self, phrase: Phrase, errors: int, passed: str, found: Found
    ) -> tuple[int, list[UUID]]:
        """How many entries match, up to ``RANKED`` and one, and the page's part of them.

        Without those that ``passed`` matches, which come before.
        """
        rows = self.entries.where(self._matching(phrase.all_in(self.kind.fields, errors)))
        if passed:
            rows = rows.where(sa.not_(_matches(self.columns.doc, passed)))
        sample = rows.limit(RANKED + 1).cte("sample")
        order = (*_ranks(phrase, errors, sample.c.doc), sample.c.name, sample.c.id)
        page = sa.select(sample.c.id).order_by(*order).offset(found.skip).limit(found.missing)
        total = sa.select(sa.func.count()).select_from(sample).scalar_subquery()
        ids = sa.func.array(page.scalar_subquery(), type_=IDS)
        # Of exactly matching entries, too many are not ranked: their page is read by name.
        wanted = ids if errors else sa.case((total <= RANKED, ids))
        row = self.connection.execute(sa.select(total, wanted)).one()
        return int(row[0]), list(row[1] or ())

    def _by_name(self, offset: int, limit: int) -> list[UUID]:
        """The page of words that very many entries have: by field, then in the order of names."""
        parts, passed, count = [], "", offset + limit
        near = self._near() if count <= NEAR_PAGE else None
        for place, fields in enumerate(self.phrase.field_sets):
            wanted = self.phrase.all_in(fields)
            rows = self.entries.where(self._matching(wanted))
            if passed:
                rows = rows.where(sa.not_(_matches(self.columns.doc, passed)))
            ids: Expression = _first_by_name(rows, count)
            if near is not None:
                there = sa.select(near).where(_matches(near.c.doc, wanted))
                if passed:
                    there = there.where(sa.not_(_matches(near.c.doc, passed)))
                ids = _full_or(_first_by_name(there, count), count, ids, f"near_{place}")
            parts.append(sa.select(sa.func.unnest(ids, type_=IDS.item_type).label("id")))
            passed = wanted
        # The parts are run one after the other, until there are enough: the later ones seldom are.
        together = sa.union_all(*parts).limit(limit).offset(offset)
        return list(self.connection.scalars(together))

    def _near(self) -> sa.CTE | None:
        """The first entries of the kind by name, as far as the caller sees them.

        Of words that a third of all have, these hold a page, and sorting so many takes ten times
        as long. None if what the caller sees of each would have to be made first.
        """
        if self.columns.doc is not entry.c.doc:
            return None
        of_kind = sa.select(entry.c.id).where(entry.c.kind == self.kind.name)
        first = of_kind.order_by(entry.c.name, entry.c.id).limit(NEAR).scalar_subquery()
        ids = sa.func.array(first, type_=IDS)
        return self.entries.where(entry.c.id == sa.any_(ids)).cte("near")

    def _matching(self, wanted: str) -> Condition:
        """Whether an entry has these words, found in the index; and the caller sees them."""
        column = entry.c.doc
        indexed, shown = _matches(column, wanted), _matches(self.columns.doc, wanted)
        return indexed if self.columns.doc is column else sa.and_(indexed, shown)


def _split(question: str, labels: Select | None) -> Select:
    """The words of a question, and by label those of the names that labels stand for."""
    text = sa.func.coalesce(sa.func.search_text(question), "", type_=TEXT)
    if labels is None:
        return sa.select(text, sa.null())
    found = labels.subquery("labels")
    words = sa.func.search_text(found.c.name)
    named = sa.select(sa.func.jsonb_object_agg(found.c.label, words, type_=JSONB()))
    return sa.select(text, named.scalar_subquery())


def _first_by_name(rows: Select, count: int) -> Expression:
    """The ids of the first rows by name, as an array."""
    found = rows.subquery()
    ids = sa.select(found.c.id).order_by(found.c.name, found.c.id).limit(count)
    return sa.func.array(ids.scalar_subquery(), type_=IDS)


def _full_or(ids: Expression, count: int, others: Expression, name: str) -> Expression:
    """``ids`` if they are so many; if not, ``others``, which are made only then."""
    # Kept as it is, since it would else be made for each time that it is named.
    made = sa.select(ids.label("ids")).cte(name).prefix_with("MATERIALIZED")
    full = sa.func.cardinality(made.c.ids) == count
    chosen = sa.select(sa.case((full, made.c.ids), else_=others))
    return sa.type_coerce(chosen.scalar_subquery(), IDS)


def _ranks(phrase: Phrase, errors: int, doc: Expression) -> list[Expression]:
    """What entries are ordered by, before the name; false sorts before true."""
    ranks: list[Expression] = []
    if errors:
        exact = (phrase.all_in(phrase.kind.fields, count) for count in range(errors))
        ranks += [sa.not_(_matches(doc, wanted)) for wanted in exact]
    if adjacent := phrase.adjacent():
        ranks.append(sa.not_(_matches(doc, adjacent)))
    ranks += [sa.not_(_matches(doc, phrase.all_in(f, errors))) for f in phrase.field_sets[:-1]]
    return ranks


def _matches(doc: Any, wanted: str) -> Condition:
    return matches(doc, sa.literal(wanted, TEXT))


def matches(doc: Any, wanted: Expression) -> Condition:
    """Whether words meet a condition, the text of a ``tsquery``."""
    condition: Condition = doc.bool_op("@@")(sa.cast(wanted, QUERY))
    return condition


def words_in(code: str, value: Expression) -> Expression:
    """The words of a text as an entry has them, under the code of kind and field."""
    return sa.func.search_words(code, value, type_=DOC)
