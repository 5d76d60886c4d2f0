"""Query strings are read as their types say."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import uuid4

import pytest

from services.common import queries
from services.common.contracts.types import (
    UNSET,
    AskedId,
    AskedMoment,
    Day,
    ListQuery,
    NamedId,
    PageQuery,
    Query,
    UnsetType,
    about,
    parameter,
)
from services.common.errors import InvalidInput

WORD = Annotated[str, about("A word.", pattern="^[a-z]+$", invalid="{value} is no word.")]


class Books(Query, kw_only=True):
    """Which books."""

    shelf: Annotated[NamedId | UnsetType, about("Where.")] = UNSET
    author: Annotated[AskedId | UnsetType, about("Whose.")] = UNSET
    since: Annotated[AskedMoment | UnsetType, about("When.")] = UNSET
    title: Annotated[str | UnsetType, about("Which.")] = UNSET
    words: Annotated[list[WORD], about("In them.")] = []
    order: Literal["title", "year"] = "title"
    lent: Annotated[bool | UnsetType, about("Whether they are lent.")] = UNSET
    pages: Annotated[bool, parameter("Whether to show their pages.", switch="any case")] = False
    covers: Annotated[bool, parameter("Whether to show covers.", switch="any case")] = True
    short: Annotated[bool, parameter("Whether to be brief.", switch="exact")] = False
    language: Annotated[str | UnsetType, parameter("In which.", column=True)] = UNSET


class Loans(Query, kw_only=True):
    """Loans of a reader between two days."""

    refusal: ClassVar[str] = "No loans from {first} to {last}"

    first: Day | UnsetType = UNSET
    last: Day | UnsetType = UNSET


class Card(Query, kw_only=True):
    """Whose card."""

    reader: Annotated[str, about("A name.", missing="Whose card?")]


def refusal(kind: type[Query], query: Any) -> InvalidInput:
    """How a query is refused."""
    with pytest.raises(InvalidInput) as refused:
        queries.read(kind, query)
    return refused.value


def test_what_is_absent_or_empty_is_not_given() -> None:
    """Whatever its kind; unknown parameters are ignored."""
    empty = dict.fromkeys(Books.__struct_fields__, "")
    for query in (None, {}, empty, {"colour": "red"}, {"words": ["", ""]}):
        assert queries.read(Books, query) == Books()


def test_a_text_is_read_as_the_kind_says() -> None:
    """Ids, times, flags, choices, texts."""
    shelf = uuid4()
    asked = queries.read(
        Books,
        {
            "shelf": str(shelf).upper(),
            "since": "2026-01-05",
            "title": "Emma",
            "order": "year",
            "lent": "False",
            "words": ["sea", "", "land"],
        },
    )
    assert (asked.shelf, asked.title, asked.order, asked.lent) == (shelf, "Emma", "year", False)
    assert asked.since is not UNSET
    assert asked.since.isoformat() == "2026-01-05T00:00:00"
    assert asked.words == ["sea", "land"]
    assert queries.read(Books, {"words": "sea"}).words == ["sea"]


def test_of_a_repeated_parameter_the_first_counts() -> None:
    """Unless it is a list; also if the first one is empty."""
    assert queries.read(Books, {"title": ["Emma", "Ulysses"]}).title == "Emma"
    assert queries.read(Books, {"title": ["", "Ulysses"]}).title is UNSET


@pytest.mark.parametrize(
    ("text", "pages", "covers", "short"),
    [
        ("true", True, True, True),
        ("TRUE", True, True, False),
        ("false", False, False, False),
        ("False", False, False, False),
        ("1", False, True, False),
        ("", False, True, False),
    ],
)
def test_only_the_other_word_flips_a_switch(
    text: str, pages: bool, covers: bool, short: bool
) -> None:
    """With any other text it stays as it is."""
    asked = queries.read(Books, {"pages": text, "covers": text, "short": text})
    assert (asked.pages, asked.covers, asked.short) == (pages, covers, short)


def test_everything_wrong_is_told_at_once() -> None:
    """The message is the first that clients know; the data name field, value and expectation."""
    refused = refusal(Books, {"lent": "perhaps", "author": "x", "shelf": "y", "words": ["a", "B"]})
    assert refused.message == "Invalid UUID format for shelf: y"
    assert refused.data == {
        "errors": [
            {"field": "shelf", "message": "Invalid value for 'shelf': 'y'. Expected a UUID."},
            {"field": "author", "message": "Invalid value for 'author': 'x'. Expected a UUID."},
            {
                "field": "words.1",
                "message": "Invalid value for 'words.1': 'B'. "
                "Expected a text that matches ^[a-z]+$.",
            },
            {
                "field": "lent",
                "message": "Invalid value for 'lent': 'perhaps'. Expected true or false.",
            },
        ]
    }
    assert refusal(Books, {"author": "x"}).message == "Invalid UUID value: x"
    assert refusal(Books, {"words": ["B\n"]}).message == "B\\n is no word."


def test_a_refusal_without_a_known_message_tells_what_is_wrong() -> None:
    """All of it, in one sentence each."""
    refused = refusal(Books, {"order": "size", "lent": "2"})
    assert refused.message == (
        "Invalid value for 'order': 'size'. Expected one of: title, year. "
        "Invalid value for 'lent': '2'. Expected true or false."
    )


def test_a_query_may_be_refused_as_a_whole() -> None:
    """Its message shows what came of each parameter."""
    refused = refusal(Loans, {"first": "x", "last": "2026-01-05"})
    assert refused.message == "No loans from x to 2026-01-05"
    assert refusal(Loans, {"last": "{first}"}).message == "No loans from None to {first}"
    assert [error["field"] for error in (refused.data or {})["errors"]] == ["first"]


def test_one_fault_may_be_told_by_its_message_alone() -> None:
    """Where clients know it so; of several, the data tell all."""

    class Log(Query, kw_only=True):
        """Entries of a log."""

        bare: ClassVar[bool] = True
        first: NamedId | UnsetType = UNSET
        last: NamedId | UnsetType = UNSET

    assert refusal(Log, {"last": "x"}).message == "Invalid UUID format for last: x"
    assert refusal(Log, {"last": "x"}).data is None
    refused = refusal(Log, {"first": "x", "last": "x"})
    assert [error["field"] for error in (refused.data or {})["errors"]] == ["first", "last"]


def test_a_required_parameter_must_be_there() -> None:
    """An empty one isn't."""
    for query in ({}, {"reader": ""}):
        assert refusal(Card, query).message == "Whose card?"


def test_filters_by_columns_are_left_to_generic_crud() -> None:
    """Whatever they hold."""
    assert queries.columns_of(Books) == ("language",)
    assert queries.read(Books, {"language": '["en", "fr"]'}).language is UNSET


def test_a_size_counts_with_a_page_only() -> None:
    """Without a page it is ignored, whatever it is; both are refused with messages of their own."""
    assert queries.read(PageQuery, {"limit": "x"}) == PageQuery()
    assert queries.read(PageQuery, {"page": "", "limit": "-1"}) == PageQuery()
    assert queries.read(PageQuery, {"page": "2", "limit": "5"}) == PageQuery(page=2, limit=5)
    assert refusal(PageQuery, {"page": "x"}).message == "page must be an integer."
    assert refusal(PageQuery, {"page": "1e400"}).message == "page must be an integer."
    assert refusal(PageQuery, {"page": "1", "limit": "x"}).message == "limit must be an integer."
    for size in ("0", "-1"):
        refused = refusal(PageQuery, {"page": "1", "limit": size})
        assert refused.message == "limit must be a positive integer."


def test_a_list_has_its_relations_and_fields() -> None:
    """As generic CRUD declares them."""
    asked = queries.read(ListQuery, {"relations": "True", "fields": "id,name", "name": "Emma"})
    assert asked == ListQuery(relations=True, fields="id,name")
