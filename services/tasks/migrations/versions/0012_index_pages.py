"""Index every resource in the order of pages, and by what pages are filtered by.

Rolling deploy: safe. Indexes are built while others write.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v3

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

#: The tables, and the column that lists are scoped by, which the index holds, too.
TABLES = {
    "task": "project_id",
    "comment": "production_id",
    "preview_file": "production_id",
    "time_spent": "production_id",
    "notification": "production_id",
    "news": "production_id",
    "subscription": "production_id",
    "task_type": None,
    "task_status": None,
    "attachment_file": None,
    "status_automation": None,
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in TABLES.items():
            v3.create_page_index(op, table, "newest", include=column)
        v3.create_page_index(op, "task", "of_type", "task_type_id", "project_id")
        op.drop_index("ix_task_task_type_id", "task", if_exists=True, postgresql_concurrently=True)
        v3.create_page_index(op, "task", "of_status", "task_status_id", "project_id")
        op.drop_index(
            "ix_task_task_status_id", "task", if_exists=True, postgresql_concurrently=True
        )
        v3.create_page_index(op, "comment", "page", "production_id")
        v3.create_page_index(op, "preview_file", "page", "production_id")
        v3.create_page_index(op, "time_spent", "page", "production_id")
        v3.create_page_index(op, "notification", "page", "production_id")
        v3.create_page_index(op, "subscription", "page", "production_id")
        op.drop_index("ix_news_latest", "news", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_news_latest",
            "news",
            [sa.text("created_at DESC"), "id"],
            postgresql_include=["production_id"],
            postgresql_concurrently=True,
        )
        op.drop_index("ix_news_created_at", "news", if_exists=True, postgresql_concurrently=True)
        op.drop_index("ix_news_feed", "news", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_news_feed",
            "news",
            ["production_id", sa.text("created_at DESC"), "id"],
            postgresql_concurrently=True,
        )
        op.drop_index("ix_news_stats", "news", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_news_stats",
            "news",
            ["production_id", "given_status_id", "change", "created_at"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_task_of_type", "task", postgresql_concurrently=True)
        op.create_index(
            "ix_task_task_type_id", "task", ["task_type_id"], postgresql_concurrently=True
        )
        op.drop_index("ix_task_of_status", "task", postgresql_concurrently=True)
        op.create_index(
            "ix_task_task_status_id", "task", ["task_status_id"], postgresql_concurrently=True
        )
        op.drop_index("ix_comment_page", "comment", postgresql_concurrently=True)
        op.drop_index("ix_preview_file_page", "preview_file", postgresql_concurrently=True)
        op.drop_index("ix_time_spent_page", "time_spent", postgresql_concurrently=True)
        op.drop_index("ix_notification_page", "notification", postgresql_concurrently=True)
        op.drop_index("ix_subscription_page", "subscription", postgresql_concurrently=True)
        op.create_index("ix_news_created_at", "news", ["created_at"], postgresql_concurrently=True)
        op.drop_index("ix_news_latest", "news", postgresql_concurrently=True)
        op.drop_index("ix_news_feed", "news", postgresql_concurrently=True)
        op.drop_index("ix_news_stats", "news", postgresql_concurrently=True)
        for table in TABLES:
            op.drop_index(f"ix_{table}_newest", table, postgresql_concurrently=True)
