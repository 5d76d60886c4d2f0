"""Parsing the bodies of comments, replies and batches."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from services.common import values
from services.common.crud.validation import known_id
from services.common.errors import InvalidInput, invalid_field
from services.common.json_types import Json, JsonObject
from services.common.values import BadValue, Reader
from services.tasks.comments.context import Draft
from services.tasks.shapes import read_checklist

T = TypeVar("T")
#: With a T, as answers have it, or with a blank.
MOMENTS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def draft(
    body: JsonObject,
    task: UUID,
    author: UUID,
    *,
    text: str = "comment",
    by_manager: bool = False,
    prefix: str = "",
) -> Draft:
    """A comment as a body describes it.

    ``by_manager``: managers may name the author, the time and whether clients see the comment;
    these fields are ignored of others. Raises InvalidInput, NotFound.
    """
    status = body.get("task_status_id")
    if status is None or status == "":
        raise invalid_field(f"{prefix}task_status_id", "Field required")
    result = Draft(
        task_id=task,
        status_id=known_id(status),
        author_id=author,
        text=_field(body, text, prefix, values.text, ""),
        checklist=_field(body, "checklist", prefix, _from_form(read_checklist), []),
        links=_field(body, "links", prefix, _from_form(values.texts), []),
    )
    if by_manager:
        if body.get("person_id"):
            result.author_id = known_id(body["person_id"])
        result.created_at = moment(body.get("created_at"))
        result.for_client = _field(body, "for_client", prefix, values.flag, default=False)
    return result


def moment(text: Json) -> datetime | None:
    """A time in one of the two ``MOMENTS`` formats; None, which means now, for anything else."""
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - UTC without zone, as stored
        except (TypeError, ValueError):
            continue
    return None


def _field(body: JsonObject, name: str, prefix: str, read: Reader[T], default: T) -> T:
    """A field of a body. Raises InvalidInput."""
    value = body.get(name)
    # An empty field of a form is one that was not filled in.
    if value is None or value == "":
        return default
    try:
        return read(value)
    except BadValue as error:
        raise invalid_field(f"{prefix}{name}", error.about(name)) from None


def _from_form(read: Reader[T]) -> Reader[T]:
    """Reads JSON, or its text as forms send it."""

    def either(value: Json) -> T:
        if not isinstance(value, str):
            return read(value)
        try:
            return read(msgspec.json.decode(value))
        except (msgspec.DecodeError, RecursionError):
            raise BadValue(value, "an array") from None

    return either


def batch(data: Json) -> list[JsonObject]:
    """The items of a batch. Raises InvalidInput."""
    items = data.get("comments") if isinstance(data, dict) else None
    if items is None:
        message = "Missing required parameter: comments"
        raise InvalidInput(message)
    message = "Wrong value for parameter comments."
    # A multipart form has the array as text, beside the files.
    if isinstance(items, str):
        try:
            items = msgspec.json.decode(items)
        except (msgspec.DecodeError, RecursionError):
            raise InvalidInput(message) from None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidInput(message)
    return items


def batch_task(item: JsonObject, number: int, task_id: str | None) -> UUID:
    """The task of an item: the one in the path, else its own. Raises InvalidInput, NotFound."""
    ident = item.get("task_id") if task_id is None else task_id
    if ident is None:
        raise invalid_field(f"comments.{number}.task_id", "Field required")
    if "text" not in item:
        raise invalid_field(f"comments.{number}.text", "Field required")
    return known_id(ident)


def files_of(files: list[JsonObject], number: int, field: str) -> list[JsonObject]:
    """The uploaded parts that belong to an item of a batch: ``attachment_file-0-1`` to the first.

    Clients name a part after its item alone or after item and file.
    """
    # With the dash: item 1 must not get the files of item 10.
    prefix = f"{field}-{number}"
    return [
        file for file in files if file["part"] == prefix or file["part"].startswith(f"{prefix}-")
    ]
