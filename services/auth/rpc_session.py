"""Logging in and out, renewing, and telling the gateway who a token stands for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth import tokens
from services.auth.models import LoginLog, Organisation, Person, RevokedToken
from services.auth.passwords import matches
from services.common.client import Reply
from services.common.contracts.auth import SessionRevoked
from services.common.crud import CrudRpc
from services.common.errors import Forbidden, InvalidInput, Refused, Unauthenticated
from services.common.permissions import Actor
from services.common.resources import as_json
from services.common.rpc import command
from services.common.tables import table_of
from services.common.values import BadValue, parse_id

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

UNVERIFIED: Final = {
    "error": True,
    "message": (
        "The server could not verify that you are authorized to access the URL requested. "
        "You either supplied the wrong credentials (e.g. a bad password), or your browser "
        "doesn't understand how to supply the credentials required."
    ),
}
REVOKED: Final = "Token has been revoked"


class SessionRpc(CrudRpc):
    """Sessions."""

    settings: AuthSettings

    @command
    def log_in(self, data: dict[str, Any], caller: dict[str, Any]) -> Reply:
        """Open a session for an e-mail or desktop login and its password.

        Returns ``{"login", "user", "organisation", "access_token", "refresh_token"}``.
        Raises InvalidInput (no e-mail), Refused with the flags that clients act on.
        """
        email, password = _credentials(data)
        person = self._account(email, data.get("desktop_login"))
        if person is not None and self._locked_out(person):
            raise Refused(
                data={"error": True, "login": False, "too_many_failed_login_attemps": True}
            )
        stored = person.password if person else None
        if not matches(password, stored) or person is None:
            if person is not None:
                self._count_failure(person.id)
            raise Refused(data={"login": False})
        self._check_usable(person)
        return self._open_session(person, caller)

    def _account(self, email: str, desktop_login: Any) -> Person | None:
        """The account of an e-mail, else of a desktop login; bots have none."""
        people = sa.select(Person).where(Person.is_bot.is_(False)).order_by(Person.created_at)
        tries = [Person.email == email.lower(), Person.desktop_login == email]
        if isinstance(desktop_login, str) and desktop_login:
            tries.append(Person.desktop_login == desktop_login)
        for condition in tries:
            found = self.tx.session.scalars(people.where(condition).limit(1)).first()
            if found is not None:
                return found
        return None

    def _locked_out(self, person: Person) -> bool:
        failed, last = person.login_failed_attemps or 0, person.last_login_failed
        since = timedelta(seconds=self.settings.lock_seconds)
        recent = last is not None and _now() - last < since
        return failed >= self.settings.failed_logins_allowed and recent

    def _count_failure(self, ident: UUID) -> None:
        """Count in SQL, so that parallel tries are all counted; kept despite the refusal."""
        since = _now() - timedelta(seconds=self.settings.lock_seconds)
        fresh = sa.and_(
            Person.login_failed_attemps >= self.settings.failed_logins_allowed,
            Person.last_login_failed < since,
        )
        count = sa.case((fresh, 1), else_=sa.func.coalesce(Person.login_failed_attemps, 0) + 1)
        self.tx.session.execute(
            sa.update(Person)
            .where(Person.id == ident)
            .values(login_failed_attemps=count, last_login_failed=_now())
        )
        self.tx.commit()

    @staticmethod
    def _check_usable(person: Person) -> None:
        """Active, and without a second factor that was not given. Raises Refused."""
        if not person.active:
            message = "User is unactive, he cannot log in."
            raise Refused(message, {"login": False, "unactive": True})
        enabled = [
            name
            for name, on in (
                ("totp", person.totp_enabled),
                ("email_otp", person.email_otp_enabled),
                ("fido", person.fido_enabled),
            )
            if on
        ]
        if enabled:
            raise Refused(data={
                "error": True, "login": False, "missing_OTP": True,
                "preferred_two_factor_authentication": person.preferred_two_factor_authentication,
                "two_factor_authentication_enabled": sorted([*enabled, "recovery_code"]),
            })  # fmt: skip

    def _open_session(self, person: Person, caller: dict[str, Any]) -> Reply:
        person.login_failed_attemps = 0
        origin = "web" if caller.get("browser") else "script"
        self.tx.session.add(
            LoginLog(person_id=person.id, ip_address=caller.get("address"), origin=origin)
        )
        self.tx.session.flush()
        access, refresh = tokens.pair(self.settings, str(person.id))
        return Reply(msgspec.json.encode({
            "login": True,
            "user": msgspec.Raw(self.registry["persons"].view(self.tx, person.id)),
            "organisation": msgspec.Raw(self.organisation(admin=person.role == "admin")),
            "access_token": access,
            "refresh_token": refresh,
        }))  # fmt: skip

    @command
    def log_out(self, caller: dict[str, Any]) -> dict[str, Any]:
        """Revoke the token used and the refresh token it came with. Bots are Forbidden."""
        self._persons_only()
        claims = caller["claims"]
        for jti in filter(None, (claims["jti"], claims.get("refresh_jti"))):
            self._revoke(jti, claims["exp"])
        return {"logout": True}

    @command
    def refresh_token(self, caller: dict[str, Any]) -> dict[str, Any]:
        """A new access token; the refresh token stays as it is. Bots are Forbidden."""
        self._persons_only()
        claims = caller["claims"]
        return {"access_token": tokens.access(self.settings, claims["sub"], claims["jti"])}

    @command
    def who_am_i(self) -> Reply:
        """The caller and the organisation, as ``GET /auth/authenticated`` shows them."""
        ident = self.actor.id
        if ident is None:
            raise Unauthenticated(data=UNVERIFIED)
        user = msgspec.json.decode(self.registry["persons"].view(self.tx, ident))
        devices = self.tx.get(Person, ident).fido_credentials or []
        user["fido_devices"] = [device.get("device_name") for device in devices]
        organisation = msgspec.Raw(self.organisation(admin=self.actor.is_admin))
        return Reply(msgspec.json.encode(
            {"authenticated": True, "user": user, "organisation": organisation}
        ))  # fmt: skip

    @command
    def identify(self, claims: dict[str, Any]) -> Actor:
        """The actor behind verified claims; the gateway asks when its cache doesn't know.

        Raises Unauthenticated: revoked, unknown, inactive (whose token is revoked for good).
        """
        try:
            ident = parse_id(claims.get("sub"))
        except BadValue:
            raise Unauthenticated(data=UNVERIFIED) from None
        with self.database.read() as connection:
            person, revoked = self._standing(connection, ident, claims["jti"])
        if revoked:
            raise Unauthenticated(REVOKED)
        if person is None or claims.get("identity_type") not in tokens.IDENTITIES:
            raise Unauthenticated(data=UNVERIFIED)
        if not person["active"]:
            self._revoke(claims["jti"], claims["exp"])
            self.tx.flush_events(self.metadata.tables["outbox"])
            self.tx.commit()
            raise Unauthenticated(data=UNVERIFIED)
        if person["is_bot"] and person["jti"] != claims["jti"]:
            raise Unauthenticated(REVOKED)
        return self._actor(person)

    @staticmethod
    def _standing(connection: Any, ident: UUID, jti: str) -> tuple[Any, bool]:
        table, lists = table_of(Person), Person.lists["departments"]
        departments = sa.select(lists.other).where(lists.own == table.c.id).scalar_subquery()
        columns = (table.c.id, table.c.role, table.c.active, table.c.is_bot, table.c.jti)
        person = connection.execute(
            sa.select(*columns, sa.func.array(departments).label("departments")).where(
                table.c.id == ident
            )
        ).mappings().first()  # fmt: skip
        revoked = connection.scalar(sa.select(sa.exists().where(RevokedToken.jti == jti)))
        return person, bool(revoked)

    def _actor(self, person: Any) -> Actor:
        teams: dict[str, list[Any]] = {}
        if person["role"] != "admin":
            teams = self.ask("crud", "memberships", person_id=str(person["id"]))
        return Actor(
            id=person["id"],
            role=person["role"],
            is_bot=person["is_bot"],
            departments=frozenset(person["departments"]),
            projects={
                UUID(project): role or person["role"] for project, (role, _) in teams.items()
            },
            open_projects=frozenset(UUID(project) for project, (_, on) in teams.items() if on),
        )

    def _persons_only(self) -> None:
        if self.actor.is_bot:
            message = "This requires a person."
            raise Forbidden(message)

    def _revoke(self, jti: str, expires: float) -> None:
        until = datetime.fromtimestamp(
            expires + self.settings.refresh_token_days * tokens.DAY, UTC
        ).replace(tzinfo=None)
        row = {"jti": jti, "expires_at": until}
        self.tx.session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())
        self.tx.emit(SessionRevoked(jti=jti))

    def organisation(self, *, admin: bool) -> bytes:
        """The studio's record, made on first need; its chat secrets only for administrators."""
        ident = self.tx.session.scalar(sa.select(Organisation.id).limit(1))
        if ident is None:
            made = Organisation(name="Kitsu")
            self.tx.session.add(made)
            self.tx.session.flush()
            ident = made.id
        resource = self.registry["organisations"]
        columns = resource.columns(
            resource.visible(Actor(role="admin" if admin else "user"), True),  # noqa: FBT003
            relations=False,
        )
        statement = as_json(columns, resource.table, resource.table.c.id == ident)
        return str(self.tx.connection.scalar(statement)).encode()


def _credentials(data: dict[str, Any]) -> tuple[str, str]:
    """E-mail and password of a log-in body. Raises InvalidInput naming the field."""
    email = data.get("email")
    if email is None:
        raise _invalid("email", "Field required")
    if not isinstance(email, str) or not email or "\x00" in email:
        raise _invalid("email", "Input should be a valid non-empty string")
    password = data.get("password", "default")
    if not isinstance(password, str):
        raise _invalid("password", "Input should be a valid string")
    return email.strip(), password


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput("Validation error.", {"errors": [{"field": field, "message": message}]})


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
