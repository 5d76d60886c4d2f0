"""Count the token versions of accounts.

Rolling deploy: safe. A trigger raises the version, whichever code deactivates an account. A token
that the old code issues has none, which is version 0: people who were deactivated since the
migration log in again once all processes are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
unnoticed = "a procedure and a trigger keep a column that only the new code reads"

RAISED = """
CREATE FUNCTION raise_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.token_version := OLD.token_version + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER end_sessions BEFORE UPDATE ON person FOR EACH ROW
WHEN (OLD.active IS DISTINCT FROM NEW.active OR OLD.is_bot IS DISTINCT FROM NEW.is_bot)
EXECUTE FUNCTION raise_token_version();
ALTER TABLE person ENABLE ALWAYS TRIGGER end_sessions
"""


def upgrade() -> None:
    op.add_column(
        "person", sa.Column("token_version", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute(RAISED)


def downgrade() -> None:
    op.execute("DROP TRIGGER end_sessions ON person; DROP FUNCTION raise_token_version()")
    op.drop_column("person", "token_version")
