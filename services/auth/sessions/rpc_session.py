"""RPC methods of sessions: log in, log out, refresh, and identify for the gateway."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from services.auth.credentials import accounts, factors, tokens
from services.auth.credentials.attempts import now
from services.auth.credentials.factors import Proofs, WrongProof
from services.auth.credentials.passwords import matches
from services.auth.credentials.resets import new_reset_token
from services.auth.models import LoginLog, Person, RevokedToken
from services.auth.policy import person_rules
from services.auth.policy.organisation import organisation_json
from services.common import bodies
from services.common.access.rules import only_persons
from services.common.actor import Actor
from services.common.contracts.auth.events import LoginFailed, LoginSucceeded, SessionRevoked
from services.common.contracts.auth.sessions import Credentials
from services.common.contracts.types import UnsetType
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.common.errors import Refused, Unauthenticated, invalid_field
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.runtime.service import encode
from services.common.values import array_or_empty
from services.common.wire.rpc_protocol import INLINE, Reply

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
#: The initial password of accounts in existing installations; it only leads to a reset.
DEFAULT_PASSWORD: Final = "default"  # noqa: S105
#: The columns that decide whether a token is valid, and for what.
IDENTIFYING: Final = (
    "id",
    "role",
    "active",
    "is_bot",
    "jti",
    "token_version",
    "preview_project_id",
    "preview_open_until",
    *(f"{name}_enabled" for name in factors.EVERY),
)
WRONG_LOG_IN: Final = {"login": False, "message": "Wrong email or password."}
WRONG_CODE: Final = {
    "error": True,
    "login": False,
    "wrong_OTP": True,
    "message": "Wrong two-factor authentication code.",
}
INACTIVE: Final = {
    "error": True,
    "login": False,
    "unactive": True,
    "message": "User is unactive, he cannot log in.",
}


class SessionRpc(ResourceService):
    """Sessions."""

    settings: AuthSettings

    @command
    def log_in(self, data: JsonObject, caller: JsonObject) -> Reply:
        """Open a session for an e-mail or desktop login, its password and a second factor.

        Returns ``{"login", "user", "organisation", "access_token", "refresh_token"}``.
        Raises InvalidInput, TooMany, and Refused with flags for clients, such as ``missing_OTP``.
        Emits ``login:succeeded``, ``login:failed``, ``login:locked``.
        """
        self.skip_idempotency()
        body = bodies.read(Credentials, data)
        email, password = body.email.strip(), _password(body, self.settings)
        address = caller.get("address")
        accounts.check_address(self, address)
        account = accounts.find(self.database, email, body.desktop_login)
        if account is None:
            accounts.check_unknown_account(self, email)
        elif accounts.is_locked(self.settings, account):
            raise self._refused(account, "locked", address, accounts.LOCKED_LOG_IN)
        # Unknown accounts are compared with a dummy hash, so that both cases take the same time.
        stored = account["password"] if account else None
        if not matches(self.settings, password, stored) or account is None:
            if account is None:
                accounts.count_unknown_account(self, email, address)
            else:
                accounts.count_failure(self, account, address, "password")
            raise Refused(data=WRONG_LOG_IN)
        proofs = factors.read_proofs(self.settings, account, body, caller)
        # Locked only now: comparing the hash took a quarter of a second.
        account = accounts.locked(self.tx, account["id"])
        self._check_second_factor(account, proofs, caller)
        if password == DEFAULT_PASSWORD:
            raise self._replace_default(account)
        return self._open_session(account, caller)

    def _replace_default(self, account: Row) -> Refused:
        """The refusal of the default password, with a token to replace it if that is accepted."""
        refusal = {"login": False, "default_password": True}
        if not self.settings.accept_default_password:
            # Anybody may know this password: the owner asks for a link by mail.
            return Refused(data=refusal)
        token = new_reset_token(self.tx, account["id"])
        # Committed before the refusal, which would roll the reset token back.
        self.commit_now()
        return Refused(data={**refusal, "token": token})

    def _refused(self, account: Row, reason: Any, address: str | None, body: JsonObject) -> Refused:
        """The refusal of a log-in that is not counted as a failure. Emits ``login:failed``."""
        self.tx.emit(LoginFailed(person_id=account["id"], reason=reason, address=address))
        self.commit_now()
        return Refused(data=body)

    def _check_second_factor(self, account: Row, proofs: Proofs, caller: JsonObject) -> None:
        """Refuse an account that is locked, inactive, or without proof of its second factor.

        The lockout is checked again under the lock, for concurrent attempts. Raises Refused.
        """
        address = caller.get("address")
        if accounts.is_locked(self.settings, account):
            raise self._refused(account, "locked", address, accounts.LOCKED_LOG_IN)
        if not accounts.may_enter(account):
            raise self._refused(account, "inactive", address, INACTIVE)
        usable = factors.enabled(account)
        try:
            proven = factors.prove(self.tx, self.settings, account, proofs)
        except WrongProof:
            # Counts like a wrong password, so that codes can't be guessed without limit.
            accounts.count_failure(self, account, address, "factor")
            raise Refused(data=WRONG_CODE) from None
        if usable and proven is None:
            preferred = account["preferred_two_factor_authentication"]
            raise Refused(
                data={
                    "error": True,
                    "login": False,
                    "missing_OTP": True,
                    "message": "A two-factor authentication code is required.",
                    "preferred_two_factor_authentication": preferred,
                    "two_factor_authentication_enabled": sorted([*usable, factors.RECOVERY]),
                }
            )

    def _open_session(self, account: Row, caller: JsonObject) -> Reply:
        ident, address = account["id"], caller.get("address")
        origin: Any = "web" if caller.get("browser") else "script"
        accounts.update(self.tx, ident, login_failed_attemps=0)
        self.tx.session.add(LoginLog(person_id=ident, ip_address=address, origin=origin))
        self.tx.session.flush()
        self.tx.emit(LoginSucceeded(person_id=ident, origin=origin, address=address))
        restricted = factors.lacks_duty(self.settings, account)
        flag = {"two_factor_authentication_required": True} if restricted else {}
        return Reply(
            msgspec.json.encode(
                {
                    "login": True,
                    "user": msgspec.Raw(self.registry["persons"].view(self.tx, ident)),
                    "organisation": msgspec.Raw(
                        organisation_json(self, admin=account["role"] == "admin")
                    ),
                    **tokens.pair(self.settings, account, restricted=restricted),
                    **flag,
                }
            )
        )

    @command
    def log_out(self, caller: JsonObject) -> JsonObject:
        """End the caller's session: revoke all tokens that descend from its log-in.

        Raises Forbidden for bots. Emits ``session:revoked`` for each id by which they are known.
        """
        only_persons(self)
        for ident in tokens.ids_of(caller["claims"]):
            self._revoke(ident)
        return {"logout": True}

    @command
    def refresh_token(self, caller: JsonObject) -> JsonObject:
        """A new access token; the refresh token is not rotated. Raises Forbidden for bots."""
        only_persons(self)
        self.skip_idempotency()
        restricted = factors.lacks_duty(self.settings, accounts.own_account(self))
        token = tokens.renewed(self.settings, caller["claims"], restricted=restricted)
        return {"access_token": token}

    @command
    def show_caller(self) -> Reply:
        """The caller and the organisation: ``{"authenticated", "user", "organisation"}``."""
        ident = self.actor.id
        if ident is None:
            raise Unauthenticated(data=UNVERIFIED)
        user = msgspec.json.decode(self.registry["persons"].view(self.tx, ident))
        devices = array_or_empty(self.tx.get(Person, ident).fido_credentials)
        user["fido_devices"] = [device.get("device_name") for device in devices]
        organisation = msgspec.Raw(organisation_json(self, admin=self.actor.is_admin))
        return Reply(
            msgspec.json.encode({"authenticated": True, "user": user, "organisation": organisation})
        )

    @command
    def identify(self, claims: JsonObject) -> Reply:
        """The actor of verified claims. For the gateway, on a cache miss.

        The header ``people`` holds the complete person as ``{id: person}``, for the answers to
        their comments; ``restricted`` says that they may only set up a second factor, ``until``
        that they only read, until that second since 1970. Raises
        Unauthenticated for a revoked token, and for an unknown or inactive person.
        """
        try:
            ident = parse_id(claims.get("sub"))
        except BadValue:
            raise Unauthenticated(data=UNVERIFIED) from None
        with self.database.read() as connection:
            person, revoked = self._person_and_revoked(connection, ident, tokens.ids_of(claims))
        if revoked:
            raise Unauthenticated(REVOKED)
        if person is None or claims.get("identity_type") not in tokens.IDENTITIES:
            raise Unauthenticated(data=UNVERIFIED)
        if not accounts.may_enter(person):
            raise Unauthenticated(data=UNVERIFIED)
        if not _is_current(claims, person):
            raise Unauthenticated(REVOKED)
        return Reply(encode(self._actor(person)), headers=self._headers(person))

    def _headers(self, person: Any) -> dict[str, Any]:
        """What the gateway is told of an account, besides its actor."""
        people = self.database.text(
            person_rules.select_persons(self.registry["persons"]), ids=[str(person["id"])]
        )
        headers: dict[str, Any] = {}
        # Left out where it is large: then whoever shows it asks for it.
        if people is not None and len(people) <= INLINE:
            headers["people"] = people
        if factors.lacks_duty(self.settings, person):
            headers["restricted"] = "1"
        if person["preview_project_id"] is not None:
            # The session only reads, and ends then.
            headers["until"] = str(person["preview_open_until"].replace(tzinfo=UTC).timestamp())
        return headers

    @staticmethod
    def _person_and_revoked(
        connection: Connection, ident: UUID, ids: list[str]
    ) -> tuple[Any, bool]:
        table, lists = table_of(Person), Person.lists["departments"]
        departments = sa.select(lists.target).where(lists.owner == table.c.id).scalar_subquery()
        columns = (table.c[name] for name in IDENTIFYING)
        person = (
            connection.execute(
                sa.select(*columns, sa.func.array(departments).label("departments")).where(
                    table.c.id == ident
                )
            )
            .mappings()
            .first()
        )
        revoked = connection.scalar(sa.select(sa.exists().where(RevokedToken.jti.in_(ids))))
        return person, bool(revoked)

    def _actor(self, person: Any) -> Actor:
        # Administrators have access to all productions, whatever teams they are in.
        teams: dict[str, list[Any]] = {}
        if person["role"] != "admin":
            teams = self.ask("crud", "list_memberships", person_id=str(person["id"]))
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

    def _revoke(self, ident: str) -> None:
        """Revoke a token or a session until its last token expires. Emits ``session:revoked``."""
        lifetimes = (self.settings.access_token_days, self.settings.refresh_token_days)
        # Twice: a restart may have shortened the lifetimes since the tokens were issued.
        row = {"jti": ident, "expires_at": now() + 2 * timedelta(days=max(lifetimes))}
        self.tx.session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())
        self.tx.emit(SessionRevoked(jti=ident))


def _is_current(claims: JsonObject, person: Row) -> bool:
    """Whether a token is of its account's current version; of a bot's, the last one issued."""
    # Tokens of the last release have no version.
    if claims.get(tokens.VERSION, 0) != person["token_version"]:
        return False
    if (claims["identity_type"] == tokens.BOT) != person["is_bot"]:
        return False
    return not person["is_bot"] or claims["jti"] == person["jti"]


def _password(body: Credentials, settings: AuthSettings) -> str:
    """The password of a log-in, or that of new accounts. Raises InvalidInput."""
    if not isinstance(body.password, UnsetType):
        return body.password
    if not settings.accept_default_password:
        raise invalid_field("password", bodies.REQUIRED)
    return DEFAULT_PASSWORD
