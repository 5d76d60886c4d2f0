"""Comparing a sample of a source's rows with the API, as an administrator."""

from __future__ import annotations

import time
import uuid
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import jwt
import psycopg2
import requests
import sqlalchemy as sa

from deploy.local.settings import SERVICES
from gateway.routes import ROUTES

if TYPE_CHECKING:
    from deploy.transfer.target import Target
    from deploy.transfer.verify import Verdict
    from services.common.crud.resource import Resource

EACH: Final = 3
SECONDS: Final = 20
ADMIN: Final = (
    "SELECT id::text FROM person WHERE role = 'admin' AND active AND NOT is_bot "
    "ORDER BY created_at LIMIT 1"
)
#: Types whose values an answer shows as a dump does, but for a time's fraction of a second.
PLAIN: Final = (sa.Uuid, sa.Boolean, sa.Integer, sa.Float, sa.TIMESTAMP, sa.Date, sa.String)


def served() -> dict[str, Resource]:
    """The resources whose rows can be read one by one, by table."""
    paths = {dict(r.fixed)["path"] for r in ROUTES if r.function == "read_row" and r.fixed}
    found: dict[str, Resource] = {}
    for service in SERVICES:
        for resource in import_module(f"services.{service}.resources").RESOURCES:
            if resource.path in paths:
                found.setdefault(resource.table.name, resource)
    return found


class Sample:
    """The first rows of each table, to be compared with the API's answers."""

    def __init__(self) -> None:
        self.served = served()
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def note(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Keep the first few."""
        kept = self.rows.setdefault(table, [])
        kept += [row for row in rows[: EACH - len(kept)] if "id" in row]

    def ask(self, target: Target, verdict: Verdict) -> None:
        """Read each row over HTTP and record differences."""
        admin = _admin(target)
        if admin is None:
            verdict.differences.append("API: there is no active administrator to ask as")
            return
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {_token(target, admin)}"
            for table, rows in self.rows.items():
                if (resource := self.served.get(table)) is not None:
                    for row in rows:
                        if not self._ask(session, target, resource, row, verdict):
                            return

    @staticmethod
    def _ask(
        session: requests.Session,
        target: Target,
        resource: Resource,
        row: dict[str, Any],
        verdict: Verdict,
    ) -> bool:
        path = f"/data/{resource.path}/{row['id']}"
        try:
            answer = session.get(target.base + path, timeout=SECONDS)
        except requests.RequestException:
            verdict.differences.append(f"API: nothing answers at {target.base}")
            return False
        verdict.asked += 1
        if answer.status_code != requests.codes.ok:
            verdict.differences.append(f"GET {path} answers {answer.status_code}")
            return True
        body = answer.json()
        for name, value in expected(resource, row).items():
            if name in body and body[name] != value:
                verdict.differences.append(f"GET {path}: {name} is {body[name]!r}, not {value!r}")
        return True


def expected(resource: Resource, row: dict[str, Any]) -> dict[str, Any]:
    """What the API shows of a row, by name; without what it makes or hides itself."""
    found: dict[str, Any] = {}
    for column in resource.fields:
        name = resource.renamed.get(column.name, column.name)
        if column.name in resource.hidden or name in {*resource.virtual, *resource.single}:
            continue
        value = row.get(column.name)
        if value is None or not isinstance(column.type, PLAIN) or isinstance(value, dict):
            continue
        if isinstance(column.type, sa.TIMESTAMP):
            value = value[:19].replace(" ", "T")
        found[name] = value
    return found


def _admin(target: Target) -> str | None:
    connection = psycopg2.connect(target.urls["auth"], connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADMIN)
            found = cursor.fetchone()
    finally:
        connection.close()
    return str(found[0]) if found else None


def _token(target: Target, person: str) -> str:
    now = int(time.time())
    claims = {
        "sub": person,
        "type": "access",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "fresh": False,
        "identity_type": "person",
        "refresh_jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, target.environ["SECRET_KEY"], algorithm="HS256")
