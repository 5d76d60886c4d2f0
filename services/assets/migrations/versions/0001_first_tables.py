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
        "entity_type",
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
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_type")),
        sa.UniqueConstraint("name", name=op.f("uq_entity_type_name")),
    )
    v1.create_idempotency_key(op)
    v1.create_inbox(op)
    op.create_table(
        "metadata_descriptor",
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
        sa.Column("entity_type", sa.String(length=60), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("data_type", sa.Text(), nullable=True),
        sa.Column("field_name", sa.String(length=120), nullable=False),
        sa.Column(
            "choices", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("for_client", sa.Boolean(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metadata_descriptor")),
    )
    op.create_index(
        op.f("ix_metadata_descriptor_project_id"),
        "metadata_descriptor",
        ["project_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_metadata_descriptor_task_type_id"),
        "metadata_descriptor",
        ["task_type_id"],
        unique=False,
    )
    op.create_index(
        "uq_metadata_descriptor_field",
        "metadata_descriptor",
        ["project_id", "entity_type", "field_name"],
        unique=True,
        postgresql_where=sa.text("task_type_id IS NULL"),
    )
    op.create_index(
        "uq_metadata_descriptor_name",
        "metadata_descriptor",
        ["project_id", "entity_type", "name"],
        unique=True,
        postgresql_where=sa.text("task_type_id IS NULL"),
    )
    op.create_index(
        "uq_metadata_descriptor_task_field",
        "metadata_descriptor",
        ["project_id", "entity_type", "task_type_id", "field_name"],
        unique=True,
        postgresql_where=sa.text("task_type_id IS NOT NULL"),
    )
    op.create_index(
        "uq_metadata_descriptor_task_name",
        "metadata_descriptor",
        ["project_id", "entity_type", "task_type_id", "name"],
        unique=True,
        postgresql_where=sa.text("task_type_id IS NOT NULL"),
    )
    v1.create_outbox(op)
    op.create_table(
        "department_metadata_descriptor_link",
        sa.Column("metadata_descriptor_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metadata_descriptor_id"],
            ["metadata_descriptor.id"],
            name=op.f("fk_department_metadata_descriptor_link_metadata_descriptor_id"),
        ),
        sa.PrimaryKeyConstraint(
            "metadata_descriptor_id",
            "department_id",
            name=op.f("pk_department_metadata_descriptor_link"),
        ),
    )
    op.create_index(
        op.f("ix_department_metadata_descriptor_link_department_id"),
        "department_metadata_descriptor_link",
        ["department_id"],
        unique=False,
    )
    op.create_table(
        "entity",
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
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("canceled", sa.Boolean(), nullable=True),
        sa.Column("nb_frames", sa.Integer(), nullable=True),
        sa.Column("nb_entities_out", sa.Integer(), nullable=True),
        sa.Column("is_casting_standby", sa.Boolean(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("entity_type_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("preview_file_id", sa.Uuid(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("ready_for", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_type_id"], ["entity_type.id"], name=op.f("fk_entity_entity_type_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["entity.id"], name=op.f("fk_entity_parent_id")),
        sa.ForeignKeyConstraint(["source_id"], ["entity.id"], name=op.f("fk_entity_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint(
            "name",
            "project_id",
            "entity_type_id",
            "parent_id",
            name=op.f("uq_entity_name_project_id_entity_type_id_parent_id"),
        ),
    )
    op.create_index(op.f("ix_entity_created_by"), "entity", ["created_by"], unique=False)
    op.create_index(op.f("ix_entity_entity_type_id"), "entity", ["entity_type_id"], unique=False)
    op.create_index(op.f("ix_entity_parent_id"), "entity", ["parent_id"], unique=False)
    op.create_index(op.f("ix_entity_preview_file_id"), "entity", ["preview_file_id"], unique=False)
    op.create_index(op.f("ix_entity_project_id"), "entity", ["project_id"], unique=False)
    op.create_index(op.f("ix_entity_ready_for"), "entity", ["ready_for"], unique=False)
    op.create_index(op.f("ix_entity_source_id"), "entity", ["source_id"], unique=False)
    op.create_table(
        "task_type_asset_type_link",
        sa.Column("asset_type_id", sa.Uuid(), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_type_id"],
            ["entity_type.id"],
            name=op.f("fk_task_type_asset_type_link_asset_type_id"),
        ),
        sa.PrimaryKeyConstraint(
            "asset_type_id", "task_type_id", name=op.f("pk_task_type_asset_type_link")
        ),
    )
    op.create_index(
        op.f("ix_task_type_asset_type_link_task_type_id"),
        "task_type_asset_type_link",
        ["task_type_id"],
        unique=False,
    )
    op.create_table(
        "asset_instance",
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
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("scene_id", sa.Uuid(), nullable=True),
        sa.Column("target_asset_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("entity_type_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["entity.id"], name=op.f("fk_asset_instance_asset_id")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_asset_instance_entity_id")
        ),
        sa.ForeignKeyConstraint(
            ["entity_type_id"], ["entity_type.id"], name=op.f("fk_asset_instance_entity_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"], ["entity.id"], name=op.f("fk_asset_instance_scene_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_asset_id"], ["entity.id"], name=op.f("fk_asset_instance_target_asset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_instance")),
        sa.UniqueConstraint(
            "asset_id",
            "target_asset_id",
            "scene_id",
            "number",
            name=op.f("uq_asset_instance_asset_id_target_asset_id_scene_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_asset_instance_entity_id"), "asset_instance", ["entity_id"], unique=False
    )
    op.create_index(
        op.f("ix_asset_instance_entity_type_id"), "asset_instance", ["entity_type_id"], unique=False
    )
    op.create_index(
        op.f("ix_asset_instance_scene_id"), "asset_instance", ["scene_id"], unique=False
    )
    op.create_index(
        op.f("ix_asset_instance_target_asset_id"),
        "asset_instance",
        ["target_asset_id"],
        unique=False,
    )
    op.create_table(
        "entity_concept_link",
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
        sa.Column("entity_in_id", sa.Uuid(), nullable=False),
        sa.Column("entity_out_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_in_id"], ["entity.id"], name=op.f("fk_entity_concept_link_entity_in_id")
        ),
        sa.ForeignKeyConstraint(
            ["entity_out_id"], ["entity.id"], name=op.f("fk_entity_concept_link_entity_out_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_concept_link")),
    )
    op.create_index(
        op.f("ix_entity_concept_link_entity_in_id"),
        "entity_concept_link",
        ["entity_in_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_entity_concept_link_entity_out_id"),
        "entity_concept_link",
        ["entity_out_id"],
        unique=False,
    )
    op.create_table(
        "entity_link",
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
        sa.Column("entity_in_id", sa.Uuid(), nullable=False),
        sa.Column("entity_out_id", sa.Uuid(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("nb_occurences", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_in_id"], ["entity.id"], name=op.f("fk_entity_link_entity_in_id")
        ),
        sa.ForeignKeyConstraint(
            ["entity_out_id"], ["entity.id"], name=op.f("fk_entity_link_entity_out_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_link")),
        sa.UniqueConstraint(
            "entity_in_id", "entity_out_id", name=op.f("uq_entity_link_entity_in_id_entity_out_id")
        ),
    )
    op.create_index(
        op.f("ix_entity_link_entity_out_id"), "entity_link", ["entity_out_id"], unique=False
    )
    op.create_table(
        "entity_version",
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
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_version_entity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_version")),
    )
    op.create_index(
        op.f("ix_entity_version_entity_id"), "entity_version", ["entity_id"], unique=False
    )
    op.create_index(
        op.f("ix_entity_version_person_id"), "entity_version", ["person_id"], unique=False
    )
    op.create_table(
        "asset_instance_link",
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("asset_instance_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_instance_id"],
            ["asset_instance.id"],
            name=op.f("fk_asset_instance_link_asset_instance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_asset_instance_link_entity_id")
        ),
        sa.PrimaryKeyConstraint(
            "entity_id", "asset_instance_id", name=op.f("pk_asset_instance_link")
        ),
    )
    op.create_index(
        op.f("ix_asset_instance_link_asset_instance_id"),
        "asset_instance_link",
        ["asset_instance_id"],
        unique=False,
    )
    v1.create_notify_relay(op)


def downgrade() -> None:
    v1.drop_notify_relay(op)
    op.drop_index(
        op.f("ix_asset_instance_link_asset_instance_id"), table_name="asset_instance_link"
    )
    op.drop_table("asset_instance_link")
    op.drop_index(op.f("ix_entity_version_person_id"), table_name="entity_version")
    op.drop_index(op.f("ix_entity_version_entity_id"), table_name="entity_version")
    op.drop_table("entity_version")
    op.drop_index(op.f("ix_entity_link_entity_out_id"), table_name="entity_link")
    op.drop_table("entity_link")
    op.drop_index(op.f("ix_entity_concept_link_entity_out_id"), table_name="entity_concept_link")
    op.drop_index(op.f("ix_entity_concept_link_entity_in_id"), table_name="entity_concept_link")
    op.drop_table("entity_concept_link")
    op.drop_index(op.f("ix_asset_instance_target_asset_id"), table_name="asset_instance")
    op.drop_index(op.f("ix_asset_instance_scene_id"), table_name="asset_instance")
    op.drop_index(op.f("ix_asset_instance_entity_type_id"), table_name="asset_instance")
    op.drop_index(op.f("ix_asset_instance_entity_id"), table_name="asset_instance")
    op.drop_table("asset_instance")
    op.drop_index(
        op.f("ix_task_type_asset_type_link_task_type_id"), table_name="task_type_asset_type_link"
    )
    op.drop_table("task_type_asset_type_link")
    op.drop_index(op.f("ix_entity_source_id"), table_name="entity")
    op.drop_index(op.f("ix_entity_ready_for"), table_name="entity")
    op.drop_index(op.f("ix_entity_project_id"), table_name="entity")
    op.drop_index(op.f("ix_entity_preview_file_id"), table_name="entity")
    op.drop_index(op.f("ix_entity_parent_id"), table_name="entity")
    op.drop_index(op.f("ix_entity_entity_type_id"), table_name="entity")
    op.drop_index(op.f("ix_entity_created_by"), table_name="entity")
    op.drop_table("entity")
    op.drop_index(
        op.f("ix_department_metadata_descriptor_link_department_id"),
        table_name="department_metadata_descriptor_link",
    )
    op.drop_table("department_metadata_descriptor_link")
    v1.drop_outbox(op)
    op.drop_index(
        "uq_metadata_descriptor_task_name",
        table_name="metadata_descriptor",
        postgresql_where=sa.text("task_type_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_metadata_descriptor_task_field",
        table_name="metadata_descriptor",
        postgresql_where=sa.text("task_type_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_metadata_descriptor_name",
        table_name="metadata_descriptor",
        postgresql_where=sa.text("task_type_id IS NULL"),
    )
    op.drop_index(
        "uq_metadata_descriptor_field",
        table_name="metadata_descriptor",
        postgresql_where=sa.text("task_type_id IS NULL"),
    )
    op.drop_index(op.f("ix_metadata_descriptor_task_type_id"), table_name="metadata_descriptor")
    op.drop_index(op.f("ix_metadata_descriptor_project_id"), table_name="metadata_descriptor")
    op.drop_table("metadata_descriptor")
    v1.drop_inbox(op)
    v1.drop_idempotency_key(op)
    op.drop_table("entity_type")
