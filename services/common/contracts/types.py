"""The types that bodies, queries and answers are declared with.

Each route names its types in its table. The owning service reads a body with its type
(``bodies.read``), and a query string with its own (``queries.read``); tests hold every answer to
its type, and the description of the API is made from all of them. A field's sentence and example
stand beside it: ``Annotated[int, about("Frames.", 24)]``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

__all__ = ["UNSET", "UnsetType"]

T = TypeVar("T")


#: The ``pattern`` of a text that must not be blank.
NOT_BLANK: Final = r"\S"
AN_ID: Final = "9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10"


def about(
    sentence: str,
    *examples: Any,
    missing: str = "",
    invalid: str = "",
    beyond: str = "",
    only_text: bool = False,
    **limits: Any,
) -> Meta:
    """What a field means, with examples, and limits such as ``max_length``.

    ``missing``, ``invalid`` and ``beyond`` (its limits) are messages that clients know: those of
    the whole refusal. In the latter, ``{field}`` is the field, and ``{value}`` the text that came;
    what is none is told as usual. With ``only_text`` a number isn't read as its digits.
    """
    known = {
        "missing": missing,
        "invalid": invalid,
        "beyond": beyond,
        "only_text": only_text and "yes",
    }
    return _meta(sentence, examples, known, limits)


def parameter(
    sentence: str,
    *examples: Any,
    switch: Literal["", "any case", "exact"] = "",
    column: bool = False,
    only_with: str = "",
) -> Meta:
    """What a parameter of a query string means.

    Only the other word than its default's flips a ``switch``; with any other text it stays as it
    is. A filter by a ``column`` is left to generic CRUD, which reads it as that column's values
    are, or as a list of them in brackets. One that is meant ``only_with`` another is ignored
    without that.
    """
    known = {"switch": switch, "column": column and "yes", "only_with": only_with}
    return _meta(sentence, examples, known, {})


def _meta(
    sentence: str, examples: tuple[Any, ...], known: dict[str, Any], limits: dict[str, Any]
) -> Meta:
    extra = {name: value for name, value in known.items() if value}
    return Meta(
        description=sentence, examples=list(examples) or None, extra=extra or None, **limits
    )


Id = Annotated[UUID, about("The id of a row.", AN_ID)]
#: An id of a body that its route looks up as it is: a malformed one is answered as an unknown one.
AnyId = Annotated[
    str, about("The id of a row.", AN_ID, min_length=1, extra_json_schema={"format": "uuid"})
]
#: An id in a body that is an array of ids.
ListedId = Annotated[
    UUID,
    about("The id of a row.", AN_ID, invalid="Request body must only contain valid UUIDs."),
]
Moment = Annotated[
    datetime,
    about(
        "A time in UTC, without a zone suffix.",
        "2026-01-05T10:00:00",
        tz=False,
        # JSON Schema's date-time would demand a zone.
        extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$"},
    ),
]
#: An id that a query asks for.
AskedId = Annotated[UUID, about("The id of a row.", AN_ID, invalid="Invalid UUID value: {value}")]
#: The same, where clients are told of which parameter it is.
NamedId = Annotated[
    UUID, about("The id of a row.", AN_ID, invalid="Invalid UUID format for {field}: {value}")
]
#: A time that a query asks for; a day is its beginning.
AskedMoment = Annotated[
    datetime,
    about(
        "A time in UTC, or a day.",
        "2026-01-05T10:00:00",
        tz=False,
        extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?)?$"},
    ),
]
PageNumber = Annotated[
    int, about("The page to answer, from 1.", 1, invalid="{field} must be an integer.")
]
PageSize = Annotated[
    int,
    about(
        "Rows on a page.",
        100,
        ge=1,
        invalid="{field} must be an integer.",
        beyond="{field} must be a positive integer.",
    ),
]
Day = Annotated[date, about("A day.", "2026-01-05")]
#: JSON that no declaration can tell more of.
FreeObject = Annotated[dict[str, Any], about("Free JSON: keys and values are the studio's own.")]
Count = Annotated[int, about("How many there are.", 3, ge=0)]


class Body(msgspec.Struct, kw_only=True):
    """A JSON object that a client sends, or the fields of a form.

    Unknown fields are ignored; values are read as ``values`` tells. A field without a default is
    required. Null, where a field may not be null, counts as absent if it has a default. A field to
    change is ``X | UnsetType = UNSET``: absent it stays as it is, and null is refused.

    An array is ``list[…]``. JSON that is stored as it came, in a known shape, is a ``TypedDict``.
    """

    #: The refusal of what is no object, where clients know it by another message.
    no_object: ClassVar[str] = ""


class Query(msgspec.Struct, kw_only=True):
    """The parameters of a query string; unknown ones are ignored.

    They are read as ``queries`` tells. One that is absent or empty has its default, or is required
    if it has none. One that may be repeated is a ``list[…]``; of others the first text counts.
    """

    #: The refusal of what is malformed, where clients know it by another message: it may tell what
    #: came of each parameter by its name.
    refusal: ClassVar[str] = ""
    #: Whether clients know the refusal of one parameter as its message alone, without data.
    bare: ClassVar[bool] = False
    #: Types of content that the answer may have in place of JSON, as a parameter asks for it.
    forms: ClassVar[tuple[str, ...]] = ()


class Answer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON object that a client gets.

    Tests refuse a field that is not declared; the description allows more, as releases add some.
    """


class Page(Answer, Generic[T], kw_only=True):
    """A page of a list, with what a client needs to ask for the next one."""

    data: Annotated[list[T], about("The rows of this page.")]
    total: Annotated[int, about("Rows on all pages.", 250, ge=0)]
    nb_pages: Annotated[int, about("How many pages there are.", 3, ge=0)]
    limit: Annotated[int, about("Rows on a page.", 100, ge=1)]
    offset: Annotated[int, about("Rows on the pages before.", 0)]
    page: Annotated[int, about("The number of this page, from 1.", 1)]


class PageQuery(Query, kw_only=True):
    """Pages: with ``page``, a list answers one page in its envelope, else all rows."""

    bare: ClassVar[bool] = True

    page: PageNumber | UnsetType = UNSET
    limit: Annotated[PageSize, parameter("Rows on a page.", 100, only_with="page")] = 100


class PagedQuery(Query, kw_only=True):
    """A page of a list that is always paged, by default the first."""

    page: PageNumber = 1
    limit: PageSize = 100


class ListQuery(PageQuery, kw_only=True):
    """What a list of generic CRUD takes, besides filters by columns and to-many lists."""

    relations: Annotated[
        bool, parameter("Whether rows hold their to-many lists.", switch="any case")
    ] = False
    fields: Annotated[
        str | UnsetType,
        parameter("Names of fields, separated by commas: rows lack all others then.", "id,name"),
    ] = UNSET


class RowQuery(Query, kw_only=True):
    """How generic CRUD shows a row."""

    relations: Annotated[
        bool, parameter("Whether it holds its to-many lists; it does.", switch="any case")
    ] = True


class DeletionQuery(Query, kw_only=True):
    """How generic CRUD deletes a row."""

    force: Annotated[
        bool, parameter("Whether what references the row goes with it.", switch="any case")
    ] = False


class RowOf(Answer, kw_only=True):
    """A row of a resource of generic CRUD: the table's columns are its fields, beside its own.

    ``deploy.docs.http_api.row_types`` fills them in.
    """

    #: The path of the resource: ``tasks``.
    resource: ClassVar[str]
    #: Columns that these answers leave out.
    without: ClassVar[frozenset[str]] = frozenset()


class Timestamped(Answer, kw_only=True):
    """A row: its id, its times, and the name of its kind."""

    id: Id
    created_at: Moment
    updated_at: Moment
    type: Annotated[str, about("The kind of the row.", "Chat")]
