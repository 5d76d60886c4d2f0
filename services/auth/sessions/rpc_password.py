"""RPC methods of passwords: change, reset by e-mail, set by an administrator."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from services.auth.config import AuthSettings
from services.auth.credentials import accounts, attempts, resets
from services.auth.credentials.passwords import check_new, hashed, matches
from services.auth.credentials.public_calls import limit_mails, limit_public, steady
from services.auth.mails import mail
from services.auth.mails.letters import write_to
from services.auth.policy.protected import account_to_change
from services.common import bodies
from services.common.access.rules import only_persons
from services.common.contracts.auth.events import PasswordChanged, PasswordResetRequested
from services.common.contracts.auth.sessions import (
    NewPassword,
    PasswordReset,
    ResetRequest,
    SetPassword,
)
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound, Refused
from services.common.json_types import JsonObject, Row
from services.common.runtime.rpc_server import command
from services.common.runtime.scheduler import every

EXPIRED: Final = "Wrong or expired token."

CHANGED: Final = """Hello {first_name},

the password of your account at {studio} was changed just now.

If it wasn't you, tell your administrator at once.
"""
RESET: Final = """Hello {first_name},

somebody asked for a new password for your account at {studio}. Choose one here, within two hours:

{link}

If it wasn't you, do nothing: the old password stays.
"""
INVITED: Final = """Hello {first_name},

you are invited to {studio}. Choose a password here, within two hours:

{link}

Your log-in is {email}.
"""


class PasswordRpc(ResourceService):
    """Passwords."""

    settings: AuthSettings

    @command
    def change_password(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Change the caller's password; sessions are kept.

        Raises InvalidInput, Refused (account locked, old password wrong, new one too short or not
        confirmed), Forbidden for bots. Emits ``password:changed``; the owner gets an e-mail.
        """
        only_persons(self)
        body = bodies.read(NewPassword, data)
        account = accounts.own_account(self)
        accounts.check_not_locked(self.settings, account)
        if not matches(self.settings, body.old_password, account["password"]):
            accounts.count_failure(self, account, caller.get("address"), "password")
            message = "Old password is wrong."
            raise Refused(message)
        check_new(self.settings, body.password, body.password_2)
        self._set_password(account, body.password, "change")
        return {"success": True}

    @command
    def request_reset(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """E-mail a password reset link; the answer doesn't reveal whether there is an account.

        Raises InvalidInput, TooMany. Emits ``password:reset-requested``.
        """
        email = bodies.read(ResetRequest, data).email
        limit_public(self, caller)
        limit_mails(self, email)
        with steady():
            account = accounts.find(self.database, email.strip())
            if account is not None and account["active"] and account["email"]:
                self._mail_link(account, "Choose a new password", RESET)
                # Within the constant time, too: the commit takes longer if there is an account.
                self.commit_now()
        return {"success": "Reset token sent"}

    @command
    def reset_password(self, data: JsonObject, caller: JsonObject) -> JsonObject:
        """Set a new password with an e-mailed token, which is spent.

        Raises InvalidInput, TooMany, Refused. Emits ``password:changed``.
        """
        body = bodies.read(PasswordReset, data)
        limit_public(self, caller)
        with self.database.read() as connection:
            ident: UUID | None = connection.scalar(resets.holder(body.token, body.email))
        if ident is None:
            raise Refused(EXPIRED)
        check_new(self.settings, body.password, body.password2)
        # Hashed before the token is spent: a transaction must not wait for it.
        digest = hashed(self.settings, body.password)
        if resets.spend(self.tx, body.token) is None:
            raise Refused(EXPIRED)
        self._store(accounts.locked(self.tx, ident), digest, "reset")
        return {"success": True}

    @command
    def set_password(self, ident: str, data: JsonObject) -> JsonObject:
        """Set a person's password. For administrators. Emits ``password:changed``.

        Raises InvalidInput, Forbidden (also for protected accounts), NotFound, Refused.
        """
        body = bodies.read(SetPassword, data)
        account = self._account_for_admin(ident)
        check_new(self.settings, body.password, body.password_2)
        self._set_password(account, body.password, "administrator")
        return {"success": True}

    @command
    def mail_reset_link(self, ident: str, invite: bool = False) -> JsonObject:
        """E-mail a person a password reset link, or with ``invite`` an invitation.

        For administrators. Raises Forbidden, NotFound, Refused (inactive, or no e-mail).
        Emits ``password:reset-requested``.
        """
        account = self._account_for_admin(ident)
        if not account["email"] or not account["active"]:
            message = "This account has no e-mail address or is not active."
            raise Refused(message)
        if invite:
            self._mail_link(account, "You are invited", INVITED)
        else:
            self._mail_link(account, "Choose a new password", RESET)
        message = "Email sent" if invite else "Reset token sent"
        return {"success": True, "status": "success", "message": message}

    @every(0.5)
    def deliver_mail(self) -> None:
        """Send due e-mails."""
        mail.deliver(self.tx, self.settings)

    @every(600)
    def forget_attempts(self) -> None:
        """Delete old counts of attempts."""
        attempts.sweep(self.tx.session)

    def _mail_link(self, account: Row, subject: str, body: str) -> None:
        token = resets.new_reset_token(self.tx, account["id"])
        link = resets.link(self.settings, account["email"], token)
        write_to(self, account, subject, body, link=link)
        self.tx.emit(PasswordResetRequested(person_id=account["id"]))

    def _set_password(self, account: Row, new: str, means: Any) -> None:
        self._store(account, hashed(self.settings, new), means)

    def _store(self, account: Row, digest: bytes, means: Any) -> None:
        accounts.update(self.tx, account["id"], password=digest, login_failed_attemps=0)
        # Tokens that were e-mailed before must not change the new password.
        resets.forget(self.tx, account["id"])
        self.tx.emit(PasswordChanged(person_id=account["id"], means=means))
        if account["email"]:
            write_to(self, account, "Your password was changed", CHANGED)

    def _account_for_admin(self, ident: str) -> Row:
        """An account to change. Raises Forbidden (no administrator, or protected), NotFound."""
        if not self.actor.is_admin:
            message = "This requires an administrator."
            raise Forbidden(message)
        account = account_to_change(self, known_id(ident))
        if account["is_bot"]:
            raise NotFound
        return account
