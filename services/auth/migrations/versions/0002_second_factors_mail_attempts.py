"""Second factors, outgoing mail, counted attempts.

Rolling deploy: safe. Old code knows none of the new tables, and reads secrets it can't unseal as
ones that don't match.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(), nullable=False),
        sa.Column("last", sa.TIMESTAMP(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_attempt")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_attempt_last"), "attempt", ["last"], unique=False)
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed_body", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "due_at",
            sa.TIMESTAMP(),
            server_default=sa.text("timezone('utc', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
    )
    op.create_index(op.f("ix_outgoing_mail_due_at"), "outgoing_mail", ["due_at"], unique=False)
    op.create_table(
        "factor_state",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("email_counter", sa.BigInteger(), nullable=True),
        sa.Column("email_expires_at", sa.TIMESTAMP(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_factor_state_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_factor_state")),
    )
    op.create_table(
        "reset_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reset_token_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_reset_token")),
    )
    op.create_index(op.f("ix_reset_token_expires_at"), "reset_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_reset_token_person_id"), "reset_token", ["person_id"], unique=False)
    op.alter_column(
        "person",
        "totp_secret",
        existing_type=sa.VARCHAR(length=32),
        type_=sa.Text(),
        existing_nullable=True,
    )
    op.alter_column(
        "person",
        "email_otp_secret",
        existing_type=sa.VARCHAR(length=32),
        type_=sa.Text(),
        existing_nullable=True,
    )


def downgrade() -> None:
    op.alter_column(
        "person",
        "email_otp_secret",
        existing_type=sa.Text(),
        type_=sa.VARCHAR(length=32),
        existing_nullable=True,
    )
    op.alter_column(
        "person",
        "totp_secret",
        existing_type=sa.Text(),
        type_=sa.VARCHAR(length=32),
        existing_nullable=True,
    )
    op.drop_index(op.f("ix_reset_token_person_id"), table_name="reset_token")
    op.drop_index(op.f("ix_reset_token_expires_at"), table_name="reset_token")
    op.drop_table("reset_token")
    op.drop_table("factor_state")
    op.drop_index(op.f("ix_outgoing_mail_due_at"), table_name="outgoing_mail")
    op.drop_table("outgoing_mail")
    op.drop_index(op.f("ix_attempt_last"), table_name="attempt")
    op.drop_table("attempt")
