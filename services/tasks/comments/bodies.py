"""Parsing the bodies of comments, replies and batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from services.common.crud.validation import known_id
from services.common.errors import InvalidInput, invalid_field
from services.common.json_types import Json, JsonObject
from services.tasks.comments.draft import Draft
from services.tasks.shapes import field_of, read_checklist

MOMENTS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def draft(
    body: JsonObject,
    task: UUID,
    author: UUID,
    *,
    text: str = "comment",
    free: bool = False,
    prefix: str = "",
) -> Draft:
    """A comment as a body describes it.

    ``free`` says whether the caller may name the author, the time and whether clients see it: a
    manager may, of others these fields are ignored. Raises InvalidInput, NotFound.
    """
    status = body.get("task_status_id")
    if status is None or status == "":
        raise invalid_field(f"{prefix}task_status_id", "Field required")
    result = Draft(
        task_id=task,
        status_id=known_id(status),
        author_id=author,
        text=_text(body, text, prefix),
        checklist=field_of(f"{prefix}checklist", _array(body, "checklist", prefix), read_checklist),
        links=_links(body, prefix),
    )
    if free:
        if body.get("person_id"):
            result.author_id = known_id(body["person_id"])
        result.created_at = moment(body.get("created_at"))
        result.for_client = _flag(body.get("for_client"))
    return result


def moment(given: Json) -> datetime | None:
    """A time in one of the two ``MOMENTS`` formats; None, which means now, for anything else."""
    for form in MOMENTS:
        try:
            return datetime.strptime(given, form)  # noqa: DTZ007 - UTC without zone, as stored
        except (TypeError, ValueError):
            continue
    return None


def _text(body: JsonObject, name: str, prefix: str) -> str:
    given = body.get(name)
    if given is None:
        return ""
    if not isinstance(given, str) or "\x00" in given:
        raise invalid_field(f"{prefix}{name}", "Input should be a valid string")
    return given


def _array(body: JsonObject, name: str, prefix: str) -> list[Any]:
    """An array, or its JSON text as forms send it."""
    given = body.get(name)
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given) if given else None
        except (msgspec.DecodeError, RecursionError):
            raise invalid_field(f"{prefix}{name}", "Input should be a valid list") from None
    if given is None:
        return []
    if not isinstance(given, list):
        raise invalid_field(f"{prefix}{name}", "Input should be a valid list")
    return given


def _links(body: JsonObject, prefix: str) -> list[str]:
    links = _array(body, "links", prefix)
    if not all(isinstance(link, str) and "\x00" not in link for link in links):
        raise invalid_field(f"{prefix}links", "Input should be a list of strings")
    return links


def _flag(given: Json) -> bool:
    return given is True or (isinstance(given, str) and given.lower() == "true")


def batch(data: Json) -> list[JsonObject]:
    """The items of a batch. Raises InvalidInput."""
    given = data.get("comments") if isinstance(data, dict) else None
    if given is None:
        message = "Missing required parameter: comments"
        raise InvalidInput(message)
    wrong = "Wrong value for parameter comments."
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError):
            raise InvalidInput(wrong) from None
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise InvalidInput(wrong)
    return given


def batch_task(item: JsonObject, number: int, task_id: str | None) -> UUID:
    """The task of an item: the one in the path, else its own. Raises InvalidInput, NotFound."""
    named = item.get("task_id") if task_id is None else task_id
    if named is None:
        raise invalid_field(f"comments.{number}.task_id", "Field required")
    if "text" not in item:
        raise invalid_field(f"comments.{number}.text", "Field required")
    return known_id(named)


def files_of(files: list[JsonObject], number: int, what: str) -> list[JsonObject]:
    """The uploaded parts that belong to an item of a batch: ``attachment_file-0-1`` to the first.

    Clients name a part after its item alone or after item and file.
    """
    wanted = f"{what}-{number}"
    return [one for one in files if one["part"] == wanted or one["part"].startswith(f"{wanted}-")]
