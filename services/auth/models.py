"""Tables of people, the organisation, sessions and log-ins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.auth import vault
from services.common.actor import ROLES
from services.common.database import stored_files, tables
from services.common.database.tables import (
    NOW,
    Many,
    TimestampedRow,
    choice,
    json_column,
    link,
    links,
    new_metadata,
    text,
)


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "auth")


class Department(TimestampedRow, Base):
    """A department of the studio, such as modeling or animation."""

    __tablename__ = "department"

    name: Mapped[str] = text(80, unique=True)
    color: Mapped[str] = text(7)
    archived: Mapped[bool | None] = mapped_column(default=False)


class Studio(TimestampedRow, Base):
    """A company that takes part in productions."""

    __tablename__ = "studio"

    name: Mapped[str] = text(80, unique=True)
    color: Mapped[str] = text(7)
    archived: Mapped[bool | None] = mapped_column(default=False)


class Person(TimestampedRow, Base):
    """A person with an account, or a bot."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index("uq_person_email", "email", unique=True, postgresql_where=sa.text("NOT is_bot")),
    )

    first_name: Mapped[str] = text(80)
    last_name: Mapped[str] = text(80)
    email: Mapped[str | None] = text(255)
    phone: Mapped[str | None] = text(30)
    country: Mapped[str | None] = text(2)
    contract_type: Mapped[str] = choice(
        "open-ended",
        "fixed-term",
        "short-term",
        "freelance",
        "apprentice",
        "internship",
        default="open-ended",
        invalid="Invalid contract_type",
    )
    active: Mapped[bool | None] = mapped_column(default=True)
    archived: Mapped[bool | None] = mapped_column(default=False)
    last_presence: Mapped[date | None]
    password: Mapped[bytes | None]
    desktop_login: Mapped[str | None] = text(80)
    login_failed_attemps: Mapped[int | None] = mapped_column(default=0)
    last_login_failed: Mapped[datetime | None]
    totp_enabled: Mapped[bool | None] = mapped_column(default=False)
    #: Encrypted, see ``vault``; an imported one is plain until it is renewed.
    totp_secret: Mapped[str | None] = text(info={"plain": vault.plain})
    email_otp_enabled: Mapped[bool | None] = mapped_column(default=False)
    #: Encrypted, too.
    email_otp_secret: Mapped[str | None] = text(info={"plain": vault.plain})
    fido_enabled: Mapped[bool | None] = mapped_column(default=False)
    fido_credentials: Mapped[Any] = json_column(list[Any])
    otp_recovery_codes: Mapped[list[str] | None] = mapped_column(info={"dumped": "bytes"})
    preferred_two_factor_authentication: Mapped[str | None] = choice("totp", "email_otp", "fido")
    shotgun_id: Mapped[int | None] = mapped_column(unique=True)
    timezone: Mapped[str | None] = text(50)
    locale: Mapped[str | None] = text(10)
    use_12_hour_clock: Mapped[bool | None] = mapped_column(default=False)
    display_date_format: Mapped[str | None] = text(20, default="YYYY-MM-DD")
    data: Mapped[Any] = json_column(dict[str, Any])
    role: Mapped[str] = choice(*ROLES, default="user", invalid="Invalid role")
    position: Mapped[str | None] = choice("supervisor", "lead", "artist", default="artist")
    seniority: Mapped[str | None] = choice("senior", "mid", "junior", default="mid")
    daily_salary: Mapped[int | None] = mapped_column(default=0)
    has_avatar: Mapped[bool | None] = mapped_column(default=False)
    notifications_enabled: Mapped[bool | None] = mapped_column(default=False)
    notifications_slack_enabled: Mapped[bool | None] = mapped_column(default=False)
    notifications_slack_userid: Mapped[str | None] = text(60, default="")
    notifications_mattermost_enabled: Mapped[bool | None] = mapped_column(default=False)
    notifications_mattermost_userid: Mapped[str | None] = text(60, default="")
    notifications_discord_enabled: Mapped[bool | None] = mapped_column(default=False)
    notifications_discord_userid: Mapped[str | None] = text(60, default="")
    is_bot: Mapped[bool] = mapped_column(default=False)
    is_guest: Mapped[bool] = mapped_column(default=False)
    jti: Mapped[str | None] = text(60, unique=True)
    #: Tokens of an earlier version are no longer valid. A trigger raises it when ``active`` or
    #: ``is_bot`` changes, whoever changes it.
    token_version: Mapped[int] = mapped_column(server_default="0", info={"internal": True})
    expiration_date: Mapped[date | None]
    is_generated_from_ldap: Mapped[bool | None] = mapped_column(default=False)
    ldap_uid: Mapped[str | None] = text(60, unique=True)
    studio_id: Mapped[UUID | None] = link("studio", on_gone="null")


class Organisation(TimestampedRow, Base):
    """The organisation: a single row with the studio's settings."""

    __tablename__ = "organisation"

    name: Mapped[str] = text(80, unique=True)
    hours_by_day: Mapped[float] = mapped_column(default=8)
    has_avatar: Mapped[bool | None] = mapped_column(default=False)
    use_original_file_name: Mapped[bool | None] = mapped_column(default=False)
    timesheets_locked: Mapped[bool | None] = mapped_column(default=False)
    format_duration_in_hours: Mapped[bool | None] = mapped_column(default=False)
    hd_by_default: Mapped[bool | None] = mapped_column(default=False)
    chat_token_slack: Mapped[str | None] = text(80, default="")
    chat_webhook_mattermost: Mapped[str | None] = text(80, default="")
    chat_token_discord: Mapped[str | None] = text(80, default="")
    dark_theme_by_default: Mapped[bool | None] = mapped_column(default=False)


class LoginLog(TimestampedRow, Base):
    """A successful log-in."""

    __tablename__ = "login_log"
    paged = False
    __table_args__ = (sa.Index(None, "created_at"),)

    person_id: Mapped[UUID] = link("person")
    ip_address: Mapped[str | None] = text()
    origin: Mapped[str | None] = choice("web", "script")


class DesktopLoginLog(TimestampedRow, Base):
    """A log-in with a desktop tool."""

    __tablename__ = "desktop_login_log"
    paged = False

    person_id: Mapped[UUID] = link("person")
    date: Mapped[datetime]


department_link = links(
    Base.metadata, "department_link", ("person_id", "person"), ("department_id", "department")
)


class RevokedToken(Base):
    """A token or a session that was revoked before it expired, by its id."""

    __tablename__ = "revoked_token"

    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def _of_person() -> sa.ForeignKey:
    """A foreign key to a person that is deleted with it."""
    return sa.ForeignKey("person.id", ondelete="CASCADE")


class FactorState(Base):
    """One-time codes: the newest accepted TOTP step, and the current e-mailed code."""

    __tablename__ = "factor_state"

    person_id: Mapped[UUID] = mapped_column(_of_person(), primary_key=True)
    totp_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    email_counter: Mapped[int | None] = mapped_column(sa.BigInteger)
    email_expires_at: Mapped[datetime | None]


class ResetToken(Base):
    """A password reset token, by its hash."""

    __tablename__ = "reset_token"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(_of_person(), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Attempt(Base):
    """A rate limit's count; ``key`` is an address or a hashed account."""

    __tablename__ = "attempt"
    # Unlogged: written at every attempt, and a crash of the database may lose it.
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    last: Mapped[datetime] = mapped_column(index=True)


class OutgoingMail(Base):
    """A queued e-mail."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    sealed_body: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default=sa.text("0"))
    due_at: Mapped[datetime] = mapped_column(server_default=NOW, index=True)


Person.lists = {"departments": Many(department_link.c.person_id, department_link.c.department_id)}
