"""The fields of accounts: who sees which, and who writes which through generic CRUD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.auth.models import Person
from services.common.crud.validation import SET_BY_US
from services.common.database.tables import is_internal, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.actor import Actor

#: Columns that are never shown.
SECRET: Final = frozenset(
    {
        "password",
        "login_failed_attemps",
        "last_login_failed",
        "totp_secret",
        "email_otp_secret",
        "fido_credentials",
        "otp_recovery_codes",
        "jti",
    }
)
#: Fields shown to clients, who see only the people of their productions.
BRIEF: Final = frozenset(
    {
        "id",
        "type",
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "active",
        "role",
        "is_bot",
    }
)
#: Fields shown to actors without a management role.
REDUCED: Final = BRIEF | {"departments", "studio_id", "desktop_login"}
MANAGERS: Final = frozenset({"admin", "manager"})

#: What people say about themselves, and how they like to work.
PROFILE: Final = frozenset(
    {
        "first_name",
        "last_name",
        "email",
        "phone",
        "country",
        "desktop_login",
        "timezone",
        "locale",
        "use_12_hour_clock",
        "display_date_format",
        "data",
        "preferred_two_factor_authentication",
        "notifications_enabled",
        "notifications_slack_enabled",
        "notifications_slack_userid",
        "notifications_mattermost_enabled",
        "notifications_mattermost_userid",
        "notifications_discord_enabled",
        "notifications_discord_userid",
    }
)
#: What the studio says about them, and what they may do.
STANDING: Final = frozenset(
    {
        "role",
        "departments",
        "studio_id",
        "active",
        "archived",
        "is_bot",
        "is_guest",
        "expiration_date",
        "contract_type",
        "position",
        "seniority",
        "daily_salary",
        "last_presence",
        "login_failed_attemps",
        "last_login_failed",
        "is_generated_from_ldap",
        "ldap_uid",
        "shotgun_id",
    }
)
#: Who writes which fields of an account. Any other write is ignored.
WRITERS: Final[Mapping[str, frozenset[str]]] = {
    "the person": PROFILE,
    "administrators": PROFILE | STANDING,
}
COLUMNS: Final = {column.name for column in table_of(Person).c if not is_internal(column)}
ALL: Final = frozenset((COLUMNS | set(Person.lists)) - SET_BY_US)
#: What only administrators see, who lend accounts to look at a production with.
OF_PREVIEWS: Final = frozenset({"preview_project_id", "preview_opened_at", "preview_open_until"})
#: Fields shown to managers.
FULL: Final = (frozenset(COLUMNS) | set(Person.lists) | BRIEF) - SECRET - OF_PREVIEWS
#: Fields that only other routes and events write: passwords and second factors are changed by those
#: of ``/auth``, which ask for a proof; avatars by uploads.
OWNED: Final = ALL - WRITERS["administrators"]


def sees_everybody(actor: Actor) -> bool:
    """Whether an actor sees all people; clients see those of their productions, in brief."""
    return actor.role != "client"


def visible(actor: Actor, single: bool) -> frozenset[str] | None:
    """Lists are full for administrators, single reads for managers too."""
    if not sees_everybody(actor):
        return BRIEF
    if actor.is_admin:
        return None
    return FULL if single and actor.role in MANAGERS else REDUCED


def filterable(actor: Actor) -> frozenset[str] | None:
    """The fields that a list may be filtered by: hidden ones would be revealed by filtering."""
    if not sees_everybody(actor):
        return BRIEF
    return None if actor.is_admin else REDUCED | {"email"}


def fixed(actor: Actor) -> frozenset[str]:
    """The fields that an update ignores."""
    return ALL - WRITERS["administrators" if actor.is_admin else "the person"]
