"""Rules and hooks of persons: whom clients see, proofs, validation, the tokens of bots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.dialects.postgresql import ARRAY

from services.auth.config import settings_of
from services.auth.credentials import tokens
from services.auth.credentials.passwords import hashed
from services.auth.models import Person
from services.auth.policy import login_names, own_email
from services.auth.policy.account_fields import fixed, sees_everybody
from services.auth.policy.countries import COUNTRIES
from services.auth.policy.own_email import OwnProof
from services.auth.policy.protected import account_to_change
from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.common.contracts.auth.events import BotTokenIssued
from services.common.contracts.types import about
from services.common.crud.resource_rules import CrudContext, ResourceRules
from services.common.database.sql_types import Select
from services.common.database.tables import table_of
from services.common.errors import Forbidden, Integrity, InvalidInput
from services.common.json_types import JsonObject, Row, Values
from services.common.values import BadValue, text

if TYPE_CHECKING:
    from services.common.actor import Actor
    from services.common.crud.resource import Resource

#: Without the space of a name that is missing.
FULL_NAME: Final = sa.func.trim(
    sa.func.concat(Person.first_name, " ", Person.last_name), type_=sa.Text()
)
#: Not the preview account of a production, which no list shows.
IS_SOMEBODY: Final = Person.preview_project_id.is_(None)
JSON_ROW: Final = sa.func.row_to_json(sa.literal_column("r"))
DATE_FORMATS: Final = ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY")


@lru_cache(maxsize=1)
def select_persons(resource: Resource) -> Select:
    """Selects people in full by ``:ids``, as one JSON object."""
    ids = sa.bindparam("ids", type_=ARRAY(sa.Uuid(as_uuid=False)))
    columns = resource.columns(None, relations=True)
    inner = sa.select(*columns).where(resource.table.c.id == sa.any_(ids)).subquery("r")
    text = sa.cast(sa.func.json_object_agg(inner.c.id, JSON_ROW), sa.Text)
    return sa.select(text).select_from(inner)


def people_seen(ctx: CallContext) -> frozenset[UUID]:
    """The people whom a client sees, themselves included."""
    actor = ctx.actor
    teams = ctx.ask_all(
        [("crud", "list_team", {"project_id": str(project)}) for project in actor.projects]
    )
    people = {UUID(person) for team in teams for person in team}
    return frozenset(people) | ({actor.id} if actor.id else frozenset())


def _is_seen(ctx: CallContext, facts: Facts) -> bool:
    return sees_everybody(ctx.actor) or facts["id"] in people_seen(ctx)


reader: Final = Rule("to be in a production with the person", _is_seen, ("id",))


def scope(ctx: CallContext, statement: Select) -> Select:
    """Narrow a SELECT of people to those whom a client sees."""
    return statement.where(Person.id.in_(people_seen(ctx)))


def elsewhere(actor: Actor) -> tuple[str, ...]:
    """The services whose changes change a list of people: teams decide whom clients see."""
    return () if sees_everybody(actor) else ("crud",)


@dataclass
class AccountSecrets:
    """Secrets that a write of an account creates or proves."""

    #: The hash of a new account's password.
    password: bytes | None = None
    bot_token: str | None = None
    #: The proof of somebody who changes their own e-mail.
    proof: OwnProof | None = None


class PersonRules(ResourceRules[AccountSecrets]):
    """Validates accounts, enforces limits, and issues the tokens of bots."""

    completes = frozenset({"new", "update"})
    adds: ClassVar = {
        "access_token": Annotated[
            str,
            about(
                "A bot's token, in the answer that issues it only.",
                "eyJhbGciOiJIUzI1NiJ9.e30.signature",
            ),
        ]
    }

    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None) -> AccountSecrets:
        """Hash or compare a password before the transaction, which would be open for 0.25 s.

        Raises NotFound, Forbidden for protected accounts, Refused for a missing or wrong proof,
        Integrity for a password that is no text.
        """
        if ident is not None:
            return AccountSecrets(proof=_proof(ctx, account_to_change(ctx, ident), body))
        password = body.get("password")
        if password is None:
            return AccountSecrets()
        try:
            given = text(password)
        except BadValue as error:
            # Without what came: it may hold the password.
            message = f"Invalid value for 'password'. Expected {error.expected}."
            raise Integrity(message) from None
        return AccountSecrets(hashed(settings_of(ctx), given))

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, secrets: AccountSecrets
    ) -> None:
        """Check the user limit and the e-mail, and set defaults. Raises InvalidInput."""
        settings = settings_of(ctx)
        _clean(values)
        login_names.check_free(ctx, values)
        if values["active"] and not values["is_bot"] and not values["is_guest"]:
            _check_limit(ctx)
        values["password"] = secrets.password
        values["timezone"] = values["timezone"] or settings.default_timezone
        values["locale"] = values["locale"] or settings.default_locale

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, secrets: AccountSecrets
    ) -> None:
        """Check changed fields. Raises InvalidInput, Refused."""
        _clean(values)
        login_names.check_free(ctx, {**row, **values}, row)
        if "email" in values and own_email.is_changed(row, values["email"]):
            if row["id"] == ctx.actor.id:
                own_email.check_proof(ctx, row, secrets.proof)
            own_email.tell_owner(ctx, row, values["email"])
        if values.get("active") and not row["active"] and not row["is_bot"] and not row["is_guest"]:
            _check_limit(ctx)

    def created(
        self, ctx: CrudContext, row: Row, _body: JsonObject, secrets: AccountSecrets
    ) -> None:
        """Issue a new bot's token, which is only in this answer."""
        if row["is_bot"]:
            secrets.bot_token = _issue(ctx, row)

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, secrets: AccountSecrets
    ) -> None:
        """Issue a token to a bot whose expiration date is set, or a person who becomes a bot."""
        sets_expiration = "expiration_date" in body and "expiration_date" not in fixed(ctx.actor)
        if row["is_bot"] and (sets_expiration or not before["is_bot"]):
            secrets.bot_token = _issue(ctx, row)

    def complete(
        self,
        _ctx: CrudContext,
        rows: list[JsonObject],
        _verb: str,
        secrets: AccountSecrets | None,
    ) -> None:
        """Add the token to the answer of the write that issued it."""
        if secrets is not None and secrets.bot_token:
            rows[0]["access_token"] = secrets.bot_token

    def on_delete(self, ctx: CrudContext, row: Row, _secrets: AccountSecrets) -> None:
        """Forbid deleting your own account."""
        if row["id"] == ctx.actor.id:
            message = "This requires somebody else: an account can't delete itself."
            raise Forbidden(message)


def _proof(ctx: CrudContext, account: Row, body: JsonObject) -> OwnProof | None:
    """The proof of somebody who changes their own e-mail; None for any other change."""
    is_own = account["id"] == ctx.actor.id
    if not is_own or "email" not in body or not own_email.is_changed(account, body["email"]):
        return None
    return own_email.read_proof(ctx, account, body)


def _issue(ctx: CallContext, row: Row) -> str:
    """Issue a bot's token; the previous one is revoked, since its id is replaced."""
    # Stored replies are not encrypted.
    ctx.skip_idempotency()
    day = row["expiration_date"]
    end = None
    if day is not None:
        end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC).timestamp()
    version = {tokens.VERSION: row["token_version"]}
    claims = tokens.claims(str(row["id"]), "access", end, identity_type=tokens.BOT, **version)
    table = table_of(Person)
    changed = sa.update(table).where(table.c.id == row["id"]).values(jti=claims["jti"])
    ctx.tx.connection.execute(changed)
    ctx.tx.emit(BotTokenIssued(person_id=row["id"]))
    return tokens.signed(settings_of(ctx), claims)


def _clean(values: Values) -> None:
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
    if code not in COUNTRIES:
        message = "Invalid country code, expected an ISO 3166-1 alpha-2 code."
        raise InvalidInput(message)
    return code


def _check_locale(value: str) -> None:
    try:
        Locale.parse(value)
    except (ValueError, UnknownLocaleError):
        message = "Invalid locale, expected a name such as en_US."
        raise InvalidInput(message) from None


#: The active people, whom a limit counts.
ACTIVE: Final = sa.select(sa.func.count()).where(
    Person.active.is_(True),
    Person.is_bot.is_(False),
    Person.is_guest.is_(False),
    IS_SOMEBODY,
)


def _check_limit(ctx: CallContext) -> None:
    """Raise InvalidInput if the studio's limit of active people is reached."""
    limit = settings_of(ctx).user_limit
    if not limit:
        return
    # An advisory lock: who is created concurrently is not counted yet.
    ctx.tx.lock_key("user limit")
    if ctx.tx.session.execute(ACTIVE).scalar_one() >= limit:
        message = "User limit reached."
        raise InvalidInput(message, {"limit": limit})
