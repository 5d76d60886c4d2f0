"""RPC methods of second factors: enable and disable them; recovery codes; security keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyotp

from services.auth import vault
from services.auth.config import AuthSettings
from services.auth.credentials import accounts, challenges, factors, fido, tokens
from services.auth.credentials.factors import EMAIL, FIDO, TOTP, WrongProof
from services.auth.credentials.public_calls import limit_mails, limit_public, steady
from services.auth.mails.letters import studio_name, write_to
from services.auth.policy.protected import account_to_change
from services.common import bodies, queries
from services.common.access.rules import only_persons
from services.common.contracts.auth.events import FactorAdded, FactorRemoved, RecoveryCodesRenewed
from services.common.contracts.auth.sessions import (
    EmailQuery,
    MailedCode,
    NewKey,
    Proof,
    RemovedKey,
    TotpCode,
)
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound, Refused
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.values import array_or_empty
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from uuid import UUID

ISSUER: Final = "Kitsu"
WRONG: Final = {"wrong_OTP": True}
LAST: Final = "The studio requires a second factor: set up another one before you remove this one."
NO_FACTOR: Final = "No two factor authentication enabled."
OFF: Final = {
    TOTP: "TOTP not enabled.",
    EMAIL: "OTP by email not enabled.",
    FIDO: "FIDO not enabled.",
}
CODE: Final = """Hello {first_name},

your code for {studio} is

{code}

It is valid for five minutes. If you didn't request it, somebody knows your password: change it.
"""


class FactorRpc(ResourceService):
    """Second factors."""

    settings: AuthSettings

    # --- time codes -------------------------------------------------------------------------

    @command
    def prepare_totp(self) -> JsonObject:
        """Create a secret for an authenticator app; ``enable_totp`` puts it in force.

        Returns ``{"totp_provisionning_uri", "otp_secret"}``. Raises Refused, Forbidden (bots).
        """
        account = self._own_without(TOTP, "TOTP already enabled.")
        secret = pyotp.random_base32()
        accounts.update(self.tx, account["id"], totp_secret=vault.seal(self.settings, secret))
        issuer = f"{ISSUER} {studio_name(self)}"
        uri = pyotp.TOTP(secret).provisioning_uri(name=account["email"], issuer_name=issuer)
        return {"totp_provisionning_uri": uri, "otp_secret": secret}

    @command
    def enable_totp(self, data: JsonObject, caller: JsonObject | None = None) -> JsonObject:
        """Enable TOTP with a code of the prepared secret.

        Returns ``{"otp_recovery_codes", "access_token", "refresh_token"}``; the codes are null if
        the account has some. Raises InvalidInput, Refused. Emits ``factor:added``.
        """
        code = bodies.read(TotpCode, data).totp
        account = self._own_without(TOTP, "TOTP already enabled.")
        secret = vault.unseal(self.settings, account["totp_secret"])
        try:
            factors.check_totp(self.tx, account["id"], secret, code)
        except WrongProof:
            message = "TOTP verification failed."
            raise Refused(message, WRONG) from None
        return self._added(account, TOTP, caller)

    @command
    def disable_totp(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Disable TOTP; the body must prove any factor. Emits ``factor:removed``."""
        return self._removed(TOTP, data, caller, totp_secret=None)

    # --- mailed codes -----------------------------------------------------------------------

    @command
    def mail_code(self, query: dict[str, str], caller: JsonObject) -> JsonObject:
        """E-mail a code for log-in; the answer doesn't reveal whether there is such an account.

        Raises InvalidInput, TooMany.
        """
        email = queries.read(EmailQuery, query).email
        limit_public(self, caller)
        limit_mails(self, email)
        with steady():
            account = accounts.find(self.database, email.strip())
            if account is not None and account["active"] and account["email_otp_enabled"]:
                self._mail_code(account)
                # Within the constant time, too: the commit takes longer if there is an account.
                self.commit_now()
        return {"success": True}

    @command
    def prepare_email_otp(self) -> JsonObject:
        """E-mail a first code; ``enable_email_otp`` puts the factor in force."""
        account = self._own_without(EMAIL, "OTP by email already enabled.")
        limit_mails(self, account["email"])
        self._mail_code(account)
        return {"success": True}

    @command
    def enable_email_otp(self, data: JsonObject, caller: JsonObject | None = None) -> JsonObject:
        """Enable e-mailed codes with the first code. Returns and raises as ``enable_totp``."""
        code = bodies.read(MailedCode, data).email_otp
        account = self._own_without(EMAIL, "OTP by email already enabled.")
        secret = vault.unseal(self.settings, account["email_otp_secret"])
        try:
            factors.check_mailed(self.tx, account["id"], secret, code)
        except WrongProof:
            message = "OTP by email verification failed."
            raise Refused(message, WRONG) from None
        return self._added(account, EMAIL, caller)

    @command
    def disable_email_otp(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Disable e-mailed codes; the body must prove any factor. Emits ``factor:removed``."""
        return self._removed(EMAIL, data, caller, email_otp_secret=None)

    def _mail_code(self, account: Row) -> None:
        secret = vault.unseal(self.settings, account["email_otp_secret"])
        if secret is None or not account["email_otp_enabled"]:
            secret = pyotp.random_base32()
            sealed = vault.seal(self.settings, secret)
            accounts.update(self.tx, account["id"], email_otp_secret=sealed)
        code = factors.new_mailed_code(self.tx, account["id"], secret)
        write_to(self, account, "Your code", CODE, code=code)

    # --- security keys ----------------------------------------------------------------------

    @command
    def create_fido_challenge(self, query: dict[str, str], caller: JsonObject) -> Reply:
        """A challenge for the keys of an account, with the cookie to send back with its answer.

        Raises InvalidInput, TooMany, and Refused for an account without keys.
        """
        email = queries.read(EmailQuery, query).email
        limit_public(self, caller)
        account = accounts.find(self.database, email.strip())
        if account is None or not account["fido_enabled"]:
            raise Refused(OFF[FIDO])
        devices = array_or_empty(account["fido_credentials"])
        options, cookie = fido.challenge(self.settings, str(account["id"]), devices)
        return Reply(msgspec.json.encode(options), headers={"session": cookie})

    @command
    def prepare_fido(self) -> Reply:
        """WebAuthn creation options for a new key, with the cookie to send back."""
        only_persons(self)
        account = accounts.own_account(self)
        devices = array_or_empty(account["fido_credentials"])
        options, cookie = fido.creation(self.settings, account, devices)
        return Reply(msgspec.json.encode(options), headers={"session": cookie})

    @command
    def enable_fido(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Register a key under a name. Returns as ``enable_totp``.

        Raises InvalidInput, Refused; a failed attempt spends the challenge. Emits ``factor:added``.
        """
        only_persons(self)
        body = bodies.read(NewKey, data)
        response, name = body.registration_response, body.device_name
        ident = str(self.actor.id)
        cookie = caller.get("session")
        state = factors.spend_challenge(self.tx, self.settings, challenges.REGISTER, ident, cookie)
        if state is None:
            message = "No preregistration before."
            raise Refused(message)
        account = accounts.locked(self.tx, self._me)
        devices = list(array_or_empty(account["fido_credentials"]))
        try:
            device = fido.registered(self.settings, state, response, name)
        except fido.BadAnswer:
            # Committed before the refusal: a challenge is spent even if it fails.
            self.commit_now()
            message = "FIDO server exception your registration response is probly wrong."
            raise Refused(message) from None
        existing = {(d["device_name"], d["credential_id"]) for d in devices}
        if any(name == n or device["credential_id"] == c for n, c in existing):
            self.commit_now()
            message = "A device of that name, or this very device, is registered already."
            raise Refused(message)
        return self._added(account, FIDO, caller, fido_credentials=[*devices, device])

    @command
    def disable_fido(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Remove a key by its name; the body must prove any factor. Emits ``factor:removed``."""
        only_persons(self)
        body = bodies.read(RemovedKey, data)
        account = self._proven(FIDO, body, caller, Refused("Wrong OTP."))
        devices = array_or_empty(account["fido_credentials"])
        remaining = [device for device in devices if device["device_name"] != body.device_name]
        if remaining:
            accounts.update(self.tx, account["id"], fido_credentials=remaining)
        else:
            self._remove(account, FIDO, fido_credentials=None)
        if len(remaining) < len(devices):
            self.tx.emit(FactorRemoved(person_id=account["id"], factor=FIDO))
        return {"success": True}

    # --- recovery ---------------------------------------------------------------------------

    @command
    def renew_recovery_codes(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Replace the recovery codes; the body must prove any factor.

        Returns ``{"otp_recovery_codes"}``. Emits ``recovery-codes:renewed``.
        """
        only_persons(self)
        self.skip_idempotency()
        proof = bodies.read(Proof, data)
        account = self._proven("", proof, caller, _unproven(), NO_FACTOR)
        codes = vault.new_codes()
        key = self.settings.encryption_key
        hashes = [vault.code_hash(key, code) for code in codes]
        accounts.update(self.tx, account["id"], otp_recovery_codes=hashes)
        self.tx.emit(RecoveryCodesRenewed(person_id=account["id"]))
        return {"otp_recovery_codes": codes}

    @command
    def remove_factors(self, ident: str) -> Reply:
        """Disable all factors of a person who lost them. For administrators.

        Raises Forbidden, NotFound, Refused (they have none). Emits ``factor:removed`` for each.
        """
        if not self.actor.is_admin:
            message = "This requires an administrator."
            raise Forbidden(message)
        account = account_to_change(self, known_id(ident))
        account = accounts.locked(self.tx, account["id"])
        enabled = factors.enabled(account)
        if not enabled:
            raise Refused(NO_FACTOR)
        for factor in enabled:
            self.tx.emit(FactorRemoved(person_id=account["id"], factor=factor))
        accounts.update(
            self.tx,
            account["id"],
            totp_enabled=False,
            totp_secret=None,
            email_otp_enabled=False,
            email_otp_secret=None,
            fido_enabled=False,
            fido_credentials=None,
            otp_recovery_codes=None,
            preferred_two_factor_authentication=None,
        )
        return Reply(b"")

    # --- shared -----------------------------------------------------------------------------

    @property
    def _me(self) -> UUID:
        if self.actor.id is None:
            raise NotFound
        return self.actor.id

    def _own_without(self, factor: str, already: str) -> Row:
        """The caller's account, locked. Raises Refused if it has the factor, Forbidden for bots."""
        only_persons(self)
        self.skip_idempotency()
        account = accounts.locked(self.tx, self._me)
        if account[f"{factor}_enabled"]:
            raise Refused(already)
        return account

    def _added(
        self, account: Row, factor: Any, caller: JsonObject | None, **values: Any
    ) -> JsonObject:
        """Enable a factor; the new tokens are the same session's. Emits ``factor:added``."""
        self.skip_idempotency()
        codes = factors.add(self.tx, self.settings, account, factor, **values)
        self.tx.emit(FactorAdded(person_id=account["id"], factor=factor))
        # A gateway of the last release doesn't tell the claims.
        session = tokens.session_of(caller["claims"]) if caller else None
        return {"otp_recovery_codes": codes, **tokens.pair(self.settings, account, session)}

    def _removed(
        self, factor: Any, data: JsonObject, caller: JsonObject, **values: Any
    ) -> JsonObject:
        only_persons(self)
        account = self._proven(factor, bodies.read(Proof, data), caller, _unproven())
        self._remove(account, factor, **values)
        self.tx.emit(FactorRemoved(person_id=account["id"], factor=factor))
        return {"success": True}

    def _remove(self, account: Row, factor: Any, **values: Any) -> None:
        """Disable a factor. Raises Refused if the account must have one, and has no other."""
        if self.settings.enforce_2fa and factors.enabled(account) == [factor]:
            # Nothing is committed: a recovery code that was the proof stays valid.
            raise Refused(LAST)
        factors.remove(self.tx, account, factor, **values)

    def _proven(
        self,
        factor: str,
        proof: Proof,
        caller: JsonObject,
        refusal: Refused,
        off: str = "",
    ) -> Row:
        """The caller's account, locked, after the body has proven one of its factors.

        Wrong proofs count as failed log-ins. Raises Refused if ``factor`` is disabled, the account
        is locked out, or the proof is missing or wrong.
        """
        account = accounts.own_account(self)
        accounts.check_not_locked(self.settings, account)
        proofs = factors.read_proofs(self.settings, account, proof, caller)
        account = accounts.locked(self.tx, account["id"])
        usable = factors.enabled(account)
        if (factor or None) not in {None, *usable} or not usable:
            raise Refused(off or OFF[factor])
        accounts.check_not_locked(self.settings, account)
        try:
            proven = factors.prove(self.tx, self.settings, account, proofs)
        except WrongProof:
            accounts.count_failure(self, account, caller.get("address"), "factor")
            raise refusal from None
        if proven is None:
            raise refusal
        # Read again: spending a recovery code has changed the row.
        return accounts.locked(self.tx, self._me)


def _unproven() -> Refused:
    return Refused("OTP verification failed.", WRONG)
