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
    column,
    json_column,
    link,
    links,
    new_metadata,
    ref,
    shotgrid_id,
    text,
)
from services.common.search import tables as search_tables


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "auth")
search_tables.declare(Base.metadata)


class Department(TimestampedRow, Base):
    """A department of the studio, such as modeling or animation."""

    __tablename__ = "department"

    name: Mapped[str] = text(
        80, unique=True, doc="Its name, unique in the studio.", example="Animation"
    )
    color: Mapped[str] = text(7, doc="Its color in the interface, as #RRGGBB.", example="#22D160")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )


class Studio(TimestampedRow, Base):
    """A company that takes part in productions."""

    __tablename__ = "studio"

    name: Mapped[str] = text(80, unique=True, doc="Its name, unique.", example="North Studio")
    color: Mapped[str] = text(7, doc="Its color in the interface, as #RRGGBB.", example="#3273DC")
    archived: Mapped[bool | None] = column(
        default=False, doc="Whether it is out of use: kept for old rows, offered no more."
    )


class Person(TimestampedRow, Base):
    """A person with an account, or a bot."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index("uq_person_email", "email", unique=True, postgresql_where=sa.text("NOT is_bot")),
        sa.Index("uq_person_preview_project_id", "preview_project_id", unique=True),
    )

    first_name: Mapped[str] = text(80, doc="Their first name.", example="Ema")
    last_name: Mapped[str] = text(80, doc="Their last name.", example="Doe")
    email: Mapped[str | None] = text(
        255,
        doc="Their e-mail address in lower case, unique among people; they log in with it.",
        example="ema.doe@example.com",
    )
    phone: Mapped[str | None] = text(30, doc="Their telephone number.", example="+33 6 12 34 56 78")
    country: Mapped[str | None] = text(
        2, doc="Where they live, as two letters of ISO 3166.", example="FR"
    )
    contract_type: Mapped[str] = choice(
        "open-ended",
        "fixed-term",
        "short-term",
        "freelance",
        "apprentice",
        "internship",
        default="open-ended",
        invalid="Invalid contract_type",
        doc="The kind of their contract.",
    )
    active: Mapped[bool | None] = column(default=True, doc="Whether they may log in.")
    archived: Mapped[bool | None] = column(default=False, doc="Whether they have left the studio.")
    last_presence: Mapped[date | None] = column(
        doc="The last day on which they opened a desktop tool, or for which they logged time."
    )
    password: Mapped[bytes | None] = column(
        doc="The hash of their password; answers never hold it.", example="secret"
    )
    desktop_login: Mapped[str | None] = text(
        80, doc="The name with which desktop tools log them in.", example="ema.doe"
    )
    login_failed_attemps: Mapped[int | None] = column(
        default=0, doc="How often in a row they failed to log in."
    )
    last_login_failed: Mapped[datetime | None] = column(doc="When they last failed to log in.")
    totp_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether an authenticator app is their second factor."
    )
    #: Encrypted, see ``vault``; an imported one is plain until it is renewed.
    totp_secret: Mapped[str | None] = text(
        info={"plain": vault.plain},
        doc="The secret of their authenticator app; answers never hold it.",
        example="JBSWY3DPEHPK3PXP",
    )
    email_otp_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether codes by e-mail are their second factor."
    )
    #: Encrypted, too.
    email_otp_secret: Mapped[str | None] = text(
        info={"plain": vault.plain},
        doc="The secret of their codes by e-mail; answers never hold it.",
        example="JBSWY3DPEHPK3PXP",
    )
    fido_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether a security key is their second factor."
    )
    fido_credentials: Mapped[Any] = json_column(
        list[Any], doc="Their security keys; answers never hold them."
    )
    otp_recovery_codes: Mapped[list[str] | None] = column(
        info={"dumped": "bytes"},
        doc="The hashes of their recovery codes; answers never hold them.",
        example=["8d1f"],
    )
    preferred_two_factor_authentication: Mapped[str | None] = choice(
        "totp", "email_otp", "fido", doc="The second factor that log-in asks them for first."
    )
    shotgun_id: Mapped[int | None] = shotgrid_id(unique=True)
    timezone: Mapped[str | None] = text(
        50, doc="Their time zone, by its name in the tz database.", example="Europe/Paris"
    )
    locale: Mapped[str | None] = text(
        10, doc="Their language and country, as `en_US`.", example="en_US"
    )
    use_12_hour_clock: Mapped[bool | None] = column(
        default=False, doc="Whether they see times of day on a 12-hour clock."
    )
    display_date_format: Mapped[str | None] = text(
        20,
        default="YYYY-MM-DD",
        doc="How they see dates: YYYY-MM-DD, DD/MM/YYYY or MM/DD/YYYY.",
        example="YYYY-MM-DD",
    )
    data: Mapped[Any] = json_column(
        dict[str, Any],
        doc="Free JSON: values of the studio's own, by their names.",
        example={"badge": "A12"},
    )
    role: Mapped[str] = choice(
        *ROLES,
        default="user",
        invalid="Invalid role",
        doc="Their role in the studio, which decides what they see and may do.",
    )
    position: Mapped[str | None] = choice(
        "supervisor", "lead", "artist", default="artist", doc="Their position in the team."
    )
    seniority: Mapped[str | None] = choice(
        "senior", "mid", "junior", default="mid", doc="How experienced they are."
    )
    daily_salary: Mapped[int | None] = column(
        default=0, doc="What a day of their work costs, in the studio's currency.", example=250
    )
    has_avatar: Mapped[bool | None] = column(
        default=False, doc="Whether there is a picture of them."
    )
    notifications_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether they get notifications by e-mail."
    )
    notifications_slack_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether they get notifications in Slack."
    )
    notifications_slack_userid: Mapped[str | None] = text(
        60, default="", doc="Their user in Slack.", example="U024BE7LH"
    )
    notifications_mattermost_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether they get notifications in Mattermost."
    )
    notifications_mattermost_userid: Mapped[str | None] = text(
        60, default="", doc="Their user in Mattermost.", example="ema.doe"
    )
    notifications_discord_enabled: Mapped[bool | None] = column(
        default=False, doc="Whether they get notifications in Discord."
    )
    notifications_discord_userid: Mapped[str | None] = text(
        60, default="", doc="Their user in Discord.", example="ema.doe#1234"
    )
    is_bot: Mapped[bool] = column(
        default=False, doc="Whether this is a program with a token, not a person who logs in."
    )
    is_guest: Mapped[bool] = column(
        default=False, doc="Whether this is a guest, who saw a shared playlist."
    )
    jti: Mapped[str | None] = text(
        60, unique=True, doc="The id of a bot's token; answers never hold it.", example="0b5b"
    )
    #: Tokens of an earlier version are no longer valid. A trigger raises it when ``active`` or
    #: ``is_bot`` changes, whoever changes it.
    token_version: Mapped[int] = mapped_column(server_default="0", info={"internal": True})
    expiration_date: Mapped[date | None] = column(
        doc="The last day on which a bot's token is valid."
    )
    is_generated_from_ldap: Mapped[bool | None] = column(
        default=False, doc="Whether the account was made from a directory (LDAP)."
    )
    ldap_uid: Mapped[str | None] = text(
        60, unique=True, doc="Their id in the directory (LDAP).", example="edoe"
    )
    studio_id: Mapped[UUID | None] = link(
        "studio", on_gone="null", doc="The studio that they work for."
    )
    preview_project_id: Mapped[UUID | None] = ref(
        "crud.project",
        on_gone="part",
        index=False,
        doc="The production that the account is to look at; null for people and bots.",
    )
    preview_opened_at: Mapped[datetime | None] = column(
        doc="When the account of a production was last opened; older tokens are not valid."
    )
    preview_open_until: Mapped[datetime | None] = column(
        doc="Until when somebody may log in with the account of a production; null if closed."
    )


class Organisation(TimestampedRow, Base):
    """The organisation: a single row with the studio's settings."""

    __tablename__ = "organisation"

    name: Mapped[str] = text(80, unique=True, doc="The studio's name.", example="North Studio")
    hours_by_day: Mapped[float] = column(
        default=8, doc="How many hours a day of work has.", example=8.0
    )
    has_avatar: Mapped[bool | None] = column(default=False, doc="Whether there is a logo of it.")
    use_original_file_name: Mapped[bool | None] = column(
        default=False, doc="Whether downloads have the names that files were uploaded with."
    )
    timesheets_locked: Mapped[bool | None] = column(
        default=False, doc="Whether time spent can no longer be changed once its week is over."
    )
    format_duration_in_hours: Mapped[bool | None] = column(
        default=False, doc="Whether the interface shows durations in hours instead of days."
    )
    hd_by_default: Mapped[bool | None] = column(
        default=False, doc="Whether the interface plays movies in full quality at first."
    )
    chat_token_slack: Mapped[str | None] = text(
        80,
        default="",
        doc="The token for notifications in Slack; for administrators only.",
        example="xoxb-2041",
    )
    chat_webhook_mattermost: Mapped[str | None] = text(
        80,
        default="",
        doc="The address for notifications in Mattermost; administrators only.",
        example="https://chat.example.com/hooks/3f2",
    )
    chat_token_discord: Mapped[str | None] = text(
        80,
        default="",
        doc="The token for notifications in Discord; for administrators only.",
        example="mfa.5xW2",
    )
    dark_theme_by_default: Mapped[bool | None] = column(
        default=False, doc="Whether the interface is dark at first."
    )


class LoginLog(TimestampedRow, Base):
    """A successful log-in."""

    __tablename__ = "login_log"
    paged = False
    __table_args__ = (sa.Index(None, "created_at"),)

    person_id: Mapped[UUID] = link("person", on_gone="part")
    ip_address: Mapped[str | None] = text()
    origin: Mapped[str | None] = choice("web", "script")


class DesktopLoginLog(TimestampedRow, Base):
    """A log-in with a desktop tool."""

    __tablename__ = "desktop_login_log"
    paged = False

    person_id: Mapped[UUID] = link("person", on_gone="part")
    date: Mapped[datetime]


department_link = links(
    Base.metadata, "department_link", ("person_id", "person"), ("department_id", "department")
)


class RevokedToken(Base):
    """A token or a session that was revoked before it expired, by its id."""

    __tablename__ = "revoked_token"

    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def _of_person(**options: Any) -> Mapped[UUID]:
    """A foreign key to a person that is deleted with it."""
    key = sa.ForeignKey("person.id", ondelete="CASCADE")
    return mapped_column(key, info={"on_gone": "part"}, **options)


class FactorState(Base):
    """One-time codes: the newest accepted TOTP step, and the current e-mailed code."""

    __tablename__ = "factor_state"

    person_id: Mapped[UUID] = _of_person(primary_key=True)
    totp_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    email_counter: Mapped[int | None] = mapped_column(sa.BigInteger)
    email_expires_at: Mapped[datetime | None]


class ResetToken(Base):
    """A password reset token, by its hash."""

    __tablename__ = "reset_token"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = _of_person(index=True)
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
