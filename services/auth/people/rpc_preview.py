"""RPC methods of preview accounts: one a production, with which somebody may look at it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa

from services.auth.credentials import accounts
from services.auth.credentials.attempts import now
from services.auth.credentials.passwords import hashed
from services.auth.policy.preview_accounts import KEEP, PERSON, PREVIEW_ACCOUNTS
from services.common import bodies
from services.common.contracts.auth.events import PreviewAccountChanged, PreviewAccountNew
from services.common.contracts.auth.people import PreviewWindow
from services.common.crud.deletion import removal
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import NotFound
from services.common.json_types import Json, JsonObject, Row, Values
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

#: How long it stays open.
WINDOW: Final = timedelta(hours=1)
#: Bytes of a password: 16 characters.
PASSWORD_BYTES: Final = 12
#: Of the column with the production's name.
NAME_LENGTH: Final = 80
#: Ends the sessions of earlier log-ins.
NEXT_VERSION: Final = PERSON.c.token_version + 1


class PreviewAccountRpc(ResourceService):
    """Preview accounts of productions, for their managers."""

    settings: AuthSettings

    @query
    def read_preview_account(self, project_id: str) -> JsonObject | None:
        """The production's account; null if it has none. Raises NotFound, Forbidden."""
        project, _ = self._managed(project_id)
        with self.database.read() as connection:
            rows = sa.select(PERSON).where(PERSON.c.preview_project_id == project)
            row = connection.execute(rows).mappings().first()
        return None if row is None else _shown(dict(row))

    @command
    def renew_preview_account(self, project_id: str) -> JsonObject:
        """Make the production's account, closed; or give it another password, and close it.

        Returns it with the password, which nobody is told again. Raises NotFound, Forbidden.
        The new account joins the team: ``crud`` emits ``project:update``.
        """
        self.skip_idempotency()
        project, name = self._managed(project_id)
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        values = {"password": hashed(self.settings, password), "preview_open_until": None}
        account = self._locked_account(project)
        if account is None:
            account = self._create(project, name, values)
        else:
            account = self._change(account, {**values, "token_version": NEXT_VERSION})
        return {**_shown(account), "password": password}

    @command
    def open_preview_account(self, project_id: str, data: Json = None) -> JsonObject:
        """Open the account for an hour from now on, or close it and end its sessions.

        Opening it again while it is open only makes that longer. Raises InvalidInput, NotFound,
        Forbidden.
        """
        is_open = bodies.read(PreviewWindow, data).is_open
        project, _ = self._managed(project_id)
        account = self._locked_account(project)
        if account is None:
            message = "No preview account for this project"
            raise NotFound(message)
        moment = now()
        values: Values = {"preview_open_until": moment + WINDOW if is_open else None}
        if is_open and not accounts.may_enter(account):
            values["preview_opened_at"] = moment
        if not is_open or "preview_opened_at" in values:
            values["token_version"] = NEXT_VERSION
        return _shown(self._change(account, values))

    @command
    def remove_preview_account(self, project_id: str) -> Reply:
        """Remove the production's account, if it has one, and all that refers to it.

        Raises NotFound, Forbidden. Emits ``person:delete``.
        """
        project, _ = self._managed(project_id)
        account = self._locked_account(project)
        if account is not None:
            removal.remove(self, "person", [account["id"]])
            self.tx.emit(self.registry.event(self.registry["persons"], "delete", account))
        return Reply(b"")

    # --- rows -------------------------------------------------------------------------------

    def _managed(self, project_id: str) -> tuple[UUID, str]:
        """A production that the caller manages, and its name. Raises NotFound, Forbidden."""
        project = known_id(project_id)
        names = self.ask("crud", "list_project_names", ids=[str(project)])
        if str(project) not in names:
            raise NotFound
        PREVIEW_ACCOUNTS.may[KEEP].check(self, {"project_id": project})
        return project, names[str(project)]

    def _locked_account(self, project: UUID) -> Row | None:
        # An advisory lock: of two managers at once, the second finds the first one's account.
        self.tx.lock_key(f"preview account {project}")
        rows = sa.select(PERSON).where(PERSON.c.preview_project_id == project)
        return self.tx.connection.execute(rows.with_for_update()).mappings().first()

    def _create(self, project: UUID, name: str, values: Values) -> Row:
        person = {
            "first_name": "Preview",
            "last_name": name[:NAME_LENGTH],
            "email": f"preview-{secrets.token_hex(6)}@preview.kitsu.invalid",
            "role": "client",
            "timezone": self.settings.default_timezone,
            "locale": self.settings.default_locale,
            "preview_project_id": project,
            **values,
        }
        insertion = sa.insert(PERSON).values(person).returning(*PERSON.c)
        account = self.tx.connection.execute(insertion).mappings().one()
        self.tx.emit(PreviewAccountNew(person_id=account["id"], project_id=project))
        return account

    def _change(self, account: Row, values: Values) -> Row:
        change = sa.update(PERSON).where(PERSON.c.id == account["id"])
        changed = change.values(**values, updated_at=now()).returning(*PERSON.c)
        row = self.tx.connection.execute(changed).mappings().one()
        project = row["preview_project_id"]
        self.tx.emit(PreviewAccountChanged(person_id=row["id"], project_id=project))
        return row


def _shown(account: Row) -> JsonObject:
    until = account["preview_open_until"]
    return {
        "id": str(account["id"]),
        "email": account["email"],
        "full_name": f"{account['first_name']} {account['last_name']}".strip(),
        "preview_open_until": until and until.isoformat(timespec="microseconds"),
    }
