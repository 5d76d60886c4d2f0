"""The rule of every route: generic CRUD's from its resource, the others' from the table here."""

from __future__ import annotations

from typing import Final

from deploy.docs.declarations import resource_of, resources
from gateway.routes.table import Access, Route
from tests.rights.marks import NO_CLIENT, READER

TEAM: Final = "to be in the production's team"
NO_VENDOR: Final = "to be in the production's team, not as vendor"
STUDIO_PEOPLE: Final = "to be in the production's team, not as vendor or client"
MANAGE: Final = "to manage the production"
SELF: Final = "to be the person concerned"
DAYS_OFF: Final = (
    f"{SELF} or to manage a production of the person's "
    "or to supervise the person's department in a production of theirs"
)
#: RPC methods by rule; one that serves several kinds may name its ``kind``.
BY_RULE: Final[dict[str, str]] = {
    "to be signed in": """
        auth.show_caller auth.send_avatar assets.list_asset_types assets.read_asset_type
        crud.list_open_projects crud.list_all_projects crud.send_background crud.list_history
        crud.send_background_thumbnail crud.send_avatar auth.list_persons_of_department
        assets.search_entities crud.list_absences_of_people
        """,
    "to be a person": """
        auth.log_out auth.change_password auth.prepare_totp auth.enable_totp auth.disable_totp
        auth.prepare_email_otp auth.enable_email_otp auth.disable_email_otp auth.prepare_fido
        auth.enable_fido auth.disable_fido auth.renew_recovery_codes
        auth.clear_avatar:own auth.list_desktop_logs:own auth.log_desktop_login:own
        tasks.list_own_tasks tasks.list_tasks_to_check tasks.list_values_to_check
        tasks.list_time_spent_by_person:own
        tasks.list_notifications tasks.mark_all_notifications chat.list_own_chats
        crud.read_own_absence crud.list_open_projects:own crud.list_saved
        crud.read_user_context tasks.list_time_spent_today
        """,
    "a token to refresh": "auth.refresh_token",
    "an administrator": """
        auth.set_password auth.mail_reset_link auth.remove_factors auth.join_department
        auth.leave_department auth.list_login_logs
        crud.link_to_template crud.unlink_from_template crud.reorder_template
        crud.set_template_background crud.set_template_columns
        crud.list_build_jobs crud.list_all_playlists
        tasks.show_studio_stats tasks.list_project_attachments
        crud.list_time_spent_by_department crud.list_equipment crud.read_equipment
        crud.equip_department crud.unequip_department
        crud.template_from_project crud.apply_template tasks.reorder_task_types
        crud.upload_background auth.upload_avatar:organisations
        crud.list_dead_letters crud.read_dead_letter crud.replay_dead_letter
        crud.replay_dead_letters crud.discard_dead_letter crud.discard_dead_letters
        crud.list_services crud.list_webhook_states crud.list_subscribers
        """,
    DAYS_OFF: """
        crud.list_absences
        """,
    SELF: """
        auth.log_desktop_login auth.clear_avatar auth.upload_avatar:persons
        """,
    "to be the person told, and to read the entity": """
        tasks.read_notification tasks.mark_notification
        """,
    "to be a person, and the person concerned": """
        crud.read_saved
        """,
    "to be the person concerned, and not a bot": """
        crud.change_saved crud.forget_saved tasks.list_quota_shots
        """,
    f"{SELF} or a manager": "auth.list_desktop_logs",
    f"{SELF} or a manager or a supervisor or to manage a production": """
        tasks.list_person_tasks tasks.list_person_tasks_of_type tasks.list_time_spent_by_person
        """,
    "to be a person in the production's team": """
        crud.save assets.list_own_in_project assets.list_own_asset_types
        """,
    "to supervise the production": """
        assets.create_concept_folder assets.rename_concept_folder assets.remove_concept_folder
        assets.move_concepts
        """,
    "to be of the studio in the production's team": "crud.list_team_absences",
    "a manager": """
        crud.list_event_names crud.list_template_part
        assets.share_descriptor assets.change_shared_descriptor assets.remove_shared_descriptor
        assets.reorder_shared_descriptors
        """,
    "a manager of what is asked for": "crud.list_last_events",
    "any role, and the team of what is asked for": """
        assets.list_entities:asset tasks.list_with_tasks:asset
        """,
    "the team of what is asked for": "assets.list_entities tasks.list_with_tasks",
    "the team of what is asked for, not as vendor": """
        assets.list_entities:scene tasks.list_with_tasks:scene
        """,
    "the team of what is asked for, not as vendor or client": """
        assets.list_entities:concept tasks.list_with_tasks:concept
        """,
    "not a client, and the team of what is asked for": "tasks.list_news_of_projects",
    TEAM: """
        assets.list_project_entities assets.list_assets_of_type assets.list_shared_used
        assets.list_descriptors assets.list_asset_types_of_project
        tasks.list_project_tasks tasks.list_episode_stats crud.list_chosen crud.show_team
        crud.list_softwares_of_task_types
        """,
    NO_VENDOR: """
        assets.read_casting assets.list_casting_by_type
        assets.list_casting_of_sequence assets.list_casting_of_sequences
        assets.list_casting_of_episode_sequences assets.list_casting_of_episodes
        crud.list_project_playlists
        """,
    "to be in the production's team, not as client": """
        tasks.list_project_news assets.read_descriptor
        tasks.list_quotas_of_type tasks.list_retake_stats tasks.list_project_time_spents
        """,
    STUDIO_PEOPLE: """
        tasks.read_project_news assets.list_concept_folders
        assets.list_project_entities:concept assets.create_entity:concept crud.list_plans
        tasks.create_entity_tasks crud.list_scheduled_types crud.list_scheduled_objects
        crud.list_version_tasks
        """,
    READER: """
        assets.read_part assets.list_children assets.list_shots_of_episode
        assets.list_instances_of_shot assets.add_instance_to_shot assets.remove_instance_from_shot
        assets.instantiate_in_scene assets.instantiate_in_asset assets.list_instances_in
        assets.list_shots_of_instances assets.list_scenes_of_instances assets.list_versions
        assets.list_asset_types_of_shot assets.list_cast_assets assets.list_cast_in
        assets.read_asset_casting
        tasks.list_entity_tasks tasks.list_entity_task_types tasks.list_previews_of
        tasks.acknowledge_comment tasks.read_entity_detail tasks.list_linked_with_tasks
        tasks.list_tasks_below
        tasks.read_task_in_full tasks.list_task_comments tasks.list_task_previews
        tasks.list_entity_previews tasks.send_picture tasks.send_original tasks.download_preview
        tasks.send_movie tasks.send_tiles
        chat.show_chat chat.list_messages chat.show_message
        crud.list_working_files_of_task crud.list_last_working_files
        crud.list_working_files_of_entity crud.list_output_types_of crud.list_output_files_of
        crud.read_next_output_revision
        """,
    NO_CLIENT: """
        tasks.list_entity_tasks:concept tasks.list_entity_task_types:concept
        tasks.list_previews_of:concept tasks.read_entity_detail:concept
        tasks.list_time_spent_on_task tasks.list_entity_news
        """,
    "to be a person in the team, and a vendor assigned": """
        tasks.subscribe tasks.unsubscribe tasks.is_subscribed chat.join_chat chat.leave_chat
        assets.list_own_children tasks.list_entity_tasks:own tasks.list_entity_task_types:own
        """,
    "access to the comment": """
        tasks.read_task_comment tasks.send_attachment
        """,
    "to work on the task, and read the comment": "tasks.reply_to_comment",
    "to work on the task, on a comment that one reads": """
        tasks.add_preview tasks.add_preview_beside tasks.remove_comment_preview
        """,
    f"{MANAGE} or to have written it, and read the entity": """
        tasks.add_attachments tasks.delete_attachment tasks.delete_comment_of_task
        """,
    "to have written it, and read the entity": "tasks.delete_reply chat.delete_message",
    "to take part in the chat": "chat.post_message",
    "to work on the task": """
        tasks.comment_task tasks.batch_comment
        crud.new_working_file crud.comment_working_file crud.touch_working_file
        tasks.upload_preview
        tasks.place_preview
        """,
    "to work on the task, not as client": "tasks.set_main_preview tasks.annotate_preview",
    MANAGE: """
        assets.create_asset assets.create_entity assets.list_entity_links
        auth.read_preview_account auth.renew_preview_account auth.open_preview_account
        auth.remove_preview_account
        assets.reorder_descriptors assets.remove_entity_link assets.share_assets
        assets.share_assets_of_project assets.set_shot_lengths
        crud.upload_avatar
        assets.update_shot assets.replace_asset_casting assets.replace_casting
        assets.replace_castings assets.cast_asset
        tasks.create_tasks tasks.delete_tasks tasks.delete_tasks_of_type
        tasks.list_project_comments tasks.list_project_rows tasks.list_time_spents_of_type
        crud.link_task_type crud.link_task_status
        crud.reorder_links crud.open_status_to_clients
        crud.copy_tasks_to_version crud.copy_version crud.apply_version
        crud.list_budgets crud.read_budget crud.create_budget crud.update_budget
        crud.delete_budget crud.list_budget_entries crud.read_budget_entry
        crud.create_budget_entry crud.update_budget_entry crud.delete_budget_entry
        crud.choose crud.drop crud.choose_many crud.join_team crud.change_seat crud.leave_team
        crud.pause_webhook crud.resume_webhook crud.renew_webhook_secret crud.test_webhook
        crud.replay_webhook crud.list_deliveries
        """,
    "to manage the production or work on the entity": "crud.new_output_file",
    f"{MANAGE} or to have created it": "assets.remove_entity assets.remove_entities",
    f"{MANAGE} or to supervise all departments": """
        assets.create_descriptor assets.update_descriptor assets.remove_descriptor
        """,
    f"{MANAGE} or to supervise the department in the production": """
        crud.choose_software crud.drop_software
        """,
    "to be the person concerned, not a client, or to supervise the production": """
        tasks.list_quotas_of_person
        """,
    "to assign the person": "tasks.assign_task tasks.assign_tasks",
    f"{MANAGE} or to supervise the tasks' department": "tasks.clear_assignation",
    f"{MANAGE} or to supervise the tasks' department or to be assigned": "tasks.comment_many",
    "to manage the production, for another, or to be assigned to the task": """
        tasks.set_time_spent
        """,
    f"{MANAGE} or to supervise the production and have made the playlist": "crud.add_to_playlist",
}
EXPECTED: Final = {method: rule for rule, names in BY_RULE.items() for method in names.split()}
VERBS: Final = {
    "list_rows": "list",
    "read_row": "read",
    "create_row": "create",
    "update_row": "update",
    "delete_row": "delete",
}
RESOURCES: Final = resources()


def rule_of(route: Route) -> str:
    """The rule of a route; empty if it is public. Raises KeyError for one that has none here."""
    if route.access is Access.PUBLIC:
        return ""
    if route.function in VERBS:
        resource = resource_of(route, RESOURCES)
        name: str = getattr(resource, VERBS[route.function]).name
        return name
    kind = "own" if "/user/" in route.path else dict(route.fixed).get("kind", "")
    return EXPECTED.get(f"{route.rpc}:{kind}") or EXPECTED[route.rpc]
