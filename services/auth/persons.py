"""The rules of people's records: what is shown to whom, who changes what."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.dialects.postgresql import ARRAY

from services.auth import tokens
from services.auth.models import Person
from services.auth.passwords import hashed
from services.common.contracts.auth import BotTokenIssued
from services.common.crud.validation import default_of
from services.common.database.tables import table_of
from services.common.errors import Forbidden, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.access.rules import Actor
    from services.common.crud.resource import Resource

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
REDUCED: Final = frozenset(
    {
        "id",
        "type",
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "active",
        "departments",
        "studio_id",
        "role",
        "desktop_login",
        "is_bot",
    }
)
MANAGERS: Final = frozenset({"admin", "manager"})
JSON_ROW: Final = sa.func.row_to_json(sa.literal_column("r"))
ADMINS_ONLY: Final = frozenset(
    {
        "role",
        "departments",
        "active",
        "is_bot",
        "archived",
        "login_failed_attemps",
        "last_login_failed",
        "is_generated_from_ldap",
        "ldap_uid",
        "last_presence",
        "studio_id",
        "expiration_date",
    }
)
FACTORS: Final = frozenset(
    {
        "totp_enabled",
        "totp_secret",
        "email_otp_enabled",
        "email_otp_secret",
        "fido_enabled",
        "fido_credentials",
        "otp_recovery_codes",
    }
)
ALWAYS_FIXED: Final = frozenset({"password", "jti"}) | FACTORS
"""Second factors are only changed by proving them, at ``/auth``."""
DATE_FORMATS: Final = ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY")


@lru_cache(maxsize=1)
def whole(resource: Resource) -> sa.Select[Any]:
    """Selects people in full by ``:ids``, as one JSON object."""
    ids = sa.bindparam("ids", type_=ARRAY(sa.Uuid(as_uuid=False)))
    columns = resource.columns(None, relations=True)
    inner = sa.select(*columns).where(resource.table.c.id == sa.any_(ids)).subquery("r")
    text = sa.cast(sa.func.json_object_agg(inner.c.id, JSON_ROW), sa.Text)
    return sa.select(text).select_from(inner)


def visible(actor: Actor, single: bool) -> frozenset[str] | None:
    """Lists are full for administrators, single reads for managers too."""
    full = actor.role in MANAGERS if single else actor.is_admin
    return None if full else REDUCED


def filterable(actor: Actor) -> frozenset[str] | None:
    """What a list may be filtered by."""
    return None if actor.is_admin else REDUCED | {"email"}


def fixed(actor: Actor) -> frozenset[str]:
    """What an update leaves alone."""
    return ALWAYS_FIXED if actor.is_admin else ALWAYS_FIXED | ADMINS_ONLY


def prepare(work: Any, body: Mapping[str, Any], ident: UUID | None) -> bytes | None:
    """The hash of a new account's password; it takes too long to hold a transaction for."""
    password = body.get("password")
    if ident is not None or not isinstance(password, str):
        return None
    return hashed(work.settings, password)


def on_create(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """A new account: within the limit, with an address of its own."""
    for name in FACTORS | {"jti"}:
        values[name] = default_of(table_of(Person).c[name])
    _clean(work, values)
    _check_email_free(work, values, None)
    if values["active"] and not values["is_bot"] and not values["is_guest"]:
        _check_limit(work)
    values["password"] = work.prepared
    values["timezone"] = values["timezone"] or work.settings.default_timezone
    values["locale"] = values["locale"] or work.settings.default_locale


def on_update(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """A changed account: the same checks, and protected ones stay as they are."""
    _clean(work, values)
    protected = {mail.strip().lower() for mail in work.settings.protected_accounts.split(",")}
    touched = values.keys() & {"active", "role", "archived", "email"}
    if row["email"] in protected and touched and row["id"] != work.actor.id:
        message = "This account is protected."
        raise Forbidden(message)
    if "email" in values:
        _check_email_free(work, {**row, **values}, row["id"])
    if values.get("active") and not row["active"] and not row["is_bot"] and not row["is_guest"]:
        _check_limit(work)


def created(work: Any, row: Mapping[str, Any], _body: Mapping[str, Any]) -> None:
    """A new bot gets its token with this answer, and never again."""
    if row["is_bot"]:
        _issue(work, row)


def updated(
    work: Any, before: Mapping[str, Any], row: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    """A bot whose time is set anew, or a person made a bot, gets another token."""
    named = "expiration_date" in body and "expiration_date" not in fixed(work.actor)
    if row["is_bot"] and (named or not before["is_bot"]):
        _issue(work, row)


def _issue(work: Any, row: Mapping[str, Any]) -> None:
    """The token before is refused from now on: its id is no longer the bot's."""
    work.keep_no_answer()
    day = row["expiration_date"]
    end = None
    if day is not None:
        end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC).timestamp()
    claims = tokens.claims(str(row["id"]), "access", end, identity_type=tokens.BOT)
    work.issued = tokens.signed(work.settings, claims)
    table = table_of(Person)
    changed = sa.update(table).where(table.c.id == row["id"]).values(jti=claims["jti"])
    work.tx.connection.execute(changed)
    work.tx.emit(BotTokenIssued(person_id=row["id"]))


def show_token(work: Any, rows: list[dict[str, Any]], _verb: str) -> None:
    """The token that this write issued, if it issued one."""
    if token := getattr(work, "issued", None):
        rows[0]["access_token"] = token


def on_delete(work: Any, row: Mapping[str, Any], _force: bool) -> None:
    """Nobody deletes themselves."""
    if row["id"] == work.actor.id:
        message = "This requires somebody else: an account can't delete itself."
        raise Forbidden(message)


def _clean(_work: Any, values: dict[str, Any]) -> None:
    day = values.get("expiration_date")
    if day is not None and day < datetime.now(UTC).date():
        message = "Expiration date can't be in the past."
        raise InvalidInput(message)
    if values.get("email") is not None:
        values["email"] = _email(values["email"])
    if values.get("country") is not None:
        values["country"] = _country(values["country"])
    if values.get("timezone") is not None and values["timezone"] not in available_timezones():
        message = "Invalid timezone, expected an IANA name such as Europe/Paris."
        raise InvalidInput(message)
    if values.get("locale") is not None:
        _check_locale(values["locale"])
    if values.get("display_date_format") not in {None, *DATE_FORMATS}:
        message = f"Invalid display_date_format, expected one of: {', '.join(DATE_FORMATS)}."
        raise InvalidInput(message)


def _email(value: str) -> str:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidInput(str(error)) from None
    return value.strip().lower()


def _country(value: str) -> str:
    code = value.upper()
    if len(code) != 2 or not code.isalpha() or code not in Locale("en").territories:  # noqa: PLR2004
        message = "Invalid country code, expected an ISO 3166-1 alpha-2 code."
        raise InvalidInput(message)
    return code


def _check_locale(value: str) -> None:
    try:
        Locale.parse(value)
    except (ValueError, UnknownLocaleError):
        message = "Invalid locale, expected a name such as en_US."
        raise InvalidInput(message) from None


def _check_email_free(work: Any, values: Mapping[str, Any], own: Any) -> None:
    if values["email"] is None or values["is_bot"]:
        return
    taken = sa.select(Person.id).where(Person.email == values["email"], Person.is_bot.is_(False))
    if own is not None:
        taken = taken.where(Person.id != own)
    if work.tx.session.scalar(taken.limit(1)):
        message = "Email already in use."
        raise InvalidInput(message)


def _check_limit(work: Any) -> None:
    """Raise InvalidInput when the studio has all the active people it may have."""
    counted = sa.select(sa.func.count()).where(
        Person.active.is_(True), Person.is_bot.is_(False), Person.is_guest.is_(False)
    )
    limit = work.settings.user_limit
    if work.tx.session.scalar(counted) >= limit:
        message = "User limit reached."
        raise InvalidInput(message, {"limit": limit})
