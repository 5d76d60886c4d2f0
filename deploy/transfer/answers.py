"""Compares a sample of a source's rows with the answers of the API, as an administrator."""

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
    from deploy.transfer.verdict import Verdict
    from services.common.crud.resource import Resource

#: Rows per table.
SAMPLE_ROWS: Final = 3
TIMEOUT_SECONDS: Final = 20
ADMIN: Final = (
    "SELECT id::text FROM person WHERE role = 'admin' AND active AND NOT is_bot "
    "ORDER BY created_at LIMIT 1"
)
#: Types whose values look the same in answers and dumps, except for fractions of a second.
PLAIN: Final = (sa.Uuid, sa.Boolean, sa.Integer, sa.Float, sa.TIMESTAMP, sa.Date, sa.String)


def served() -> dict[str, Resource]:
    """The resources with a route for single rows, by table."""
    paths = {dict(r.fixed)["path"] for r in ROUTES if r.function == "read_row" and r.fixed}
    by_table: dict[str, Resource] = {}
    for service in SERVICES:
        for resource in import_module(f"services.{service}.resources").RESOURCES:
            if resource.path in paths:
                by_table.setdefault(resource.table.name, resource)
    return by_table


class Sample:
    """The first rows of each table, to compare with the API's answers."""

    def __init__(self) -> None:
        self.served = served()
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def note(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Add rows of a batch until the table's sample is complete."""
        sample = self.rows.setdefault(table, [])
        sample += [row for row in rows[: SAMPLE_ROWS - len(sample)] if "id" in row]

    def ask(self, target: Target, verdict: Verdict) -> None:
        """Read each row over HTTP and add the differences to ``verdict``."""
        admin = _admin(target)
        if admin is None:
            verdict.differences.append("API: there is no active administrator to log in as")
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
            answer = session.get(target.base + path, timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            verdict.differences.append(f"API: nothing answers at {target.base}")
            return False
        verdict.api_answers += 1
        if answer.status_code != requests.codes.ok:
            verdict.differences.append(f"GET {path} answers {answer.status_code}")
            return True
        body = answer.json()
        for name, value in expected(resource, row).items():
            if name in body and body[name] != value:
                verdict.differences.append(f"GET {path}: {name} is {body[name]!r}, not {value!r}")
        return True


def expected(resource: Resource, row: dict[str, Any]) -> dict[str, Any]:
    """A row's fields as the API returns them, without hidden and computed ones."""
    fields: dict[str, Any] = {}
    for column in resource.fields:
        name = resource.renamed.get(column.name, column.name)
        if column.name in resource.hidden or name in {*resource.virtual, *resource.single}:
            continue
        value = row.get(column.name)
        if value is None or not isinstance(column.type, PLAIN) or isinstance(value, dict):
            continue
        # The API returns times to the second, with a T.
        if isinstance(column.type, sa.TIMESTAMP):
            value = value[:19].replace(" ", "T")
        fields[name] = value
    return fields


def _admin(target: Target) -> str | None:
    connection = psycopg2.connect(target.urls["auth"], connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADMIN)
            row = cursor.fetchone()
    finally:
        connection.close()
    return str(row[0]) if row else None


def _token(target: Target, person: str) -> str:
    """An access token that is valid for ten minutes, signed here: no password is at hand."""
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
