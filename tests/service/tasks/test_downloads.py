"""File names of downloads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.service.one_service import OneService

ORIGINAL = "Łódź final.v3"


@pytest.mark.parametrize(
    ("wanted", "original", "name"),
    [
        (False, ORIGINAL, "ying_hua_tree_modeling_v2.png"),
        (True, ORIGINAL, f"{ORIGINAL}.png"),
        (True, None, "ying_hua_tree_modeling_v2.png"),
    ],
)
def test_a_download_is_named_by_the_studios_setting(
    tasks: OneService, desk: Desk, wanted: bool, original: str | None, name: str
) -> None:
    """One of its production, entity and task type; or the one the file came with."""
    task = desk.tables["task"][0]
    preview = desk.add(
        "preview_file",
        "downloaded",
        name="p",
        task_id=task["id"],
        revision=2,
        extension="png",
        original_name=original,
        status="ready",
        validation_status="neutral",
    )
    tasks.fill(desk)
    answers: dict[str, Any] = {
        "crud.list_project_names": {task["project_id"]: "映画"},
        "assets.list_entities_in_brief": {task["entity_id"]: {"entity_name": "Tree"}},
        "auth.list_rows": [{"use_original_file_name": wanted}],
    }
    tasks.fakes.replies |= answers
    kind = next(t for t in desk.tables["task_type"] if t["id"] == task["task_type_id"])
    expected = name.replace("modeling", kind["name"].lower())
    assert tasks.call("admin", "download_preview", ident=preview)["name"] == expected
