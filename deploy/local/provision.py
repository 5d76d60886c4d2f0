"""Roles and schemas: each service owns one schema and has no privileges on another's.

Everything that each start checks in the database is here, without SQLAlchemy and alembic: loading
these takes longer than the checks.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from deploy.local.settings import SERVICES, StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

MIGRATIONS: Final = Path(__file__).parents[2] / "services"
DATABASE: Final = "callboard"
#: An arbitrary advisory lock key: concurrent starts on one server provision one after the other.
LOCK: Final = 4_207_117
#: The services that have a starter set, and the inbox row that says what was decided on it.
STARTED: Final = frozenset({"auth", "assets", "tasks", "crud"})
DECIDED: Final = "3d7a4c1e-5f0b-4e86-9c52-7b1f0a6e2d94"
SCHEME: Final = re.compile(r"^postgres(ql)?(\+\w+)?://")
#: What the search needs; trusted ones, so the owner of the database may create them.
EXTENSIONS: Final = ("pg_trgm", "unaccent")
#: Lets imports suspend foreign keys. PostgreSQL 15 or newer, granted by a superuser.
GRANT_SUSPEND_KEYS: Final = "GRANT SET ON PARAMETER session_replication_role TO {role}"


class Passwords(Protocol):
    """A source of the roles' passwords."""

    def get(self, name: str, /) -> str:
        """The password of that name, generated on first use."""


def provision(url: str, secrets: Passwords) -> dict[str, str]:
    """Create missing database, roles and schemas; returns each service's URL. Raises StartError.

    Idempotent. Also sets the roles' passwords, so a changed secret takes effect.
    """
    url = SCHEME.sub("postgresql://", url)
    name = _database_of(url)
    if name == "postgres":
        _run(url, _create_database, DATABASE)
        url, name = with_path(url, DATABASE), DATABASE
    passwords = {service: secrets.get(f"database_password_{service}") for service in SERVICES}
    _run(url, _create_schemas, name, passwords)
    return {
        service: with_user(url, f"callboard_{service}", password)
        for service, password in passwords.items()
    }


def is_prepared(urls: Mapping[str, str], *, with_admin: bool) -> bool:
    """Whether each schema is at its newest migration, and the starter set is decided.

    With ``with_admin``, also whether there is an administrator. The names of migration files begin
    with their revision (``database.migrations``); the decision is a row of the inbox
    (``bulk.starter_set``).
    """
    for service, url in urls.items():
        versions = MIGRATIONS / service / "migrations" / "versions"
        last = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
        checks: list[tuple[str, tuple[str, ...]]] = [
            ("SELECT 1 FROM alembic_version WHERE version_num = %s", (last,))
        ]
        if service in STARTED:
            checks.append(("SELECT 1 FROM inbox WHERE event_id = %s", (DECIDED,)))
        if with_admin and service == "auth":
            checks.append(("SELECT 1 FROM person WHERE role = 'admin' AND active LIMIT 1", ()))
        try:
            with (
                closing(psycopg2.connect(url, connect_timeout=3)) as connection,
                connection.cursor() as cursor,
            ):
                for check in checks:
                    cursor.execute(*check)
                    if cursor.fetchone() is None:
                        return False
        # No tables yet. Any other problem will be reported by the migrations.
        except psycopg2.Error:
            return False
    return True


def _run(url: str, work: object, *arguments: object) -> None:
    try:
        connection = psycopg2.connect(url, connect_timeout=3)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
        reason = str(error).strip().split("\n")[0]
        message = f"DATABASE_URL does not lead to a database: {reason}."
        raise StartError(message) from None
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            work(cursor, *arguments)  # type: ignore[operator]
    except psycopg2.errors.InsufficientPrivilege as error:
        message = f"The role in DATABASE_URL may not set up the database: {str(error).strip()}."
        raise StartError(message) from None
    except (psycopg2.errors.UndefinedFile, psycopg2.errors.FeatureNotSupported) as error:
        message = (
            f"The database server lacks a module ({str(error).strip()}): "
            f"install PostgreSQL's contrib modules, of which {' and '.join(EXTENSIONS)} are needed."
        )
        raise StartError(message) from None
    finally:
        connection.close()


def _create_database(cursor: psycopg2.extensions.cursor, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _create_schemas(
    cursor: psycopg2.extensions.cursor, database: str, passwords: dict[str, str]
) -> None:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'callboard\\_%'")
    existing = {row[0] for row in cursor.fetchall()}
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    superuser = bool(next(iter(cursor.fetchone() or ()), False))
    statements = ["REVOKE ALL ON SCHEMA public FROM PUBLIC"]
    for service in SERVICES:
        role = f"callboard_{service}"
        verb = "ALTER" if role in existing else "CREATE"
        statements += [
            f"{verb} ROLE {{role_{service}}} LOGIN PASSWORD {{password_{service}}}",
            # AUTHORIZATION below needs membership in the role, except for superusers.
            *([] if superuser else [f"GRANT {{role_{service}}} TO CURRENT_USER"]),
            f"CREATE SCHEMA IF NOT EXISTS {{{service}}} AUTHORIZATION {{role_{service}}}",
            f"ALTER ROLE {{role_{service}}} IN DATABASE {{database}} SET search_path = {{{service}}}",  # noqa: E501
        ]
    # Wherever an extension is already; by default in a schema of their own.
    statements += [
        "CREATE SCHEMA IF NOT EXISTS extensions",
        *(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions" for name in EXTENSIONS),
    ]
    names = {"database": sql.Identifier(database)}
    for service, password in passwords.items():
        names[service] = sql.Identifier(service)
        names[f"role_{service}"] = sql.Identifier(f"callboard_{service}")
        names[f"password_{service}"] = sql.Literal(password)  # type: ignore[assignment]
    cursor.execute(sql.SQL("; ".join(statements)).format(**names))
    _open_extensions(cursor)
    if superuser and cursor.connection.server_version >= 150000:  # noqa: PLR2004
        for service in SERVICES:
            role_name = sql.Identifier(f"callboard_{service}")
            cursor.execute(sql.SQL(GRANT_SUSPEND_KEYS).format(role=role_name))


def _open_extensions(cursor: psycopg2.extensions.cursor) -> None:
    """Let the services use the extensions, in whichever schema each is."""
    cursor.execute(
        "SELECT DISTINCT nspname FROM pg_extension "
        "JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = ANY(%s)",
        (list(EXTENSIONS),),
    )
    roles = sql.SQL(", ").join(sql.Identifier(f"callboard_{service}") for service in SERVICES)
    for (schema,) in cursor.fetchall():
        grant = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}")
        cursor.execute(grant.format(sql.Identifier(schema), roles))


def _database_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/") or "postgres"


def with_path(url: str, database: str) -> str:
    """The URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def with_user(url: str, role: str, password: str) -> str:
    """The URL with another role and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    # libpq accepts both in the query too, where they would override these.
    query = urlencode(
        [pair for pair in parse_qsl(parts.query) if pair[0] not in {"user", "password"}]
    )
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password)}@{host}", query=query))
