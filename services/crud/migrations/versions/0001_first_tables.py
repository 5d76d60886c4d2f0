"""The first tables.

Rolling deploy: nothing ran before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.common.database.frozen import v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_event")),
    )
    op.create_index(op.f("ix_api_event_created_at"), "api_event", ["created_at"], unique=False)
    op.create_index(op.f("ix_api_event_project_id"), "api_event", ["project_id"], unique=False)
    op.create_index(op.f("ix_api_event_user_id"), "api_event", ["user_id"], unique=False)
    op.create_table(
        "custom_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=True),
        sa.Column("entity_type", sa.String(length=40), nullable=True),
        sa.Column("is_ajax", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_action")),
    )
    op.create_table(
        "day_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("date <= end_date", name=op.f("ck_day_off_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_off")),
        sa.UniqueConstraint("person_id", "date", name=op.f("uq_day_off_person_id_date")),
    )
    op.create_table(
        "file_status",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_status")),
        sa.UniqueConstraint("name", name=op.f("uq_file_status_name")),
    )
    op.create_table(
        "hardware_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.Column("monthly_cost", sa.Integer(), nullable=True),
        sa.Column("inventory_amount", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hardware_item")),
        sa.UniqueConstraint("name", name=op.f("uq_hardware_item_name")),
    )
    v1.create_idempotency_key(op)
    v1.create_inbox(op)
    v1.create_outbox(op)
    op.create_table(
        "output_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_type")),
        sa.UniqueConstraint("name", name=op.f("uq_output_type_name")),
    )
    op.create_table(
        "plugin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("plugin_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.String(length=50), nullable=False),
        sa.Column("maintainer_name", sa.String(length=200), nullable=False),
        sa.Column("maintainer_email", sa.String(length=255), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("license", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.String(length=12), nullable=True),
        sa.Column("frontend_project_enabled", sa.Boolean(), nullable=True),
        sa.Column("frontend_studio_enabled", sa.Boolean(), nullable=True),
        sa.Column("icon", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin")),
        sa.UniqueConstraint("plugin_id", name=op.f("uq_plugin_plugin_id")),
    )
    op.create_table(
        "preview_background_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=True),
        sa.Column("original_name", sa.String(length=250), nullable=True),
        sa.Column("extension", sa.String(length=6), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview_background_file")),
    )
    op.create_table(
        "project_status",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_status")),
        sa.UniqueConstraint("name", name=op.f("uq_project_status_name")),
    )
    op.create_table(
        "salary_scale",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("salary", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_salary_scale")),
    )
    op.create_index(
        op.f("ix_salary_scale_department_id"), "salary_scale", ["department_id"], unique=False
    )
    op.create_table(
        "software",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.Column("version", sa.String(length=20), nullable=True),
        sa.Column("file_extension", sa.String(length=20), nullable=False),
        sa.Column(
            "secondary_extensions",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("monthly_cost", sa.Integer(), nullable=True),
        sa.Column("inventory_amount", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software")),
        sa.UniqueConstraint("name", name=op.f("uq_software_name")),
    )
    op.create_table(
        "hardware_item_department_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("hardware_item_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hardware_item_id"],
            ["hardware_item.id"],
            name=op.f("fk_hardware_item_department_link_hardware_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hardware_item_department_link")),
        sa.UniqueConstraint(
            "hardware_item_id",
            "department_id",
            name=op.f("uq_hardware_item_department_link_hardware_item_id_department_id"),
        ),
    )
    op.create_index(
        op.f("ix_hardware_item_department_link_department_id"),
        "hardware_item_department_link",
        ["department_id"],
        unique=False,
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column(
            "file_tree", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("has_avatar", sa.Boolean(), nullable=True),
        sa.Column("fps", sa.String(length=10), nullable=True),
        sa.Column("ratio", sa.String(length=10), nullable=True),
        sa.Column("resolution", sa.String(length=12), nullable=True),
        sa.Column("production_type", sa.String(length=20), nullable=True),
        sa.Column("production_style", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("man_days", sa.Integer(), nullable=True),
        sa.Column("nb_episodes", sa.Integer(), nullable=True),
        sa.Column("episode_span", sa.Integer(), nullable=True),
        sa.Column("max_retakes", sa.Integer(), nullable=True),
        sa.Column("is_clients_isolated", sa.Boolean(), nullable=True),
        sa.Column("is_preview_download_allowed", sa.Boolean(), nullable=True),
        sa.Column("is_set_preview_automated", sa.Boolean(), nullable=True),
        sa.Column("homepage", sa.String(length=80), nullable=True),
        sa.Column("is_publish_default_for_artists", sa.Boolean(), nullable=True),
        sa.Column("is_bot_collaboration_enabled", sa.Boolean(), nullable=True),
        sa.Column("is_single_preview_per_revision", sa.Boolean(), nullable=True),
        sa.Column("is_frame_in_numbering", sa.Boolean(), nullable=True),
        sa.Column("revision_padding", sa.Integer(), nullable=False),
        sa.Column("hd_bitrate_compression", sa.Integer(), nullable=True),
        sa.Column("ld_bitrate_compression", sa.Integer(), nullable=True),
        sa.Column("project_status_id", sa.Uuid(), nullable=True),
        sa.Column("default_preview_background_file_id", sa.Uuid(), nullable=True),
        sa.Column("from_schedule_version_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["default_preview_background_file_id"],
            ["preview_background_file.id"],
            name=op.f("fk_project_default_preview_background_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["from_schedule_version_id"],
            ["production_schedule_version.id"],
            name=op.f("fk_project_from_schedule_version_id"),
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["project_status_id"], ["project_status.id"], name=op.f("fk_project_project_status_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    op.create_index(
        op.f("ix_project_default_preview_background_file_id"),
        "project",
        ["default_preview_background_file_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_project_from_schedule_version_id"),
        "project",
        ["from_schedule_version_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_project_project_status_id"), "project", ["project_status_id"], unique=False
    )
    op.create_table(
        "project_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("fps", sa.String(length=10), nullable=True),
        sa.Column("ratio", sa.String(length=10), nullable=True),
        sa.Column("resolution", sa.String(length=12), nullable=True),
        sa.Column("production_type", sa.String(length=20), nullable=True),
        sa.Column("production_style", sa.Text(), nullable=False),
        sa.Column("max_retakes", sa.Integer(), nullable=True),
        sa.Column("is_clients_isolated", sa.Boolean(), nullable=True),
        sa.Column("is_preview_download_allowed", sa.Boolean(), nullable=True),
        sa.Column("is_set_preview_automated", sa.Boolean(), nullable=True),
        sa.Column("is_publish_default_for_artists", sa.Boolean(), nullable=True),
        sa.Column("is_single_preview_per_revision", sa.Boolean(), nullable=True),
        sa.Column("is_frame_in_numbering", sa.Boolean(), nullable=True),
        sa.Column("revision_padding", sa.Integer(), nullable=False),
        sa.Column("homepage", sa.String(length=80), nullable=True),
        sa.Column("hd_bitrate_compression", sa.Integer(), nullable=True),
        sa.Column("ld_bitrate_compression", sa.Integer(), nullable=True),
        sa.Column(
            "file_tree", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "metadata_descriptors",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("default_preview_background_file_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["default_preview_background_file_id"],
            ["preview_background_file.id"],
            name=op.f("fk_project_template_default_preview_background_file_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_template")),
        sa.UniqueConstraint("name", name=op.f("uq_project_template_name")),
    )
    op.create_index(
        op.f("ix_project_template_default_preview_background_file_id"),
        "project_template",
        ["default_preview_background_file_id"],
        unique=False,
    )
    op.create_table(
        "software_department_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("software_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["software_id"], ["software.id"], name=op.f("fk_software_department_link_software_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software_department_link")),
        sa.UniqueConstraint(
            "department_id",
            "software_id",
            name=op.f("uq_software_department_link_department_id_software_id"),
        ),
    )
    op.create_index(
        op.f("ix_software_department_link_software_id"),
        "software_department_link",
        ["software_id"],
        unique=False,
    )
    op.create_table(
        "working_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=250), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("checksum", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=400), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("software_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["software_id"], ["software.id"], name=op.f("fk_working_file_software_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_file")),
        sa.UniqueConstraint(
            "name",
            "task_id",
            "entity_id",
            "revision",
            name=op.f("uq_working_file_name_task_id_entity_id_revision"),
        ),
    )
    op.create_index(op.f("ix_working_file_entity_id"), "working_file", ["entity_id"], unique=False)
    op.create_index(op.f("ix_working_file_person_id"), "working_file", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_working_file_software_id"), "working_file", ["software_id"], unique=False
    )
    op.create_index(op.f("ix_working_file_task_id"), "working_file", ["task_id"], unique=False)
    op.create_table(
        "budget",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
    )
    op.create_index(op.f("ix_budget_project_id"), "budget", ["project_id"], unique=False)
    op.create_table(
        "milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_milestone_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index(op.f("ix_milestone_project_id"), "milestone", ["project_id"], unique=False)
    op.create_index(op.f("ix_milestone_task_type_id"), "milestone", ["task_type_id"], unique=False)
    op.create_table(
        "output_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("canceled", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("checksum", sa.String(length=32), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("extension", sa.String(length=10), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("representation", sa.String(length=20), nullable=True),
        sa.Column("nb_elements", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("path", sa.String(length=400), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("file_status_id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("asset_instance_id", sa.Uuid(), nullable=True),
        sa.Column("output_type_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("source_file_id", sa.Uuid(), nullable=True),
        sa.Column("temporal_entity_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_status_id"], ["file_status.id"], name=op.f("fk_output_file_file_status_id")
        ),
        sa.ForeignKeyConstraint(
            ["output_type_id"], ["output_type.id"], name=op.f("fk_output_file_output_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_file_id"], ["working_file.id"], name=op.f("fk_output_file_source_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_file")),
        sa.UniqueConstraint(
            "name",
            "entity_id",
            "asset_instance_id",
            "output_type_id",
            "task_type_id",
            "temporal_entity_id",
            "representation",
            "revision",
            name=op.f(
                "uq_output_file_name_entity_id_asset_instance_id_output_type_id_task_type_id_temporal_entity_id_representation_revision"
            ),
        ),
    )
    op.create_index(
        op.f("ix_output_file_asset_instance_id"), "output_file", ["asset_instance_id"], unique=False
    )
    op.create_index(op.f("ix_output_file_entity_id"), "output_file", ["entity_id"], unique=False)
    op.create_index(
        op.f("ix_output_file_file_status_id"), "output_file", ["file_status_id"], unique=False
    )
    op.create_index(
        op.f("ix_output_file_output_type_id"), "output_file", ["output_type_id"], unique=False
    )
    op.create_index(op.f("ix_output_file_person_id"), "output_file", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_output_file_source_file_id"), "output_file", ["source_file_id"], unique=False
    )
    op.create_index(
        op.f("ix_output_file_task_type_id"), "output_file", ["task_type_id"], unique=False
    )
    op.create_index(
        op.f("ix_output_file_temporal_entity_id"),
        "output_file",
        ["temporal_entity_id"],
        unique=False,
    )
    op.create_table(
        "playlist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "shots", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("for_client", sa.Boolean(), nullable=True),
        sa.Column("for_entity", sa.String(length=10), nullable=True),
        sa.Column("is_for_all", sa.Boolean(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_playlist_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist")),
        sa.UniqueConstraint(
            "name", "project_id", "episode_id", name=op.f("uq_playlist_name_project_id_episode_id")
        ),
    )
    op.create_index(op.f("ix_playlist_created_by"), "playlist", ["created_by"], unique=False)
    op.create_index(op.f("ix_playlist_episode_id"), "playlist", ["episode_id"], unique=False)
    op.create_index(op.f("ix_playlist_project_id"), "playlist", ["project_id"], unique=False)
    op.create_index(op.f("ix_playlist_task_type_id"), "playlist", ["task_type_id"], unique=False)
    op.create_table(
        "production_schedule_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("production_schedule_from", sa.Uuid(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=True),
        sa.Column("canceled", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["production_schedule_from"],
            ["production_schedule_version.id"],
            name=op.f("fk_production_schedule_version_production_schedule_from"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_production_schedule_version_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_schedule_version")),
        sa.UniqueConstraint(
            "name", "project_id", name=op.f("uq_production_schedule_version_name_project_id")
        ),
    )
    op.create_index(
        op.f("ix_production_schedule_version_production_schedule_from"),
        "production_schedule_version",
        ["production_schedule_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_production_schedule_version_project_id"),
        "production_schedule_version",
        ["project_id"],
        unique=False,
    )
    op.create_table(
        "project_asset_type_link",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("asset_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_asset_type_link_project_id")
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "asset_type_id", name=op.f("pk_project_asset_type_link")
        ),
    )
    op.create_index(
        op.f("ix_project_asset_type_link_asset_type_id"),
        "project_asset_type_link",
        ["asset_type_id"],
        unique=False,
    )
    op.create_table(
        "project_person_link",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_person_link_project_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "person_id", name=op.f("pk_project_person_link")),
    )
    op.create_index(
        op.f("ix_project_person_link_person_id"), "project_person_link", ["person_id"], unique=False
    )
    op.create_table(
        "project_preview_background_file_link",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("preview_background_file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["preview_background_file_id"],
            ["preview_background_file.id"],
            name=op.f("fk_project_preview_background_file_link_preview_background_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_preview_background_file_link_project_id"),
        ),
        sa.PrimaryKeyConstraint(
            "project_id",
            "preview_background_file_id",
            name=op.f("pk_project_preview_background_file_link"),
        ),
    )
    op.create_index(
        op.f("ix_project_preview_background_file_link_preview_background_file_id"),
        "project_preview_background_file_link",
        ["preview_background_file_id"],
        unique=False,
    )
    op.create_table(
        "project_status_automation_link",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("status_automation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_status_automation_link_project_id"),
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "status_automation_id", name=op.f("pk_project_status_automation_link")
        ),
    )
    op.create_index(
        op.f("ix_project_status_automation_link_status_automation_id"),
        "project_status_automation_link",
        ["status_automation_id"],
        unique=False,
    )
    op.create_table(
        "project_task_status_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("task_status_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("roles_for_board", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_task_status_link_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_task_status_link")),
        sa.UniqueConstraint(
            "project_id",
            "task_status_id",
            name=op.f("uq_project_task_status_link_project_id_task_status_id"),
        ),
    )
    op.create_index(
        op.f("ix_project_task_status_link_task_status_id"),
        "project_task_status_link",
        ["task_status_id"],
        unique=False,
    )
    op.create_table(
        "project_task_type_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_task_type_link_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_task_type_link")),
        sa.UniqueConstraint(
            "project_id",
            "task_type_id",
            name=op.f("uq_project_task_type_link_project_id_task_type_id"),
        ),
    )
    op.create_index(
        op.f("ix_project_task_type_link_task_type_id"),
        "project_task_type_link",
        ["task_type_id"],
        unique=False,
    )
    op.create_table(
        "project_template_asset_type_link",
        sa.Column("project_template_id", sa.Uuid(), nullable=False),
        sa.Column("asset_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_template_id"],
            ["project_template.id"],
            name=op.f("fk_project_template_asset_type_link_project_template_id"),
        ),
        sa.PrimaryKeyConstraint(
            "project_template_id", "asset_type_id", name=op.f("pk_project_template_asset_type_link")
        ),
    )
    op.create_index(
        op.f("ix_project_template_asset_type_link_asset_type_id"),
        "project_template_asset_type_link",
        ["asset_type_id"],
        unique=False,
    )
    op.create_table(
        "project_template_preview_background_file_link",
        sa.Column("project_template_id", sa.Uuid(), nullable=False),
        sa.Column("preview_background_file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["preview_background_file_id"],
            ["preview_background_file.id"],
            name=op.f(
                "fk_project_template_preview_background_file_link_preview_background_file_id"
            ),
        ),
        sa.ForeignKeyConstraint(
            ["project_template_id"],
            ["project_template.id"],
            name=op.f("fk_project_template_preview_background_file_link_project_template_id"),
        ),
        sa.PrimaryKeyConstraint(
            "project_template_id",
            "preview_background_file_id",
            name=op.f("pk_project_template_preview_background_file_link"),
        ),
    )
    op.create_index(
        op.f("ix_project_template_preview_background_file_link_preview_background_file_id"),
        "project_template_preview_background_file_link",
        ["preview_background_file_id"],
        unique=False,
    )
    op.create_table(
        "project_template_status_automation_link",
        sa.Column("project_template_id", sa.Uuid(), nullable=False),
        sa.Column("status_automation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_template_id"],
            ["project_template.id"],
            name=op.f("fk_project_template_status_automation_link_project_template_id"),
        ),
        sa.PrimaryKeyConstraint(
            "project_template_id",
            "status_automation_id",
            name=op.f("pk_project_template_status_automation_link"),
        ),
    )
    op.create_index(
        op.f("ix_project_template_status_automation_link_status_automation_id"),
        "project_template_status_automation_link",
        ["status_automation_id"],
        unique=False,
    )
    op.create_table(
        "project_template_task_status_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("project_template_id", sa.Uuid(), nullable=False),
        sa.Column("task_status_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("roles_for_board", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_template_id"],
            ["project_template.id"],
            name=op.f("fk_project_template_task_status_link_project_template_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_template_task_status_link")),
    )
    op.create_index(
        op.f("ix_project_template_task_status_link_project_template_id"),
        "project_template_task_status_link",
        ["project_template_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_project_template_task_status_link_task_status_id"),
        "project_template_task_status_link",
        ["task_status_id"],
        unique=False,
    )
    op.create_table(
        "project_template_task_type_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("project_template_id", sa.Uuid(), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_template_id"],
            ["project_template.id"],
            name=op.f("fk_project_template_task_type_link_project_template_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_template_task_type_link")),
    )
    op.create_index(
        op.f("ix_project_template_task_type_link_project_template_id"),
        "project_template_task_type_link",
        ["project_template_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_project_template_task_type_link_task_type_id"),
        "project_template_task_type_link",
        ["task_type_id"],
        unique=False,
    )
    op.create_table(
        "schedule_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("man_days", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_schedule_item_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_item")),
        sa.UniqueConstraint(
            "project_id",
            "task_type_id",
            "object_id",
            name=op.f("uq_schedule_item_project_id_task_type_id_object_id"),
        ),
    )
    op.create_index(
        op.f("ix_schedule_item_task_type_id"), "schedule_item", ["task_type_id"], unique=False
    )
    op.create_table(
        "search_filter_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("list_type", sa.String(length=80), nullable=False),
        sa.Column("entity_type", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("color", sa.String(length=8), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_search_filter_group_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_filter_group")),
    )
    op.create_index(
        op.f("ix_search_filter_group_department_id"),
        "search_filter_group",
        ["department_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_search_filter_group_person_id"), "search_filter_group", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_search_filter_group_project_id"),
        "search_filter_group",
        ["project_id"],
        unique=False,
    )
    op.create_table(
        "budget_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("months_duration", sa.Integer(), nullable=False),
        sa.Column("daily_salary", sa.Double(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column(
            "exceptions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_entry_budget_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_entry")),
    )
    op.create_index(op.f("ix_budget_entry_budget_id"), "budget_entry", ["budget_id"], unique=False)
    op.create_index(
        op.f("ix_budget_entry_department_id"), "budget_entry", ["department_id"], unique=False
    )
    op.create_index(op.f("ix_budget_entry_person_id"), "budget_entry", ["person_id"], unique=False)
    op.create_table(
        "build_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("job_type", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.TIMESTAMP(), nullable=True),
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlist.id"], name=op.f("fk_build_job_playlist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_job")),
    )
    op.create_index(op.f("ix_build_job_playlist_id"), "build_job", ["playlist_id"], unique=False)
    op.create_table(
        "playlist_share_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expiration_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("can_comment", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlist.id"], name=op.f("fk_playlist_share_link_playlist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_share_link")),
        sa.UniqueConstraint("token", name=op.f("uq_playlist_share_link_token")),
    )
    op.create_index(
        op.f("ix_playlist_share_link_created_by"),
        "playlist_share_link",
        ["created_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_playlist_share_link_playlist_id"),
        "playlist_share_link",
        ["playlist_id"],
        unique=False,
    )
    op.create_table(
        "production_schedule_version_task_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("production_schedule_version_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("due_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("estimation", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["production_schedule_version_id"],
            ["production_schedule_version.id"],
            name=op.f("fk_production_schedule_version_task_link_production_schedule_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_schedule_version_task_link")),
        sa.UniqueConstraint(
            "production_schedule_version_id",
            "task_id",
            name=op.f(
                "uq_production_schedule_version_task_link_production_schedule_version_id_task_id"
            ),
        ),
    )
    op.create_index(
        op.f("ix_production_schedule_version_task_link_task_id"),
        "production_schedule_version_task_link",
        ["task_id"],
        unique=False,
    )
    op.create_table(
        "search_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column(
            "updated_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=True,
        ),
        sa.Column("list_type", sa.String(length=80), nullable=False),
        sa.Column("entity_type", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("search_query", sa.String(length=500), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("search_filter_group_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_search_filter_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["search_filter_group_id"],
            ["search_filter_group.id"],
            name=op.f("fk_search_filter_search_filter_group_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_filter")),
    )
    op.create_index(
        op.f("ix_search_filter_department_id"), "search_filter", ["department_id"], unique=False
    )
    op.create_index(
        op.f("ix_search_filter_person_id"), "search_filter", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_search_filter_project_id"), "search_filter", ["project_id"], unique=False
    )
    op.create_index(
        op.f("ix_search_filter_search_filter_group_id"),
        "search_filter",
        ["search_filter_group_id"],
        unique=False,
    )
    op.create_table(
        "production_schedule_version_task_link_person_link",
        sa.Column("production_schedule_version_task_link_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production_schedule_version_task_link_id"],
            ["production_schedule_version_task_link.id"],
            name=op.f(
                "fk_production_schedule_version_task_link_person_link_production_schedule_version_task_link_id"
            ),
        ),
        sa.PrimaryKeyConstraint(
            "production_schedule_version_task_link_id",
            "person_id",
            name=op.f("pk_production_schedule_version_task_link_person_link"),
        ),
    )
    op.create_index(
        op.f("ix_production_schedule_version_task_link_person_link_person_id"),
        "production_schedule_version_task_link_person_link",
        ["person_id"],
        unique=False,
    )
    op.create_foreign_key(
        "fk_project_from_schedule_version_id",
        "project",
        "production_schedule_version",
        ["from_schedule_version_id"],
        ["id"],
    )
    v1.create_notify_relay(op)


def downgrade() -> None:
    v1.drop_notify_relay(op)
    op.drop_constraint("fk_project_from_schedule_version_id", "project")
    op.drop_index(
        op.f("ix_production_schedule_version_task_link_person_link_person_id"),
        table_name="production_schedule_version_task_link_person_link",
    )
    op.drop_table("production_schedule_version_task_link_person_link")
    op.drop_index(op.f("ix_search_filter_search_filter_group_id"), table_name="search_filter")
    op.drop_index(op.f("ix_search_filter_project_id"), table_name="search_filter")
    op.drop_index(op.f("ix_search_filter_person_id"), table_name="search_filter")
    op.drop_index(op.f("ix_search_filter_department_id"), table_name="search_filter")
    op.drop_table("search_filter")
    op.drop_index(
        op.f("ix_production_schedule_version_task_link_task_id"),
        table_name="production_schedule_version_task_link",
    )
    op.drop_table("production_schedule_version_task_link")
    op.drop_index(op.f("ix_playlist_share_link_playlist_id"), table_name="playlist_share_link")
    op.drop_index(op.f("ix_playlist_share_link_created_by"), table_name="playlist_share_link")
    op.drop_table("playlist_share_link")
    op.drop_index(op.f("ix_build_job_playlist_id"), table_name="build_job")
    op.drop_table("build_job")
    op.drop_index(op.f("ix_budget_entry_person_id"), table_name="budget_entry")
    op.drop_index(op.f("ix_budget_entry_department_id"), table_name="budget_entry")
    op.drop_index(op.f("ix_budget_entry_budget_id"), table_name="budget_entry")
    op.drop_table("budget_entry")
    op.drop_index(op.f("ix_search_filter_group_project_id"), table_name="search_filter_group")
    op.drop_index(op.f("ix_search_filter_group_person_id"), table_name="search_filter_group")
    op.drop_index(op.f("ix_search_filter_group_department_id"), table_name="search_filter_group")
    op.drop_table("search_filter_group")
    op.drop_index(op.f("ix_schedule_item_task_type_id"), table_name="schedule_item")
    op.drop_table("schedule_item")
    op.drop_index(
        op.f("ix_project_template_task_type_link_task_type_id"),
        table_name="project_template_task_type_link",
    )
    op.drop_index(
        op.f("ix_project_template_task_type_link_project_template_id"),
        table_name="project_template_task_type_link",
    )
    op.drop_table("project_template_task_type_link")
    op.drop_index(
        op.f("ix_project_template_task_status_link_task_status_id"),
        table_name="project_template_task_status_link",
    )
    op.drop_index(
        op.f("ix_project_template_task_status_link_project_template_id"),
        table_name="project_template_task_status_link",
    )
    op.drop_table("project_template_task_status_link")
    op.drop_index(
        op.f("ix_project_template_status_automation_link_status_automation_id"),
        table_name="project_template_status_automation_link",
    )
    op.drop_table("project_template_status_automation_link")
    op.drop_index(
        op.f("ix_project_template_preview_background_file_link_preview_background_file_id"),
        table_name="project_template_preview_background_file_link",
    )
    op.drop_table("project_template_preview_background_file_link")
    op.drop_index(
        op.f("ix_project_template_asset_type_link_asset_type_id"),
        table_name="project_template_asset_type_link",
    )
    op.drop_table("project_template_asset_type_link")
    op.drop_index(
        op.f("ix_project_task_type_link_task_type_id"), table_name="project_task_type_link"
    )
    op.drop_table("project_task_type_link")
    op.drop_index(
        op.f("ix_project_task_status_link_task_status_id"), table_name="project_task_status_link"
    )
    op.drop_table("project_task_status_link")
    op.drop_index(
        op.f("ix_project_status_automation_link_status_automation_id"),
        table_name="project_status_automation_link",
    )
    op.drop_table("project_status_automation_link")
    op.drop_index(
        op.f("ix_project_preview_background_file_link_preview_background_file_id"),
        table_name="project_preview_background_file_link",
    )
    op.drop_table("project_preview_background_file_link")
    op.drop_index(op.f("ix_project_person_link_person_id"), table_name="project_person_link")
    op.drop_table("project_person_link")
    op.drop_index(
        op.f("ix_project_asset_type_link_asset_type_id"), table_name="project_asset_type_link"
    )
    op.drop_table("project_asset_type_link")
    op.drop_index(
        op.f("ix_production_schedule_version_project_id"), table_name="production_schedule_version"
    )
    op.drop_index(
        op.f("ix_production_schedule_version_production_schedule_from"),
        table_name="production_schedule_version",
    )
    op.drop_table("production_schedule_version")
    op.drop_index(op.f("ix_playlist_task_type_id"), table_name="playlist")
    op.drop_index(op.f("ix_playlist_project_id"), table_name="playlist")
    op.drop_index(op.f("ix_playlist_episode_id"), table_name="playlist")
    op.drop_index(op.f("ix_playlist_created_by"), table_name="playlist")
    op.drop_table("playlist")
    op.drop_index(op.f("ix_output_file_temporal_entity_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_task_type_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_source_file_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_person_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_output_type_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_file_status_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_entity_id"), table_name="output_file")
    op.drop_index(op.f("ix_output_file_asset_instance_id"), table_name="output_file")
    op.drop_table("output_file")
    op.drop_index(op.f("ix_milestone_task_type_id"), table_name="milestone")
    op.drop_index(op.f("ix_milestone_project_id"), table_name="milestone")
    op.drop_table("milestone")
    op.drop_index(op.f("ix_budget_project_id"), table_name="budget")
    op.drop_table("budget")
    op.drop_index(op.f("ix_working_file_task_id"), table_name="working_file")
    op.drop_index(op.f("ix_working_file_software_id"), table_name="working_file")
    op.drop_index(op.f("ix_working_file_person_id"), table_name="working_file")
    op.drop_index(op.f("ix_working_file_entity_id"), table_name="working_file")
    op.drop_table("working_file")
    op.drop_index(
        op.f("ix_software_department_link_software_id"), table_name="software_department_link"
    )
    op.drop_table("software_department_link")
    op.drop_index(
        op.f("ix_project_template_default_preview_background_file_id"),
        table_name="project_template",
    )
    op.drop_table("project_template")
    op.drop_index(op.f("ix_project_project_status_id"), table_name="project")
    op.drop_index(op.f("ix_project_from_schedule_version_id"), table_name="project")
    op.drop_index(op.f("ix_project_default_preview_background_file_id"), table_name="project")
    op.drop_table("project")
    op.drop_index(
        op.f("ix_hardware_item_department_link_department_id"),
        table_name="hardware_item_department_link",
    )
    op.drop_table("hardware_item_department_link")
    op.drop_table("software")
    op.drop_index(op.f("ix_salary_scale_department_id"), table_name="salary_scale")
    op.drop_table("salary_scale")
    op.drop_table("project_status")
    op.drop_table("preview_background_file")
    op.drop_table("plugin")
    op.drop_table("output_type")
    v1.drop_outbox(op)
    v1.drop_inbox(op)
    v1.drop_idempotency_key(op)
    op.drop_table("hardware_item")
    op.drop_table("file_status")
    op.drop_table("day_off")
    op.drop_table("custom_action")
    op.drop_index(op.f("ix_api_event_user_id"), table_name="api_event")
    op.drop_index(op.f("ix_api_event_project_id"), table_name="api_event")
    op.drop_index(op.f("ix_api_event_created_at"), table_name="api_event")
    op.drop_table("api_event")
