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
    v1.create_idempotency_key(op)
    v1.create_inbox(op)
    v1.create_outbox(op)
    op.create_table(
        "task_status",
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
        sa.Column("short_name", sa.String(length=10), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=True),
        sa.Column("is_artist_allowed", sa.Boolean(), nullable=True),
        sa.Column("is_client_allowed", sa.Boolean(), nullable=True),
        sa.Column("is_retake", sa.Boolean(), nullable=True),
        sa.Column("is_feedback_request", sa.Boolean(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=True),
        sa.Column("is_wip", sa.Boolean(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("for_concept", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_status")),
        sa.UniqueConstraint("short_name", name=op.f("uq_task_status_short_name")),
    )
    op.create_table(
        "task_type",
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
        sa.Column("short_name", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.String(length=7), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("for_entity", sa.String(length=30), nullable=True),
        sa.Column("allow_timelog", sa.Boolean(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_type")),
        sa.UniqueConstraint(
            "name",
            "for_entity",
            "department_id",
            name=op.f("uq_task_type_name_for_entity_department_id"),
        ),
    )
    op.create_index(
        op.f("ix_task_type_department_id"), "task_type", ["department_id"], unique=False
    )
    op.create_table(
        "status_automation",
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
        sa.Column("entity_type", sa.String(length=40), nullable=True),
        sa.Column("in_task_type_id", sa.Uuid(), nullable=True),
        sa.Column("in_task_status_id", sa.Uuid(), nullable=True),
        sa.Column("out_field_type", sa.Text(), nullable=False),
        sa.Column("out_task_type_id", sa.Uuid(), nullable=True),
        sa.Column("out_task_status_id", sa.Uuid(), nullable=True),
        sa.Column("import_last_revision", sa.Boolean(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["in_task_status_id"],
            ["task_status.id"],
            name=op.f("fk_status_automation_in_task_status_id"),
        ),
        sa.ForeignKeyConstraint(
            ["in_task_type_id"], ["task_type.id"], name=op.f("fk_status_automation_in_task_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["out_task_status_id"],
            ["task_status.id"],
            name=op.f("fk_status_automation_out_task_status_id"),
        ),
        sa.ForeignKeyConstraint(
            ["out_task_type_id"],
            ["task_type.id"],
            name=op.f("fk_status_automation_out_task_type_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_automation")),
    )
    op.create_index(
        op.f("ix_status_automation_in_task_status_id"),
        "status_automation",
        ["in_task_status_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_status_automation_in_task_type_id"),
        "status_automation",
        ["in_task_type_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_status_automation_out_task_status_id"),
        "status_automation",
        ["out_task_status_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_status_automation_out_task_type_id"),
        "status_automation",
        ["out_task_type_id"],
        unique=False,
    )
    op.create_table(
        "task",
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
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("estimation", sa.Double(), nullable=True),
        sa.Column("completion_rate", sa.Integer(), nullable=True),
        sa.Column("retake_count", sa.Integer(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=True),
        sa.Column("start_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("due_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("real_start_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("end_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("done_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("last_comment_date", sa.TIMESTAMP(), nullable=True),
        sa.Column("nb_assets_ready", sa.Integer(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("nb_drawings", sa.Integer(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("last_preview_file_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("task_status_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("assigner_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_task_difficulty")),
        sa.ForeignKeyConstraint(
            ["task_status_id"], ["task_status.id"], name=op.f("fk_task_task_status_id")
        ),
        sa.ForeignKeyConstraint(
            ["task_type_id"], ["task_type.id"], name=op.f("fk_task_task_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "name",
            "project_id",
            "task_type_id",
            "entity_id",
            name=op.f("uq_task_name_project_id_task_type_id_entity_id"),
        ),
    )
    op.create_index(op.f("ix_task_assigner_id"), "task", ["assigner_id"], unique=False)
    op.create_index(op.f("ix_task_entity_id"), "task", ["entity_id"], unique=False)
    op.create_index(op.f("ix_task_project_id"), "task", ["project_id"], unique=False)
    op.create_index(op.f("ix_task_task_status_id"), "task", ["task_status_id"], unique=False)
    op.create_index(op.f("ix_task_task_type_id"), "task", ["task_type_id"], unique=False)
    op.create_table(
        "preview_file",
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
        sa.Column("name", sa.String(length=250), nullable=True),
        sa.Column("original_name", sa.String(length=250), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("extension", sa.String(length=6), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("path", sa.String(length=400), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=False),
        sa.Column(
            "annotations", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("token_in", sa.Integer(), nullable=True),
        sa.Column("token_out", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("source_file_id", sa.Uuid(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("is_movie", sa.Boolean(), nullable=True),
        sa.Column("url", sa.String(length=600), nullable=True),
        sa.Column("uploaded_movie_url", sa.String(length=600), nullable=True),
        sa.Column("uploaded_movie_name", sa.String(length=150), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_preview_file_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview_file")),
        sa.UniqueConstraint(
            "name", "task_id", "revision", name=op.f("uq_preview_file_name_task_id_revision")
        ),
        sa.UniqueConstraint("shotgun_id", name=op.f("uq_preview_file_shotgun_id")),
    )
    op.create_index(op.f("ix_preview_file_person_id"), "preview_file", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_preview_file_source_file_id"), "preview_file", ["source_file_id"], unique=False
    )
    op.create_index(op.f("ix_preview_file_task_id"), "preview_file", ["task_id"], unique=False)
    op.create_table(
        "subscription",
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
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_subscription_task_id")),
        sa.ForeignKeyConstraint(
            ["task_type_id"], ["task_type.id"], name=op.f("fk_subscription_task_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("person_id", "task_id", name=op.f("uq_subscription_person_id_task_id")),
        sa.UniqueConstraint(
            "person_id",
            "task_type_id",
            "entity_id",
            name=op.f("uq_subscription_person_id_task_type_id_entity_id"),
        ),
    )
    op.create_index(op.f("ix_subscription_entity_id"), "subscription", ["entity_id"], unique=False)
    op.create_index(op.f("ix_subscription_task_id"), "subscription", ["task_id"], unique=False)
    op.create_index(
        op.f("ix_subscription_task_type_id"), "subscription", ["task_type_id"], unique=False
    )
    op.create_table(
        "task_person_link",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_person_link_task_id")),
        sa.PrimaryKeyConstraint("task_id", "person_id", name=op.f("pk_task_person_link")),
    )
    op.create_index(
        op.f("ix_task_person_link_person_id"), "task_person_link", ["person_id"], unique=False
    )
    op.create_table(
        "time_spent",
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
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("duration > 0", name=op.f("ck_time_spent_duration")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_time_spent_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_spent")),
        sa.UniqueConstraint(
            "person_id", "task_id", "date", name=op.f("uq_time_spent_person_id_task_id_date")
        ),
    )
    op.create_index(op.f("ix_time_spent_task_id"), "time_spent", ["task_id"], unique=False)
    op.create_table(
        "comment",
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
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("object_type", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "replies", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "checklist", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("pinned", sa.Boolean(), nullable=True),
        sa.Column("for_client", sa.Boolean(), nullable=True),
        sa.Column("links", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("task_status_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("editor_id", sa.Uuid(), nullable=True),
        sa.Column("preview_file_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["object_id"], ["task.id"], name=op.f("fk_comment_object_id")),
        sa.ForeignKeyConstraint(
            ["preview_file_id"], ["preview_file.id"], name=op.f("fk_comment_preview_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["task_status_id"], ["task_status.id"], name=op.f("fk_comment_task_status_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_editor_id"), "comment", ["editor_id"], unique=False)
    op.create_index(
        op.f("ix_comment_object_id_created_at"),
        "comment",
        ["object_id", "created_at"],
        unique=False,
    )
    op.create_index(op.f("ix_comment_person_id"), "comment", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_comment_preview_file_id"), "comment", ["preview_file_id"], unique=False
    )
    op.create_index(op.f("ix_comment_task_status_id"), "comment", ["task_status_id"], unique=False)
    op.create_table(
        "attachment_file",
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
        sa.Column("name", sa.String(length=250), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("extension", sa.String(length=6), nullable=True),
        sa.Column("mimetype", sa.String(length=255), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("chat_message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_attachment_file_comment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_file")),
    )
    op.create_index(
        op.f("ix_attachment_file_chat_message_id"),
        "attachment_file",
        ["chat_message_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_attachment_file_comment_id"), "attachment_file", ["comment_id"], unique=False
    )
    op.create_table(
        "comment_acknoledgments",
        sa.Column("comment", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment"], ["comment.id"], name=op.f("fk_comment_acknoledgments_comment")
        ),
        sa.PrimaryKeyConstraint("comment", "person", name=op.f("pk_comment_acknoledgments")),
    )
    op.create_index(
        op.f("ix_comment_acknoledgments_person"), "comment_acknoledgments", ["person"], unique=False
    )
    op.create_table(
        "comment_department_mentions",
        sa.Column("comment", sa.Uuid(), nullable=False),
        sa.Column("department", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment"], ["comment.id"], name=op.f("fk_comment_department_mentions_comment")
        ),
        sa.PrimaryKeyConstraint(
            "comment", "department", name=op.f("pk_comment_department_mentions")
        ),
    )
    op.create_index(
        op.f("ix_comment_department_mentions_department"),
        "comment_department_mentions",
        ["department"],
        unique=False,
    )
    op.create_table(
        "comment_mentions",
        sa.Column("comment", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment"], ["comment.id"], name=op.f("fk_comment_mentions_comment")
        ),
        sa.PrimaryKeyConstraint("comment", "person", name=op.f("pk_comment_mentions")),
    )
    op.create_index(
        op.f("ix_comment_mentions_person"), "comment_mentions", ["person"], unique=False
    )
    op.create_table(
        "comment_preview_link",
        sa.Column("comment", sa.Uuid(), nullable=False),
        sa.Column("preview_file", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment"], ["comment.id"], name=op.f("fk_comment_preview_link_comment")
        ),
        sa.ForeignKeyConstraint(
            ["preview_file"], ["preview_file.id"], name=op.f("fk_comment_preview_link_preview_file")
        ),
        sa.PrimaryKeyConstraint("comment", "preview_file", name=op.f("pk_comment_preview_link")),
    )
    op.create_index(
        op.f("ix_comment_preview_link_preview_file"),
        "comment_preview_link",
        ["preview_file"],
        unique=False,
    )
    op.create_table(
        "news",
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
        sa.Column("change", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("preview_file_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_news_comment_id")),
        sa.ForeignKeyConstraint(
            ["preview_file_id"], ["preview_file.id"], name=op.f("fk_news_preview_file_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_news_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_author_id"), "news", ["author_id"], unique=False)
    op.create_index(op.f("ix_news_comment_id"), "news", ["comment_id"], unique=False)
    op.create_index(op.f("ix_news_created_at"), "news", ["created_at"], unique=False)
    op.create_index(op.f("ix_news_preview_file_id"), "news", ["preview_file_id"], unique=False)
    op.create_index(op.f("ix_news_task_id"), "news", ["task_id"], unique=False)
    op.create_table(
        "notification",
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
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("change", sa.Boolean(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("playlist_id", sa.Uuid(), nullable=True),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_notification_comment_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_notification_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "person_id",
            "author_id",
            "comment_id",
            "reply_id",
            "playlist_id",
            "type",
            name=op.f("uq_notification_person_id_author_id_comment_id_reply_id_playlist_id_type"),
        ),
    )
    op.create_index(op.f("ix_notification_author_id"), "notification", ["author_id"], unique=False)
    op.create_index(
        op.f("ix_notification_comment_id"), "notification", ["comment_id"], unique=False
    )
    op.create_index(
        op.f("ix_notification_person_id_created_at"),
        "notification",
        ["person_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notification_playlist_id"), "notification", ["playlist_id"], unique=False
    )
    op.create_index(op.f("ix_notification_task_id"), "notification", ["task_id"], unique=False)
    v1.create_notify_relay(op)


def downgrade() -> None:
    v1.drop_notify_relay(op)
    op.drop_index(op.f("ix_notification_task_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_playlist_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_person_id_created_at"), table_name="notification")
    op.drop_index(op.f("ix_notification_comment_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_author_id"), table_name="notification")
    op.drop_table("notification")
    op.drop_index(op.f("ix_news_task_id"), table_name="news")
    op.drop_index(op.f("ix_news_preview_file_id"), table_name="news")
    op.drop_index(op.f("ix_news_created_at"), table_name="news")
    op.drop_index(op.f("ix_news_comment_id"), table_name="news")
    op.drop_index(op.f("ix_news_author_id"), table_name="news")
    op.drop_table("news")
    op.drop_index(op.f("ix_comment_preview_link_preview_file"), table_name="comment_preview_link")
    op.drop_table("comment_preview_link")
    op.drop_index(op.f("ix_comment_mentions_person"), table_name="comment_mentions")
    op.drop_table("comment_mentions")
    op.drop_index(
        op.f("ix_comment_department_mentions_department"), table_name="comment_department_mentions"
    )
    op.drop_table("comment_department_mentions")
    op.drop_index(op.f("ix_comment_acknoledgments_person"), table_name="comment_acknoledgments")
    op.drop_table("comment_acknoledgments")
    op.drop_index(op.f("ix_attachment_file_comment_id"), table_name="attachment_file")
    op.drop_index(op.f("ix_attachment_file_chat_message_id"), table_name="attachment_file")
    op.drop_table("attachment_file")
    op.drop_index(op.f("ix_comment_task_status_id"), table_name="comment")
    op.drop_index(op.f("ix_comment_preview_file_id"), table_name="comment")
    op.drop_index(op.f("ix_comment_person_id"), table_name="comment")
    op.drop_index(op.f("ix_comment_object_id_created_at"), table_name="comment")
    op.drop_index(op.f("ix_comment_editor_id"), table_name="comment")
    op.drop_table("comment")
    op.drop_index(op.f("ix_time_spent_task_id"), table_name="time_spent")
    op.drop_table("time_spent")
    op.drop_index(op.f("ix_task_person_link_person_id"), table_name="task_person_link")
    op.drop_table("task_person_link")
    op.drop_index(op.f("ix_subscription_task_type_id"), table_name="subscription")
    op.drop_index(op.f("ix_subscription_task_id"), table_name="subscription")
    op.drop_index(op.f("ix_subscription_entity_id"), table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(op.f("ix_preview_file_task_id"), table_name="preview_file")
    op.drop_index(op.f("ix_preview_file_source_file_id"), table_name="preview_file")
    op.drop_index(op.f("ix_preview_file_person_id"), table_name="preview_file")
    op.drop_table("preview_file")
    op.drop_index(op.f("ix_task_task_type_id"), table_name="task")
    op.drop_index(op.f("ix_task_task_status_id"), table_name="task")
    op.drop_index(op.f("ix_task_project_id"), table_name="task")
    op.drop_index(op.f("ix_task_entity_id"), table_name="task")
    op.drop_index(op.f("ix_task_assigner_id"), table_name="task")
    op.drop_table("task")
    op.drop_index(op.f("ix_status_automation_out_task_type_id"), table_name="status_automation")
    op.drop_index(op.f("ix_status_automation_out_task_status_id"), table_name="status_automation")
    op.drop_index(op.f("ix_status_automation_in_task_type_id"), table_name="status_automation")
    op.drop_index(op.f("ix_status_automation_in_task_status_id"), table_name="status_automation")
    op.drop_table("status_automation")
    op.drop_index(op.f("ix_task_type_department_id"), table_name="task_type")
    op.drop_table("task_type")
    op.drop_table("task_status")
    v1.drop_outbox(op)
    v1.drop_inbox(op)
    v1.drop_idempotency_key(op)
