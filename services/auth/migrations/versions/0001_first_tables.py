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
        "department",
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
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("name", name=op.f("uq_department_name")),
    )
    v1.create_idempotency_key(op)
    v1.create_inbox(op)
    op.create_table(
        "organisation",
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
        sa.Column("hours_by_day", sa.Double(), nullable=False),
        sa.Column("has_avatar", sa.Boolean(), nullable=True),
        sa.Column("use_original_file_name", sa.Boolean(), nullable=True),
        sa.Column("timesheets_locked", sa.Boolean(), nullable=True),
        sa.Column("format_duration_in_hours", sa.Boolean(), nullable=True),
        sa.Column("hd_by_default", sa.Boolean(), nullable=True),
        sa.Column("chat_token_slack", sa.String(length=80), nullable=True),
        sa.Column("chat_webhook_mattermost", sa.String(length=80), nullable=True),
        sa.Column("chat_token_discord", sa.String(length=80), nullable=True),
        sa.Column("dark_theme_by_default", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    v1.create_outbox(op)
    op.create_table(
        "revoked_token",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_token")),
    )
    op.create_index(
        op.f("ix_revoked_token_expires_at"), "revoked_token", ["expires_at"], unique=False
    )
    op.create_table(
        "studio",
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
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio")),
        sa.UniqueConstraint("name", name=op.f("uq_studio_name")),
    )
    op.create_table(
        "person",
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
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("contract_type", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=True),
        sa.Column("last_presence", sa.Date(), nullable=True),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("desktop_login", sa.String(length=80), nullable=True),
        sa.Column("login_failed_attemps", sa.Integer(), nullable=True),
        sa.Column("last_login_failed", sa.TIMESTAMP(), nullable=True),
        sa.Column("totp_enabled", sa.Boolean(), nullable=True),
        sa.Column("totp_secret", sa.String(length=32), nullable=True),
        sa.Column("email_otp_enabled", sa.Boolean(), nullable=True),
        sa.Column("email_otp_secret", sa.String(length=32), nullable=True),
        sa.Column("fido_enabled", sa.Boolean(), nullable=True),
        sa.Column(
            "fido_credentials",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("otp_recovery_codes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("preferred_two_factor_authentication", sa.Text(), nullable=True),
        sa.Column("shotgun_id", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=50), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("use_12_hour_clock", sa.Boolean(), nullable=True),
        sa.Column("display_date_format", sa.String(length=20), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("daily_salary", sa.Integer(), nullable=True),
        sa.Column("has_avatar", sa.Boolean(), nullable=True),
        sa.Column("notifications_enabled", sa.Boolean(), nullable=True),
        sa.Column("notifications_slack_enabled", sa.Boolean(), nullable=True),
        sa.Column("notifications_slack_userid", sa.String(length=60), nullable=True),
        sa.Column("notifications_mattermost_enabled", sa.Boolean(), nullable=True),
        sa.Column("notifications_mattermost_userid", sa.String(length=60), nullable=True),
        sa.Column("notifications_discord_enabled", sa.Boolean(), nullable=True),
        sa.Column("notifications_discord_userid", sa.String(length=60), nullable=True),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("jti", sa.String(length=60), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("is_generated_from_ldap", sa.Boolean(), nullable=True),
        sa.Column("ldap_uid", sa.String(length=60), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_person_studio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("jti", name=op.f("uq_person_jti")),
        sa.UniqueConstraint("ldap_uid", name=op.f("uq_person_ldap_uid")),
        sa.UniqueConstraint("shotgun_id", name=op.f("uq_person_shotgun_id")),
    )
    op.create_index(op.f("ix_person_studio_id"), "person", ["studio_id"], unique=False)
    op.create_index(
        "uq_person_email", "person", ["email"], unique=True, postgresql_where=sa.text("NOT is_bot")
    )
    op.create_table(
        "department_link",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_department_link_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_department_link_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "department_id", name=op.f("pk_department_link")),
    )
    op.create_index(
        op.f("ix_department_link_department_id"), "department_link", ["department_id"], unique=False
    )
    op.create_table(
        "desktop_login_log",
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
        sa.Column("date", sa.TIMESTAMP(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_desktop_login_log_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desktop_login_log")),
    )
    op.create_index(
        op.f("ix_desktop_login_log_person_id"), "desktop_login_log", ["person_id"], unique=False
    )
    op.create_table(
        "login_log",
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
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_log_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_log")),
    )
    op.create_index(op.f("ix_login_log_created_at"), "login_log", ["created_at"], unique=False)
    op.create_index(op.f("ix_login_log_person_id"), "login_log", ["person_id"], unique=False)
    v1.create_notify_relay(op)


def downgrade() -> None:
    v1.drop_notify_relay(op)
    op.drop_index(op.f("ix_login_log_person_id"), table_name="login_log")
    op.drop_index(op.f("ix_login_log_created_at"), table_name="login_log")
    op.drop_table("login_log")
    op.drop_index(op.f("ix_desktop_login_log_person_id"), table_name="desktop_login_log")
    op.drop_table("desktop_login_log")
    op.drop_index(op.f("ix_department_link_department_id"), table_name="department_link")
    op.drop_table("department_link")
    op.drop_index("uq_person_email", table_name="person", postgresql_where=sa.text("NOT is_bot"))
    op.drop_index(op.f("ix_person_studio_id"), table_name="person")
    op.drop_table("person")
    op.drop_table("studio")
    op.drop_index(op.f("ix_revoked_token_expires_at"), table_name="revoked_token")
    op.drop_table("revoked_token")
    v1.drop_outbox(op)
    op.drop_table("organisation")
    v1.drop_inbox(op)
    v1.drop_idempotency_key(op)
    op.drop_table("department")
