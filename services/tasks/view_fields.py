"""What each view shows of an entity's tasks, in the order of the compact form."""

from __future__ import annotations

from typing import Final

LINKED: Final = "linked"
UNSET_AS_TEXT: Final = frozenset({"asset"})
"""Kinds that show a missing preview as an empty text."""
_PART: Final = (
    "id", "estimation", "entity_id", "end_date", "due_date", "done_date", "duration",
    "last_comment_date", "last_preview_file_id", "priority", "real_start_date", "retake_count",
    "start_date", "difficulty", "task_status_id", "task_type_id", "data", "is_subscribed",
    "assignees",
)  # fmt: skip
_EDIT: Final = (
    "id", "duration", "due_date", "entity_id", "end_date", "estimation", "last_comment_date",
    "last_preview_file_id", "nb_assets_ready", "priority", "real_start_date", "retake_count",
    "start_date", "task_status_id", "task_type_id", "data", "is_subscribed", "assignees",
)  # fmt: skip
TASK_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "asset": (
        "id", "due_date", "done_date", "duration", "entity_id", "estimation", "end_date",
        "is_subscribed", "last_comment_date", "last_preview_file_id", "priority",
        "real_start_date", "retake_count", "start_date", "difficulty", "task_status_id",
        "task_type_id", "assignees", "data",
    ),
    "shot": (
        "id", "duration", "due_date", "end_date", "done_date", "entity_id", "estimation",
        "is_subscribed", "last_comment_date", "last_preview_file_id", "nb_assets_ready",
        "priority", "real_start_date", "retake_count", "start_date", "difficulty", "nb_drawings",
        "task_status_id", "task_type_id", "assignees", "data",
    ),
    "sequence": _PART,
    "scene": _PART,
    "episode": _PART,
    "edit": _EDIT,
    "concept": tuple(name for name in _EDIT if name != "last_preview_file_id"),
    LINKED: (
        "id", "duration", "due_date", "end_date", "entity_id", "estimation", "last_comment_date",
        "nb_assets_ready", "priority", "real_start_date", "retake_count", "start_date",
        "task_status_id", "task_type_id", "assigner_id", "assignees",
    ),
}  # fmt: skip
ENTITY_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "asset": (
        "id", "name", "preview_file_id", "description", "asset_type_name", "asset_type_id",
        "canceled", "ready_for", "episode_id", "casting_episode_ids", "is_casting_standby",
        "is_shared", "data", "tasks",
    ),
    "shot": (
        "canceled", "data", "description", "entity_type_id", "episode_id", "episode_name", "fps",
        "frame_in", "frame_out", "id", "name", "nb_frames", "parent_id", "preview_file_id",
        "project_id", "project_name", "sequence_id", "sequence_name", "source_id",
        "nb_entities_out", "is_casting_standby", "type", "tasks",
    ),
}  # fmt: skip
