"""Answers about people, the studio and its log-ins."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.shapes import (
    LoggedId,
    LogQuery,
)
from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    Id,
    Moment,
    RowOf,
    UnsetType,
    about,
)


class Account(RowOf, kw_only=True):
    """A person as they see themselves."""

    resource: ClassVar[str] = "persons"

    departments: Annotated[list[Id], about("The departments that they work in.")]
    fido_devices: Annotated[
        list[str] | UnsetType, about("The names of their security keys.", ["blue key"])
    ] = UNSET


class PersonRow(RowOf, kw_only=True):
    """A person."""

    resource: ClassVar[str] = "persons"


class OrganisationRow(RowOf, kw_only=True):
    """The studio; the tokens of its chats are shown to administrators only."""

    resource: ClassVar[str] = "organisations"


class Config(Answer, kw_only=True):
    """What a client must know before anybody logs in."""

    is_self_hosted: Annotated[bool, about("Always true: studios host Callboard themselves.")]
    crisp_token: Annotated[str, about("The token of a support chat; empty without one.", "")]
    dark_theme_by_default: Annotated[bool, about("Whether clients begin with the dark theme.")]
    indexer_configured: Annotated[bool, about("Whether there is full text search.")]
    saml_enabled: Annotated[bool, about("Whether people may log in by SAML.")]
    saml_idp_name: Annotated[str, about("What the SAML identity provider is called.", "")]
    oidc_enabled: Annotated[bool, about("Whether people may log in by OpenID Connect.")]
    oidc_idp_name: Annotated[str, about("What the OpenID provider is called.", "")]
    default_locale: Annotated[str, about("The locale of new accounts.", "en_US")]
    default_timezone: Annotated[str, about("The time zone of new accounts.", "Europe/Paris")]
    enforce_2fa: Annotated[bool, about("Whether every account must have a second factor.")]
    preview_accounts_enabled: Annotated[
        bool, about("Whether productions may have an account to look at them.")
    ]
    movie_highdef_bitrate: Annotated[
        int, about("Mbit/s of movies whose production and task type say nothing.", 28)
    ]
    movie_lowdef_bitrate: Annotated[int, about("Of their small variants.", 6)]


class PreviewAccount(Answer, kw_only=True):
    """The account with which somebody may look at a production."""

    id: Id
    email: Annotated[str, about("With which they log in.", "preview-8d1f@preview.kitsu.invalid")]
    full_name: Annotated[str, about("What it is called.", "Preview Caminandes")]
    preview_open_until: Annotated[
        Moment | None, about("Until when they may; null if it is closed.")
    ]


class NewPreviewAccount(PreviewAccount, kw_only=True):
    """The account with its new password, which no other answer shows."""

    password: Annotated[str, about("Its password.", "x2pR-7aQ9_kLmN0b")]


class PreviewWindow(Body, kw_only=True):
    """Whether somebody may look at the production."""

    is_open: Annotated[bool, about("For an hour from now on; false ends all sessions.")]


class LogIn(Answer, kw_only=True):
    """A log-in of somebody."""

    id: Id
    created_at: Annotated[Moment, about("When it was.")]
    ip_address: Annotated[str | None, about("The address it came from.", "192.168.1.1")]
    person_id: Annotated[Id | None, about("Whose it was.")]
    origin: Annotated[str | None, about("The client: ``web`` or ``script``.", "web")]


class LogInQuery(LogQuery, kw_only=True):
    """Which log-ins to read, from the newest backwards."""

    cursor_login_log_id: Annotated[
        LoggedId | UnsetType, about("The last log-in that was read: only older ones.")
    ] = UNSET


class DesktopLogIn(Answer, kw_only=True):
    """A log-in of somebody on a desktop."""

    id: Id
    created_at: Moment
    updated_at: Moment
    person_id: Annotated[Id, about("Whose it was.")]
    date: Annotated[Moment, about("When it was.")]
    type: Annotated[str, about("The kind of the row.", "DesktopLoginLog")]


class NewDesktopLogIn(Body, kw_only=True):
    """A log-in to note."""

    date: Annotated[Moment | None, about("When it was; now by default.")] = None


class DepartmentOfPerson(Body, kw_only=True):
    """A department that somebody joins."""

    department_id: Annotated[
        Id, about("The department.", invalid="Department with id {value} not found")
    ]


class DepartmentRow(RowOf, kw_only=True):
    """A department of the studio."""

    resource: ClassVar[str] = "departments"


class StudioRow(RowOf, kw_only=True):
    """A place of the studio."""

    resource: ClassVar[str] = "studios"
