"""Changes of e-mail addresses: the owner proves who they are, the old address is told.

Whoever has the address gets links for a new password, so a stolen session must not be able to
change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from services.auth.config import settings_of
from services.auth.credentials import accounts, attempts, factors, resets
from services.auth.credentials.attempts import HOUR
from services.auth.credentials.factors import Proofs, WrongProof
from services.auth.credentials.passwords import matches
from services.auth.mails.letters import write_to
from services.common import bodies
from services.common.contracts.auth.events import EmailChanged
from services.common.contracts.auth.sessions import Proof
from services.common.errors import Refused

if TYPE_CHECKING:
    from services.common.access.context import CallContext
    from services.common.json_types import Json, JsonObject, Row

#: The fields of a body with the password, as log-in and as the change of a password name it.
PASSWORDS: Final = ("password", "old_password")
UNPROVEN: Final = (
    "Changing your e-mail requires a proof: a second factor if you have one, else your password."
)
CHANGED: Final = """Hello {first_name},

the e-mail address of your account at {studio} was changed just now, to {new}. Links for a new
password and other letters go there from now on.

If it wasn't you, tell your administrator at once.
"""
TRIED: Final = """Hello {first_name},

somebody who is logged in to your account at {studio} tried to change its e-mail address just now,
and could not prove to be you: the address is the same as before.

If it wasn't you, tell your administrator at once: deactivating the account for a moment ends all
its sessions.
"""
#: The scope in which letters about attempts are counted.
WARNED: Final = "e-mail warnings"


class OwnProof(NamedTuple):
    """What a body proves of its sender, before the account is locked."""

    #: The second factors given; None if the password was asked for, and was right.
    factors: Proofs | None


def is_changed(account: Row, email: Json) -> bool:
    """Whether an address is another one than the account's; case doesn't count."""
    if email is None or isinstance(email, str):
        return (email or "").strip().lower() != (account["email"] or "").lower()
    return True


def read_proof(ctx: CallContext, account: Row, body: JsonObject) -> OwnProof:
    """The proof in the body of an update of one's own account, outside the transaction.

    A wrong password counts as a failed log-in. Raises Refused, Unavailable.
    """
    settings, caller = settings_of(ctx), _caller(ctx)
    accounts.check_not_locked(settings, account)
    if factors.enabled(account):
        return OwnProof(factors.read_proofs(settings, account, bodies.read(Proof, body), caller))
    password = next((body[name] for name in PASSWORDS if body.get(name)), None)
    if not isinstance(password, str):
        raise _refused(ctx, account)
    if not matches(settings, password, account["password"]):
        accounts.count_failure(ctx, account, caller.get("address"), "password")
        raise _refused(ctx, account)
    return OwnProof(None)


def check_proof(ctx: CallContext, account: Row, proof: OwnProof | None) -> None:
    """Verify and spend a second factor; the account is locked, and may have changed meanwhile.

    A wrong one counts as a failed log-in. Raises Refused.
    """
    settings = settings_of(ctx)
    accounts.check_not_locked(settings, account)
    if proof is None:
        raise _refused(ctx, account)
    if proof.factors is None and not factors.enabled(account):
        return
    try:
        proven = proof.factors and factors.prove(ctx.tx, settings, account, proof.factors)
    except WrongProof:
        accounts.count_failure(ctx, account, _caller(ctx).get("address"), "factor")
        raise _refused(ctx, account, {"wrong_OTP": True}) from None
    if not proven:
        raise _refused(ctx, account)


def _refused(ctx: CallContext, account: Row, data: JsonObject | None = None) -> Refused:
    """The refusal of a change; the owner is told, once an hour: it may have been a thief."""
    email = account["email"]
    if email and not account["is_bot"]:
        key = attempts.account_key(settings_of(ctx), email)
        if attempts.count(ctx.database, WARNED, key, HOUR) == 1:
            write_to(ctx, account, "Your e-mail address was not changed", TRIED)
            # Committed before the refusal, which would roll the letter back.
            ctx.commit_now()
    return Refused(UNPROVEN, data)


def tell_owner(ctx: CallContext, before: Row, email: str | None) -> None:
    """After a change: void what was sent to the old address, and tell it. Emits an event."""
    resets.forget(ctx.tx, before["id"])
    factors.forget_mailed_code(ctx.tx, before["id"])
    means: Any = "change" if before["id"] == ctx.actor.id else "administrator"
    ctx.tx.emit(EmailChanged(person_id=before["id"], means=means))
    if before["email"] and not before["is_bot"]:
        write_to(ctx, before, "Your e-mail address was changed", CHANGED, new=email or "none")


def _caller(ctx: CallContext) -> JsonObject:
    """The address and the cookies of the request; nothing from a gateway of the last release."""
    caller: JsonObject = ctx.call.get("caller") or {}
    return caller
