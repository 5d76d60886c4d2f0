"""Index every resource in the order of pages, and by what pages are filtered by.

Rolling deploy: safe. Indexes are built while others write.
"""

from alembic import op

from services.common.database.frozen import v3

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: The tables, and the column that lists are scoped by, which the index holds, too.
TABLES = {
    "playlist": "project_id",
    "schedule_item": "project_id",
    "milestone": "project_id",
    "production_schedule_version": "project_id",
    "search_filter": "project_id",
    "search_filter_group": "project_id",
    "budget": "project_id",
    "api_event": "project_id",
    "working_file": "production_id",
    "output_file": "production_id",
    "project": None,
    "project_status": None,
    "project_template": None,
    "production_schedule_version_task_link": None,
    "output_type": None,
    "file_status": None,
    "software": None,
    "hardware_item": None,
    "preview_background_file": None,
    "day_off": None,
    "budget_entry": None,
    "salary_scale": None,
    "custom_action": None,
    "plugin": None,
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column in TABLES.items():
            v3.create_page_index(op, table, "newest", include=column)
        v3.create_page_index(op, "playlist", "page", "project_id")
        op.drop_index(
            "ix_playlist_project_id", "playlist", if_exists=True, postgresql_concurrently=True
        )
        v3.create_page_index(op, "working_file", "page", "production_id")
        v3.create_page_index(op, "output_file", "page", "production_id")
        op.drop_index("ix_api_event_log", "api_event", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_api_event_log", "api_event", ["created_at", "id"], postgresql_concurrently=True
        )
        op.drop_index(
            "ix_api_event_created_at", "api_event", if_exists=True, postgresql_concurrently=True
        )
        op.drop_index(
            "ix_api_event_of_name", "api_event", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_api_event_of_name",
            "api_event",
            ["name", "created_at", "id"],
            postgresql_concurrently=True,
        )
        op.drop_index(
            "ix_api_event_of_user", "api_event", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_api_event_of_user",
            "api_event",
            ["user_id", "created_at", "id"],
            postgresql_concurrently=True,
        )
        op.drop_index(
            "ix_api_event_user_id", "api_event", if_exists=True, postgresql_concurrently=True
        )
        op.drop_index(
            "ix_api_event_of_project", "api_event", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_api_event_of_project",
            "api_event",
            ["project_id", "created_at", "id"],
            postgresql_concurrently=True,
        )
        op.drop_index(
            "ix_api_event_project_id", "api_event", if_exists=True, postgresql_concurrently=True
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_playlist_page", "playlist", postgresql_concurrently=True)
        op.create_index(
            "ix_playlist_project_id", "playlist", ["project_id"], postgresql_concurrently=True
        )
        op.drop_index("ix_working_file_page", "working_file", postgresql_concurrently=True)
        op.drop_index("ix_output_file_page", "output_file", postgresql_concurrently=True)
        op.drop_index("ix_api_event_log", "api_event", postgresql_concurrently=True)
        op.create_index(
            "ix_api_event_created_at", "api_event", ["created_at"], postgresql_concurrently=True
        )
        op.drop_index("ix_api_event_of_name", "api_event", postgresql_concurrently=True)
        op.drop_index("ix_api_event_of_user", "api_event", postgresql_concurrently=True)
        op.create_index(
            "ix_api_event_user_id", "api_event", ["user_id"], postgresql_concurrently=True
        )
        op.drop_index("ix_api_event_of_project", "api_event", postgresql_concurrently=True)
        op.create_index(
            "ix_api_event_project_id", "api_event", ["project_id"], postgresql_concurrently=True
        )
        for table in TABLES:
            op.drop_index(f"ix_{table}_newest", table, postgresql_concurrently=True)
