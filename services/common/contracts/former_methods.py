"""Names that RPC methods had in the last release.

Processes of both releases run side by side during an upgrade: a service answers to the former
names, too, and a caller whose callee doesn't know a name yet tries the former one. Emptied with
each release.
"""

from __future__ import annotations

from typing import Final

#: By service, the former name of each renamed method.
FORMER_METHODS: Final[dict[str, dict[str, str]]] = {
    "auth": {
        "create_fido_challenge": "fido_challenge",
        "find_existing_rows": "existing_rows",
        "list_desktop_logs": "desktop_logs",
        "list_full_persons": "whole_persons",
        "list_login_logs": "last_login_logs",
        "list_mentionable": "mentionable",
        "list_persons_shown": "persons_shown",
        "list_short_persons": "short_persons",
        "read_change_version": "change_version",
        "read_context_part": "context_part",
        "show_caller": "who_am_i",
    },
    "assets": {
        "find_existing_rows": "existing_rows",
        "list_casting_by_type": "casting_by_type",
        "list_casting_of_episode_sequences": "casting_of_episode_sequences",
        "list_casting_of_episodes": "casting_of_episodes",
        "list_casting_of_sequence": "casting_of_sequence",
        "list_casting_of_sequences": "casting_of_sequences",
        "list_entities_below": "entities_below",
        "list_entities_in_brief": "entities_in_brief",
        "list_entities_of_episode": "entities_of_episode",
        "list_entities_of_kind": "entities_of_kind",
        "list_entity_summaries": "entity_heads",
        "list_kinds_of_entities": "kinds_of_entities",
        "list_linked_summaries": "linked_heads",
        "list_projects_of_entities": "projects_of_entities",
        "list_shots_casting": "shots_casting",
        "read_casting_readiness": "casting_readiness",
        "read_change_version": "change_version",
        "read_context_part": "context_part",
        "read_entity_summary": "entity_head",
        "read_entity_with_ancestors": "entity_with_ancestors",
        "read_project_extras": "project_extras",
    },
    "tasks": {
        "find_existing_rows": "existing_rows",
        "list_assigned_entities": "assigned_entities",
        "list_attachments_of_messages": "attachments_of_messages",
        "list_files_of_messages": "files_of_messages",
        "list_linked_with_tasks": "linked_with_tasks",
        "list_projects_of_tasks": "projects_of_tasks",
        "list_rows_shown": "rows_shown",
        "list_time_spent_by_person": "time_spent_by_person",
        "list_time_spent_on_task": "time_spent_on_task",
        "list_time_spent_today": "time_spent_today",
        "list_with_tasks": "with_tasks",
        "list_worked_on": "worked_on",
        "read_change_version": "change_version",
        "read_context_part": "context_part",
        "read_department_of_task_type": "department_of_task_type",
        "read_entity_detail": "entity_detail",
        "read_notice": "notice",
        "read_rights_on_entity": "standing_on_entity",
        "read_rights_on_task": "standing_on_task",
    },
    "chat": {
        "find_existing_rows": "existing_rows",
        "read_change_version": "change_version",
    },
    "crud": {
        "find_existing_rows": "existing_rows",
        "list_event_names": "event_names",
        "list_last_events": "last_events",
        "list_last_working_files": "last_working_files",
        "list_memberships": "memberships",
        "list_open_project_ids": "open_projects",
        "list_output_files_of": "output_files_of",
        "list_output_types_of": "output_types_of",
        "list_playlists_in_brief": "playlists_in_brief",
        "list_project_names": "project_names",
        "list_projects_in_brief": "projects_in_brief",
        "list_team": "team_of",
        "list_users_of_task_type": "users_of_task_type",
        "list_working_files_of_entity": "working_files_of_entity",
        "list_working_files_of_task": "working_files_of_task",
        "read_change_version": "change_version",
        "read_next_output_revision": "next_output_revision",
        "read_own_absence": "own_absence",
        "read_production_rules": "production_rules",
        "read_user_context": "user_context",
    },
}


def former_name(service: str, method: str) -> str | None:
    """The name of a method in the last release, if it had another."""
    return FORMER_METHODS.get(service, {}).get(method)
