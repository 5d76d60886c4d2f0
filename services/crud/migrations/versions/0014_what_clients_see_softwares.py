"""Add what clients see of productions, the bit rates of task types, and the software of these.

Rolling deploy: safe. What the release before writes is shown to clients, as it was before.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v2

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
unnoticed = "the trigger is on a table that only the new code writes"

SHOWN = (
    "is_client_stats_visible",
    "is_client_task_list_visible",
    "is_client_task_panel_visible",
)
BIT_RATES = ("hd_bitrate_compression", "ld_bitrate_compression")
NOW = sa.text("timezone('utc', now())")


def _shown(table: str, *columns: str) -> None:
    for column in columns:
        flag = sa.Column(column, sa.Boolean(), nullable=True, server_default=sa.true())
        op.add_column(table, flag)


def upgrade() -> None:
    for table in ("project", "project_template"):
        _shown(table, *SHOWN)
    for table in ("project_task_type_link", "project_template_task_type_link"):
        for column in BIT_RATES:
            op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
        _shown(table, "is_client_visible")
    for table in ("project_task_status_link", "project_template_task_status_link"):
        op.add_column(table, sa.Column("is_client_allowed", sa.Boolean(), nullable=True))
    table = "project_task_type_software_link"
    op.create_table(
        table,
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=False),
        sa.Column("software_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(), server_default=NOW, nullable=True),
        sa.Column("updated_at", sa.TIMESTAMP(), server_default=NOW, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f(f"fk_{table}_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["software_id"], ["software.id"], name=op.f(f"fk_{table}_software_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "project_id",
            "task_type_id",
            "software_id",
            name=op.f(f"uq_{table}_project_id_task_type_id_software_id"),
        ),
    )
    for column in ("task_type_id", "software_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    v2.guard_references(op, table, "task_type_id")


def downgrade() -> None:
    v2.unguard_references(op, "project_task_type_software_link")
    op.drop_table("project_task_type_software_link")
    for table in ("project_task_status_link", "project_template_task_status_link"):
        op.drop_column(table, "is_client_allowed")
    for table in ("project_task_type_link", "project_template_task_type_link"):
        for column in (*BIT_RATES, "is_client_visible"):
            op.drop_column(table, column)
    for table in ("project", "project_template"):
        for column in SHOWN:
            op.drop_column(table, column)
