"""What the bodies of comments mean: drafts, their times and their files."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from services.common.contracts.tasks.comments import CommentInBatch, NewComment
from services.common.crud.validation import known_id
from services.common.json_types import JsonObject
from services.tasks.comments.context import Draft

#: With a T, as answers have it, or with a blank.
MOMENTS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def draft(
    body: NewComment | CommentInBatch, task: UUID, author: UUID, *, by_manager: bool
) -> Draft:
    """A comment as a body describes it.

    ``by_manager``: managers may name the author, the time and whether clients see the comment;
    these fields are ignored of others. Raises NotFound.
    """
    result = Draft(
        task_id=task,
        status_id=known_id(body.task_status_id),
        author_id=author,
        text=body.comment if isinstance(body, NewComment) else body.text,
        checklist=body.checklist,
        links=body.links,
    )
    if by_manager:
        if body.person_id is not None:
            result.author_id = known_id(body.person_id)
        result.created_at = moment(body.created_at)
        result.for_client = body.for_client
    return result


def moment(text: str | None) -> datetime | None:
    """A time in one of the two ``MOMENTS`` formats; None, which means now, for anything else."""
    for form in MOMENTS if text else ():
        try:
            return datetime.strptime(str(text), form)  # noqa: DTZ007 - UTC without zone, as stored
        except ValueError:
            continue
    return None


def files_of(files: list[JsonObject], number: int, field: str) -> list[JsonObject]:
    """The uploaded parts that belong to an item of a batch: ``attachment_file-0-1`` to the first.

    Clients name a part after its item alone or after item and file.
    """
    # With the dash: item 1 must not get the files of item 10.
    prefix = f"{field}-{number}"
    return [
        file for file in files if file["part"] == prefix or file["part"].startswith(f"{prefix}-")
    ]
