"""Messages are read in their order, a page at a time.

Rolling deploy: safe. Building the index holds writes to chats back for its time.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_chat_message_chat_id_created_at"), "chat_message", ["chat_id", "created_at"]
    )
    op.drop_index(op.f("ix_chat_message_chat_id"), table_name="chat_message")


def downgrade() -> None:
    op.create_index(op.f("ix_chat_message_chat_id"), "chat_message", ["chat_id"])
    op.drop_index(op.f("ix_chat_message_chat_id_created_at"), table_name="chat_message")
