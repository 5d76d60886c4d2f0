"""A body for every route that takes one, valid for the ids of a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from deploy.docs.declarations import resources
from gateway.routes.table import Body, Route
from services.common.actor import Actor
from services.common.crud.resource import Resource
from tests.rights.places import Ids
from tests.rights.studio import Studio
from tests.world import VALUES, target_of

RESOURCES: Final = resources()
FILE: Final = {
    "file": (
        "a.png",
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c"
            "6360606060000000050001a5f645400000000049454e44ae426082"
        ),
        "image/png",
    )
}
UPLOADS: Final = frozenset(
    {
        "auth.upload_avatar",
        "crud.upload_avatar",
        "crud.upload_background",
        "tasks.upload_preview",
        "tasks.add_attachments",
    }
)
#: By RPC method; ``create_row`` and ``update_row`` are made from the columns.
BODIES: Final[dict[str, Callable[[Ids], Any]]] = {
    # What is one's own account: refused for its content, if not before.
    **dict.fromkeys(
        (
            "auth.change_password",
            "auth.enable_totp",
            "auth.disable_totp",
            "auth.enable_email_otp",
            "auth.disable_email_otp",
            "auth.enable_fido",
            "auth.disable_fido",
            "auth.renew_recovery_codes",
            "auth.log_in",
            "auth.request_reset",
            "auth.reset_password",
        ),
        lambda _ids: {},
    ),
    "auth.set_password": lambda _ids: {
        "password": "a new password",
        "password_2": "a new password",
    },
    # Open or closed: there is none yet.
    "auth.open_preview_account": lambda _ids: {"is_open": True},
    "auth.join_department": lambda ids: {"department_id": ids["department"]},
    "auth.log_desktop_login": lambda _ids: {"date": "2026-01-05T10:00:00"},
    "assets.create_asset": lambda _ids: {"name": "New"},
    "assets.create_entity": lambda _ids: {"name": "New"},
    "assets.add_instance_to_shot": lambda ids: {"asset_instance_id": ids["asset_instance"]},
    "assets.instantiate_in_scene": lambda ids: {"asset_id": ids["asset"]},
    "assets.instantiate_in_asset": lambda ids: {"asset_to_instantiate_id": ids["asset"]},
    "assets.create_descriptor": lambda _ids: {"name": "New", "entity_type": "Asset"},
    "assets.update_descriptor": lambda _ids: {"name": "Newer"},
    "assets.reorder_descriptors": lambda ids: {
        "entity_type": "Asset",
        "descriptor_ids": [ids["metadata_descriptor"]],
    },
    "assets.share_descriptor": lambda _ids: {"name": "Shared", "entity_type": "Edit"},
    "assets.change_shared_descriptor": lambda _ids: {"entity_type": "Edit", "name": "New"},
    "assets.reorder_shared_descriptors": lambda _ids: {
        "entity_type": "Edit",
        "field_order": ["shared"],
    },
    **dict.fromkeys(
        ("assets.create_concept_folder", "assets.rename_concept_folder"),
        lambda _ids: {"name": "New"},
    ),
    **dict.fromkeys(
        ("assets.share_assets", "assets.share_assets_of_project"),
        lambda ids: {"asset_ids": [ids["asset"]], "is_shared": False},
    ),
    "assets.move_concepts": lambda ids: {"concept_ids": [ids["concept"]]},
    # All that is marked, see ``marks``.
    "assets.search_entities": lambda _ids: {
        "query": "zq-",
        "limit": 1000,
        "index_names": ["assets", "shots", "sequences", "episodes", "edits", "persons"],
    },
    "assets.remove_entities": lambda ids: [ids["edit"]],
    "assets.update_shot": lambda _ids: {"nb_frames": 7},
    "assets.replace_asset_casting": lambda ids: [{"asset_id": ids["asset"], "nb_occurences": 1}],
    "assets.replace_casting": lambda ids: [{"asset_id": ids["asset"], "nb_occurences": 2}],
    "assets.replace_castings": lambda ids: {
        ids["shot"]: [{"asset_id": ids["asset"], "nb_occurences": 3}]
    },
    "assets.cast_asset": lambda ids: {"entity_ids": [ids["shot"]], "nb_occurences": 4},
    "tasks.comment_task": lambda ids: {"task_status_id": ids["task_status"], "comment": "new"},
    "tasks.comment_many": lambda ids: [
        {"object_id": ids["task"], "task_status_id": ids["task_status"], "comment": "new"}
    ],
    "tasks.batch_comment": lambda ids: {
        "comments": [{"task_id": ids["task"], "task_status_id": ids["task_status"], "text": "new"}]
    },
    "tasks.add_attachments": lambda _ids: {},
    "tasks.reply_to_comment": lambda _ids: {"text": "new"},
    "tasks.create_tasks": lambda ids: [ids["asset"]],
    "tasks.create_entity_tasks": lambda ids: {"task_type_ids": [ids["task_type"]]},
    "tasks.assign_task": lambda ids: {"person_id": ids["person"]},
    "tasks.assign_tasks": lambda ids: {"task_ids": [ids["task"]]},
    "tasks.clear_assignation": lambda ids: {"task_ids": [ids["task"]], "person_id": ids["person"]},
    "tasks.delete_tasks": lambda ids: [ids["edit task"]],
    "tasks.set_time_spent": lambda _ids: {"duration": 15},
    "tasks.mark_notification": lambda _ids: {"read": True},
    "tasks.add_preview": lambda _ids: {"revision": 9},
    "tasks.set_main_preview": lambda _ids: {},
    "tasks.annotate_preview": lambda _ids: {"additions": [], "updates": [], "deletions": []},
    "tasks.place_preview": lambda _ids: {"position": 1},
    "chat.post_message": lambda _ids: {"message": "new"},
    "crud.link_task_type": lambda ids: {
        "project_id": ids["project"],
        "task_type_id": ids["task_type"],
    },
    "crud.link_task_status": lambda ids: {
        "project_id": ids["project"],
        "task_status_id": ids["task_status"],
    },
    "crud.choose": lambda ids: {
        "task_type_id": ids["task_type"],
        "task_status_id": ids["task_status"],
        "asset_type_id": ids["entity_type"],
        "status_automation_id": ids["status_automation"],
        "preview_background_file_id": ids["preview_background_file"],
    },
    "crud.link_to_template": lambda ids: {
        "task_type_id": ids["task_type"],
        "task_status_id": ids["task_status"],
        "asset_type_id": ids["entity_type"],
        "status_automation_id": ids["status_automation"],
        "preview_background_file_id": ids["preview_background_file"],
    },
    "crud.reorder_template": lambda ids: {
        "task_type_ids": [ids["task_type"]],
        "task_status_ids": [ids["task_status"]],
    },
    **dict.fromkeys(
        ("crud.reorder_links", "tasks.reorder_task_types"),
        lambda ids: {
            "task_type_ids": [ids["task_type"]],
            "task_status_ids": [ids["task_status"]],
        },
    ),
    "crud.open_status_to_clients": lambda _ids: {"is_client_allowed": True},
    "crud.create_budget": lambda _ids: {"name": "New"},
    "crud.update_budget": lambda _ids: {"name": "Newer"},
    **dict.fromkeys(
        ("crud.create_budget_entry", "crud.update_budget_entry"),
        lambda ids: {
            "department_id": ids["department"],
            "start_date": "2026-01-05",
            "months_duration": 2,
            "daily_salary": 300,
        },
    ),
    "crud.equip_department": lambda ids: {
        "hardware_item_id": ids["hardware_item"],
        "software_id": ids["software"],
    },
    "crud.copy_version": lambda ids: {"production_schedule_version_id": ids["another version"]},
    "crud.choose_software": lambda ids: {"software_id": ids["software"]},
    "crud.set_template_background": lambda _ids: {},
    "crud.set_template_columns": lambda _ids: [{"name": "New"}],
    "crud.template_from_project": lambda _ids: {"name": "New"},
    "crud.choose_many": lambda ids: {"task_types": [{"task_type_id": ids["task_type"]}]},
    "crud.add_to_playlist": lambda ids: {"entity_id": ids["shot"], "preview_file_id": None},
    "crud.save": lambda ids: {
        "name": "New",
        "list_type": "asset",
        "query": "x",
        "color": "#fff",
        "project_id": ids["project"],
        "is_shared": True,
    },
    "crud.change_saved": lambda _ids: {"name": "Newer"},
    "crud.replay_dead_letters": lambda _ids: {"queue": "nobody's"},
    "crud.discard_dead_letters": lambda _ids: {"queue": "nobody's"},
    "crud.replay_webhook": lambda _ids: {"from_position": 1, "to_position": 1},
    "crud.join_team": lambda ids: {"person_id": ids["newcomer"]},
    "crud.change_seat": lambda _ids: {"role": "supervisor"},
    "crud.new_working_file": lambda _ids: {"name": "new", "mode": "working"},
    "crud.comment_working_file": lambda _ids: {"comment": "new"},
    "crud.new_output_file": lambda ids: {
        "output_type_id": ids["output_type"],
        "task_type_id": ids["task_type"],
        "name": "new",
        "comment": "c",
    },
    "crud.read_next_output_revision": lambda ids: {
        "output_type_id": ids["output_type"],
        "task_type_id": ids["task_type"],
        "name": "new",
    },
    "auth.upload_avatar": lambda _ids: {},
    "crud.upload_avatar": lambda _ids: {},
    "crud.upload_background": lambda _ids: {},
    "tasks.upload_preview": lambda _ids: {},
}
#: What an update changes, where the first text isn't a good choice.
CHANGES: Final = {
    "comments": {"text": "changed"},
    "tasks": {"name": "changed"},
    "entities": {"name": "changed"},
    "day-offs": {"description": "changed"},
}


#: What a new row is about, where there is one about the usual thing already.
OTHERS: Final = {
    "production-schedule-version-task-links": {"task_id": "shot task"},
    "schedule-items": {"task_type_id": "shot task_type"},
}


def body_of(route: Route, world: Studio, ids: Ids) -> Any:
    """A body of the route; None if it takes none. Raises KeyError for a route without one here."""
    if route.body is Body.NONE:
        return None
    path = dict(route.fixed).get("path", "")
    if route.function == "create_row":
        return creation(world, RESOURCES[path], ids)
    if route.function == "update_row":
        return CHANGES.get(path) or change(world, RESOURCES[path])
    return BODIES[route.rpc](ids)


def creation(world: Studio, resource: Resource, ids: Ids) -> dict[str, Any]:
    """A valid body for a create, whose references are those of the place."""
    given = world.body(resource)
    targets = {name: target_of(resource.table.c[name]) or "" for name in given}
    targets |= OTHERS.get(resource.path, {})
    return {name: ids.get(targets[name], value) for name, value in given.items()}


def change(world: Studio, resource: Resource) -> dict[str, Any]:
    """A change of the first column that everybody who updates may change."""
    ignored = resource.fixed_for(Actor()) | resource.hidden | {"id", "created_at", "updated_at"}
    for column in resource.fields:
        if (
            column.name not in ignored
            and not target_of(column)
            and column.name not in resource.renamed
        ):
            given = VALUES.get((resource.path, column.name))
            return {column.name: given if given is not None else world.value(column)}
    return {}
