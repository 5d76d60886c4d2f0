"""Copy the production of tasks onto what belongs to them.

Rolling deploy: safe. Triggers keep the copy, whichever code writes.
"""

import sqlalchemy as sa
from alembic import op

from services.common.database.frozen import v3

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
unnoticed = "procedures and triggers keep a column that only the new code reads"

#: What belongs to one, and the column that says to which.
COLUMNS = {
    "comment": "object_id",
    "preview_file": "task_id",
    "time_spent": "task_id",
    "notification": "task_id",
    "news": "task_id",
    "subscription": "task_id",
}

#: News keep the status that their comment gave, likewise.
STATUSES = """
CREATE FUNCTION news_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.given_status_id := (SELECT task_status_id FROM comment WHERE id = NEW.comment_id);
  RETURN NEW;
END $$;
CREATE TRIGGER copy_status BEFORE INSERT OR UPDATE OF comment_id ON news
FOR EACH ROW EXECUTE FUNCTION news_status();
CREATE FUNCTION comment_statuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE news SET given_status_id = changed.task_status_id FROM changed
  WHERE news.comment_id = changed.id
    AND news.given_status_id IS DISTINCT FROM changed.task_status_id;
  RETURN NULL;
END $$;
CREATE TRIGGER give_status AFTER INSERT ON comment REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION comment_statuses();
CREATE FUNCTION comment_status_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE news SET given_status_id = NEW.task_status_id WHERE comment_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER change_status AFTER UPDATE ON comment FOR EACH ROW
WHEN (OLD.task_status_id IS DISTINCT FROM NEW.task_status_id)
EXECUTE FUNCTION comment_status_changes();
ALTER TABLE news ENABLE ALWAYS TRIGGER copy_status;
ALTER TABLE comment ENABLE ALWAYS TRIGGER give_status, ENABLE ALWAYS TRIGGER change_status
"""
NO_STATUSES = """
DROP TRIGGER change_status ON comment; DROP TRIGGER give_status ON comment;
DROP TRIGGER copy_status ON news; DROP FUNCTION comment_status_changes();
DROP FUNCTION comment_statuses(); DROP FUNCTION news_status()
"""


def upgrade() -> None:
    op.add_column("news", sa.Column("given_status_id", sa.Uuid(), nullable=True))
    op.execute(STATUSES)
    for table, column in COLUMNS.items():
        v3.copy_production(op, table, column, "task")
    v3.follow_parent(op, "task", COLUMNS)


def downgrade() -> None:
    op.execute(NO_STATUSES)
    op.drop_column("news", "given_status_id")
    v3.drop_follow_parent(op, "task")
    for table in COLUMNS:
        v3.drop_production(op, table)
