"""The first tables.

Rolling deploy: nothing ran before.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat",
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
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("object_type", sa.String(length=80), nullable=False),
        sa.Column("last_message", sa.TIMESTAMP(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
    )
    op.create_index(op.f("ix_chat_object_id"), "chat", ["object_id"], unique=False)
    v1.create_idempotency_key(op)
    v1.create_inbox(op)
    v1.create_outbox(op)
    op.create_table(
        "chat_message",
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
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_chat_message_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_message")),
    )
    op.create_index(op.f("ix_chat_message_chat_id"), "chat_message", ["chat_id"], unique=False)
    op.create_index(op.f("ix_chat_message_person_id"), "chat_message", ["person_id"], unique=False)
    op.create_table(
        "chat_participant",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_chat_participant_chat_id")),
        sa.PrimaryKeyConstraint("chat_id", "person_id", name=op.f("pk_chat_participant")),
    )
    op.create_index(
        op.f("ix_chat_participant_person_id"), "chat_participant", ["person_id"], unique=False
    )
    v1.create_notify_relay(op)


def downgrade() -> None:
    v1.drop_notify_relay(op)
    op.drop_index(op.f("ix_chat_participant_person_id"), table_name="chat_participant")
    op.drop_table("chat_participant")
    op.drop_index(op.f("ix_chat_message_person_id"), table_name="chat_message")
    op.drop_index(op.f("ix_chat_message_chat_id"), table_name="chat_message")
    op.drop_table("chat_message")
    v1.drop_outbox(op)
    v1.drop_inbox(op)
    v1.drop_idempotency_key(op)
    op.drop_index(op.f("ix_chat_object_id"), table_name="chat")
    op.drop_table("chat")
