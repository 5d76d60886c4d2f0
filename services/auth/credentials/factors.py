"""Second factors: which ones an account has, and verifying a proof.

Each proof can be used once: the step of a TOTP code is stored, e-mailed and recovery codes are
deleted, and the id of a challenge is revoked.
"""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import bcrypt
import pyotp
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth import vault
from services.auth.credentials import challenges, fido
from services.auth.credentials.accounts import update
from services.auth.credentials.attempts import now
from services.auth.credentials.passwords import hashing
from services.auth.models import FactorState, RevokedToken
from services.common.contracts.auth.events import RecoveryCodeUsed
from services.common.database.tables import table_of
from services.common.json_types import Json, JsonObject, Row
from services.common.values import array_or_empty

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.config import AuthSettings
    from services.common.contracts.auth.events import Factor
    from services.common.contracts.auth.sessions import Proof
    from services.common.database.transaction import Transaction

TOTP: Final = "totp"
EMAIL: Final = "email_otp"
FIDO: Final = "fido"
RECOVERY: Final = "recovery_code"
#: The field of a body with the proof of each, in the order in which they are checked.
FIELDS: Final = {
    TOTP: "totp",
    EMAIL: "email_otp",
    FIDO: "fido_authentication_response",
    RECOVERY: "recovery_code",
}
EVERY: Final[tuple[Factor, ...]] = ("totp", "email_otp", "fido")
STEP_SECONDS: Final = 30
MAILED_CODE: Final = timedelta(minutes=5)
#: Range of the random HOTP counters of e-mailed codes.
COUNTERS: Final = 2**40


class WrongProof(Exception):
    """The proof is invalid."""


class Proofs(NamedTuple):
    """The proofs in a request."""

    body: Proof
    #: The signed state of a security key's challenge, if there is one.
    cookie: str | None
    #: The stored hash of the recovery code given, if it is one from an import.
    imported: str | None = None


def read_proofs(settings: AuthSettings, account: Row, body: Proof, caller: JsonObject) -> Proofs:
    """The proofs in a body, before the account is locked: imported codes have slow hashes."""
    code, stored = body.recovery_code, account["otp_recovery_codes"] or []
    imported = None
    if code and enabled(account):
        imported = _imported_code(settings, code.strip().upper(), stored)
    return Proofs(body, caller.get("session"), imported)


def enabled(account: Row) -> list[Factor]:
    """The second factors of an account; recovery codes come with the first of them."""
    return [name for name in EVERY if account[f"{name}_enabled"]]


def lacks_duty(settings: AuthSettings, account: Row) -> bool:
    """Whether the account must have a second factor, and has none.

    Bots need none, nor preview accounts, which nobody can set one up for.
    """
    excused = account["is_bot"] or account["preview_project_id"] is not None
    return settings.enforce_2fa and not excused and not enabled(account)


def prove(tx: Transaction, settings: AuthSettings, account: Row, proofs: Proofs) -> str | None:
    """Verify and spend the first proof; returns its factor, None if there is no proof.

    The account must be locked. Raises WrongProof.
    """
    usable = enabled(account)
    if not usable:
        return None
    for factor in (*usable, RECOVERY):
        proof = getattr(proofs.body, FIELDS[factor])
        if proof:
            VERIFIERS[factor](tx, settings, account, proof, proofs)
            return factor
    return None


# --- time codes -----------------------------------------------------------------------------------


def check_totp(
    tx: Transaction, ident: UUID, secret: str | None, code: Any, at: float | None = None
) -> None:
    """Accept a code of the current, the previous or the next 30 seconds, once.

    Raises WrongProof.
    """
    if secret is None or not isinstance(code, str):
        raise WrongProof
    step = int((time.time() if at is None else at) // STEP_SECONDS)
    totp = pyotp.TOTP(secret)
    digits = code.strip().replace(" ", "")
    matching = [
        n
        for n in (step - 1, step, step + 1)
        # Compared in constant time: the response time must not reveal digits.
        if hmac.compare_digest(totp.generate_otp(n).encode(), digits.encode())
    ]
    if not matching:
        raise WrongProof
    table = table_of(FactorState)
    statement = insert(table).values(person_id=ident, totp_step=matching[-1])
    # One statement checks and stores the step: of two concurrent uses of a code, one wins.
    newer = statement.on_conflict_do_update(
        index_elements=[table.c.person_id],
        set_={"totp_step": statement.excluded.totp_step},
        where=sa.func.coalesce(table.c.totp_step, 0) < statement.excluded.totp_step,
    )
    if not tx.connection.execute(newer).rowcount:
        raise WrongProof


def _totp(tx: Transaction, settings: AuthSettings, account: Row, proof: Json, _: Proofs) -> None:
    check_totp(tx, account["id"], vault.unseal(settings, account["totp_secret"]), proof)


# --- mailed codes ---------------------------------------------------------------------------------


def new_mailed_code(tx: Transaction, ident: UUID, secret: str) -> str:
    """A new code, valid for five minutes; it invalidates the previous one."""
    counter = secrets.randbelow(COUNTERS)
    table = table_of(FactorState)
    values = {"email_counter": counter, "email_expires_at": now() + MAILED_CODE}
    statement = insert(table).values(person_id=ident, **values)
    tx.connection.execute(
        statement.on_conflict_do_update(index_elements=[table.c.person_id], set_=values)
    )
    return pyotp.HOTP(secret).at(counter)


def check_mailed(tx: Transaction, ident: UUID, secret: str | None, code: Any) -> None:
    """Accept the e-mailed code, once. Raises WrongProof."""
    table = table_of(FactorState)
    # Locked until the code is deleted: of two concurrent uses, the second finds none.
    row = (
        tx.connection.execute(sa.select(table).where(table.c.person_id == ident).with_for_update())
        .mappings()
        .first()
    )
    if secret is None or not isinstance(code, str) or row is None or row["email_counter"] is None:
        raise WrongProof
    expected = pyotp.HOTP(secret).at(row["email_counter"])
    late = row["email_expires_at"] is None or row["email_expires_at"] < now()
    if late or not hmac.compare_digest(expected.encode(), code.strip().encode()):
        raise WrongProof
    forget_mailed_code(tx, ident)


def forget_mailed_code(tx: Transaction, ident: UUID) -> None:
    """Invalidate the e-mailed code."""
    table = table_of(FactorState)
    spent = sa.update(table).where(table.c.person_id == ident).values(email_counter=None)
    tx.connection.execute(spent)


def _mailed(tx: Transaction, settings: AuthSettings, account: Row, proof: Json, _: Proofs) -> None:
    check_mailed(tx, account["id"], vault.unseal(settings, account["email_otp_secret"]), proof)


# --- recovery codes -------------------------------------------------------------------------------


def _recovery(
    tx: Transaction, settings: AuthSettings, account: Row, proof: Json, proofs: Proofs
) -> None:
    stored = account["otp_recovery_codes"] or []
    if not isinstance(proof, str):
        raise WrongProof
    code = proof.strip().upper()
    used = next((h for h in vault.code_hashes(settings, code) if h in stored), None)
    used = used or proofs.imported
    # Looked up again, as another request may have used it since it was compared.
    if used is None or used not in stored:
        raise WrongProof
    remaining = [stored_hash for stored_hash in stored if stored_hash != used]
    update(tx, account["id"], otp_recovery_codes=remaining)
    tx.emit(RecoveryCodeUsed(person_id=account["id"], left=len(remaining)))


def _imported_code(settings: AuthSettings, code: str, stored: list[str]) -> str | None:
    """The stored hash of a code from an import, which has bcrypt hashes."""
    run = hashing(settings.hashes_at_once).run
    for stored_hash in stored:
        is_bcrypt = stored_hash.startswith("$2")
        if is_bcrypt and run(bcrypt.checkpw, code.encode(), stored_hash.encode()):
            return stored_hash
    return None


# --- security keys --------------------------------------------------------------------------------


def spend_challenge(
    tx: Transaction, settings: AuthSettings, purpose: str, person: str, cookie: str | None
) -> Any:
    """Spend a challenge and return its state; None if it is invalid or spent."""
    claims = challenges.opened(settings, purpose, person, cookie)
    if claims is None:
        return None
    expires = datetime.fromtimestamp(claims["exp"], UTC).replace(tzinfo=None)
    row = {"jti": claims["jti"], "expires_at": expires}
    # The insert decides: of two concurrent answers to one challenge, one is accepted.
    revocation = insert(RevokedToken).values(row).on_conflict_do_nothing()
    return claims["state"] if tx.connection.execute(revocation).rowcount else None


def _fido(
    tx: Transaction,
    settings: AuthSettings,
    account: Row,
    proof: Json,
    proofs: Proofs,
) -> None:
    ident, devices = account["id"], list(array_or_empty(account["fido_credentials"]))
    state = spend_challenge(tx, settings, challenges.PROVE, str(ident), proofs.cookie)
    if state is None:
        raise WrongProof
    try:
        index, counter = fido.proved(settings, state, devices, proof)
    except fido.BadAnswer:
        raise WrongProof from None
    devices[index] = {**devices[index], "sign_count": counter}
    update(tx, ident, fido_credentials=devices)


VERIFIERS: Final[dict[str, Callable[..., None]]] = {
    TOTP: _totp,
    EMAIL: _mailed,
    FIDO: _fido,
    RECOVERY: _recovery,
}


# --- enabling and disabling -----------------------------------------------------------------------


def add(
    tx: Transaction, settings: AuthSettings, account: Row, factor: str, **values: Any
) -> list[str] | None:
    """Enable a factor; returns new recovery codes unless the account has some."""
    codes = None if account["otp_recovery_codes"] else vault.new_codes()
    if codes:
        values["otp_recovery_codes"] = [vault.code_hash(settings.encryption_key, c) for c in codes]
    if not account["preferred_two_factor_authentication"]:
        values["preferred_two_factor_authentication"] = factor
    update(tx, account["id"], **{f"{factor}_enabled": True}, **values)
    return codes


def remove(tx: Transaction, account: Row, factor: str, **values: Any) -> None:
    """Disable a factor; with the last one, delete the recovery codes, too."""
    remaining = [name for name in enabled(account) if name != factor]
    if account["preferred_two_factor_authentication"] == factor:
        order = [name for name in (TOTP, FIDO, EMAIL) if name in remaining]
        values["preferred_two_factor_authentication"] = order[0] if order else None
    if not remaining:
        values |= {"otp_recovery_codes": None, "preferred_two_factor_authentication": None}
    update(tx, account["id"], **{f"{factor}_enabled": False}, **values)
