"""``python -m deploy.prepare``: the databases of containers, brought to this release."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2 import sql

from deploy.local.parts import Parts
from deploy.local.provision import is_prepared, provision, with_path
from deploy.local.settings import StartError
from deploy.prepare import UrlPasswords, prepare
from services.common.database.migrations import differences, downgrade
from services.common.wire.topology import SERVICES
from tests.unit.deploy.environments import URLS

DATABASE = "prepared"


def as_superuser(url: str) -> str:
    """The embedded server trusts whoever can reach its socket."""
    return url.replace(url.split("//")[1].split("@", maxsplit=1)[0], "postgres")


def run(url: str, statement: str) -> None:
    """One statement outside a transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))
    connection.close()


@pytest.fixture
def environ(parts: Parts) -> Iterator[dict[str, str]]:
    """As compose hands it over, for a database that is empty."""
    admin = as_superuser(parts.urls["auth"])
    run(admin, "CREATE DATABASE {}")
    yield {
        "DATABASE_URL": with_path(admin, DATABASE),
        "ADMIN_EMAIL": "First@example.com",
        "ADMIN_PASSWORD": "a-test-password",
        **{URLS[service]: with_path(url, DATABASE) for service, url in parts.urls.items()},
    }
    run(admin, "DROP DATABASE {} WITH (FORCE)")


def test_it_makes_what_is_missing_and_changes_nothing_afterwards(environ: dict[str, str]) -> None:
    """Roles, schemas, tables, the first administrator."""
    assert prepare(environ) is True
    assert prepare(environ) is False
    for service in SERVICES:
        assert differences(service, environ[URLS[service]]) == []


def test_without_a_role_that_may_make_roles_it_only_migrates(environ: dict[str, str]) -> None:
    """As where an operator of the databases has made all roles."""
    prepare(environ)
    without = {name: value for name, value in environ.items() if name != "DATABASE_URL"}
    assert prepare(without) is False


def test_a_start_sees_whether_there_is_anything_to_prepare(environ: dict[str, str]) -> None:
    """A schema without tables, one that is a migration behind, a studio without administrator."""
    urls = {service: environ[URLS[service]] for service in SERVICES}
    without_admin = {**environ, "ADMIN_EMAIL": ""}
    provision(environ["DATABASE_URL"], UrlPasswords(urls))
    assert not is_prepared(urls, with_admin=False)
    prepare(without_admin)
    assert is_prepared(urls, with_admin=False)
    assert not is_prepared(urls, with_admin=True)
    prepare(environ)
    assert is_prepared(urls, with_admin=True)
    downgrade("chat", urls["chat"], "0003")
    assert not is_prepared(urls, with_admin=True)


def test_a_database_that_a_start_can_not_look_into_is_not_prepared(parts: Parts) -> None:
    """It is for preparing it to say what is wrong."""
    stranger = parts.urls["chat"].replace("callboard_chat", "stranger")
    assert not is_prepared({"chat": stranger}, with_admin=False)


def test_a_service_can_not_read_anothers_tables(environ: dict[str, str]) -> None:
    """Its role has no right there."""
    prepare(environ)
    connection = psycopg2.connect(environ[URLS["chat"]])
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SELECT count(*) FROM auth.person")
    connection.close()


def test_a_url_of_another_role_is_refused_by_name(environ: dict[str, str]) -> None:
    """Before anything is made."""
    wrong = {**environ, "CHAT_DATABASE_URL": environ["AUTH_DATABASE_URL"]}
    with pytest.raises(StartError, match="CHAT_DATABASE_URL must log in as callboard_chat"):
        prepare(wrong)
