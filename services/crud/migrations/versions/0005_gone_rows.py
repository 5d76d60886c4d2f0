"""Remember which rows other services have deleted, and refuse late references to them.

Rolling deploy: safe. Of the old code, too, what references a deleted row is refused with the message
for a missing one.
"""

from alembic import op

from services.common.database.frozen import v2

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
unnoticed = "the triggers refuse only what would be deleted the moment after"

REFERENCES = {
    "budget_entry": (
        "department_id",
        "person_id",
    ),
    "day_off": ("person_id",),
    "hardware_item_department_link": ("department_id",),
    "milestone": ("task_type_id",),
    "output_file": (
        "entity_id",
        "asset_instance_id",
        "task_type_id",
        "person_id",
        "temporal_entity_id",
    ),
    "playlist": (
        "episode_id",
        "task_type_id",
        "created_by",
    ),
    "playlist_share_link": ("created_by",),
    "production_schedule_version_task_link": ("task_id",),
    "production_schedule_version_task_link_person_link": ("person_id",),
    "project_asset_type_link": ("asset_type_id",),
    "project_person_link": ("person_id",),
    "project_status_automation_link": ("status_automation_id",),
    "project_task_status_link": ("task_status_id",),
    "project_task_type_link": ("task_type_id",),
    "project_template_asset_type_link": ("asset_type_id",),
    "project_template_status_automation_link": ("status_automation_id",),
    "project_template_task_status_link": ("task_status_id",),
    "project_template_task_type_link": ("task_type_id",),
    "salary_scale": ("department_id",),
    "schedule_item": ("task_type_id",),
    "search_filter": (
        "department_id",
        "person_id",
    ),
    "search_filter_group": (
        "person_id",
        "department_id",
    ),
    "software_department_link": ("department_id",),
    "working_file": (
        "task_id",
        "entity_id",
        "person_id",
    ),
}


def upgrade() -> None:
    v2.create_gone_row(op)
    for table, columns in REFERENCES.items():
        v2.guard_references(op, table, *columns)


def downgrade() -> None:
    for table in REFERENCES:
        v2.unguard_references(op, table)
    v2.drop_gone_row(op)
