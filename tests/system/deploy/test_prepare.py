"""``python -m deploy.prepare``: the databases of containers, brought to this release."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from alembic.util import CommandError
from psycopg2 import sql

from deploy.local.parts import Parts
from deploy.local.provision import is_prepared, provision, with_path
from deploy.local.settings import StartError
from deploy.local.starter_set import ensure_starter_set
from deploy.prepare import UrlPasswords, prepare
from deploy.transfer.load import load_tables
from deploy.transfer.target import Target
from services.common.database.migrations import differences, downgrade
from services.common.wire.topology import SERVICES
from tests.unit.deploy.environments import URLS
from tests.world import World

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


def test_a_server_without_the_extensions_is_refused_with_what_to_do(
    environ: dict[str, str],
) -> None:
    """Where the services' roles may not create them; in any schema that they may use, they do."""
    admin = environ["DATABASE_URL"]
    urls = {service: environ[URLS[service]] for service in SERVICES}
    provision(admin, UrlPasswords(urls))
    run(admin, "DROP EXTENSION pg_trgm; DROP EXTENSION unaccent; DROP SCHEMA extensions")
    without = {name: value for name, value in environ.items() if name != "DATABASE_URL"}
    with pytest.raises(CommandError, match=r"run CREATE SCHEMA .* CREATE EXTENSION unaccent"):
        prepare(without)
    run(admin, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent")
    with pytest.raises(CommandError, match="run GRANT USAGE ON SCHEMA public TO PUBLIC"):
        prepare(without)
    run(admin, "GRANT USAGE ON SCHEMA public TO PUBLIC")
    assert prepare(without) is True
    provision(admin, UrlPasswords(urls))


STARTED = (
    ("auth", "department"),
    ("assets", "entity_type"),
    ("tasks", "task_status"),
    ("tasks", "task_type"),
    ("crud", "project_status"),
)


def names(environ: dict[str, str], service: str, table: str) -> set[str]:
    """The names in a table."""
    return {row[0] for row in read(environ, service, f"SELECT name FROM {table}")}


def read(environ: dict[str, str], service: str, statement: str) -> list[tuple[Any, ...]]:
    """What a statement answers, committed."""
    with (
        closing(psycopg2.connect(environ[URLS[service]])) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def started(environ: dict[str, str]) -> dict[str, set[str]]:
    """What a studio starts with, as it is now."""
    return {table: names(environ, service, table) for service, table in STARTED}


def test_an_empty_system_is_given_what_a_studio_starts_with(environ: dict[str, str]) -> None:
    """Each row is told of, and refers to what is there; the administrator has a time zone."""
    prepare({**environ, "DEFAULT_TIMEZONE": "Asia/Tokyo"})
    result = started(environ)
    assert result["project_status"] == {"Open", "Closed"}
    assert result["entity_type"] == {"Character", "Environment", "Prop", "FX"}
    flags = "SELECT short_name FROM task_status WHERE is_default AND NOT for_concept"
    assert read(environ, "tasks", flags) == [("todo",)]
    kinds = read(environ, "tasks", "SELECT DISTINCT for_entity FROM task_type")
    assert {kind for (kind,) in kinds} == {"Asset", "Shot", "Concept", "Edit"}
    used = read(environ, "tasks", "SELECT DISTINCT department_id::text FROM task_type")
    known = read(environ, "auth", "SELECT id::text FROM department")
    assert set(used) <= set(known)
    for service, table in STARTED:
        count = len(read(environ, service, f"SELECT id FROM {table}"))
        subject = {"entity_type": "asset-type"}.get(table, table.replace("_", "-"))
        told = f"SELECT event_id FROM outbox WHERE name = '{subject}:new'"
        assert len(read(environ, service, told)) == count > 0, table
    place = read(environ, "auth", "SELECT timezone, locale FROM person")
    assert place == [("Asia/Tokyo", "en_US")]


def test_what_a_studio_renames_or_deletes_is_never_made_again(environ: dict[str, str]) -> None:
    """However often it starts."""
    prepare(environ)
    read(environ, "auth", "UPDATE department SET name = 'Sculpting' WHERE name = 'Modeling'")
    read(environ, "assets", "DELETE FROM entity_type")
    read(environ, "tasks", "DELETE FROM task_type WHERE for_entity = 'Edit'")
    left = started(environ)
    prepare(environ)
    assert started(environ) == left


def test_two_first_starts_at_once_make_it_once(environ: dict[str, str]) -> None:
    """The second waits for the first."""
    prepare({**environ, "ADMIN_EMAIL": "", "STARTER_SET": "none"})
    for service in ("auth", "assets", "tasks", "crud"):
        read(environ, service, "DELETE FROM inbox")
    urls = {service: environ[URLS[service]] for service in SERVICES}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ensure_starter_set(urls, "usual"), range(2)))
    assert started(environ)["project_status"] == {"Open", "Closed"}
    told = read(environ, "crud", "SELECT name FROM outbox WHERE name = 'project-status:new'")
    assert len(told) == 2


def test_a_first_start_that_was_killed_is_finished_by_the_next(environ: dict[str, str]) -> None:
    """As it was decided, whatever is wanted by now."""
    prepare(environ)
    whole = started(environ)
    read(environ, "tasks", "DELETE FROM task_type; DELETE FROM task_status; DELETE FROM inbox")
    assert not is_prepared({s: environ[URLS[s]] for s in SERVICES}, with_admin=True)
    prepare({**environ, "STARTER_SET": "none"})
    assert started(environ) == whole


def test_a_studio_that_wants_none_or_has_its_own_is_given_none(environ: dict[str, str]) -> None:
    """Such as one that comes from a release that had no starter set."""
    prepare({**environ, "STARTER_SET": "none"})
    assert not any(started(environ).values())
    for service in ("auth", "assets", "tasks", "crud"):
        read(environ, service, "DELETE FROM inbox")
    prepare(environ)  # there is an administrator
    assert not any(started(environ).values())
    with pytest.raises(StartError, match="STARTER_SET is 'all'"):
        prepare({**environ, "STARTER_SET": "all"})


def test_a_starter_set_gives_way_to_an_import(environ: dict[str, str]) -> None:
    """Nothing is left of it but what somebody used already."""
    prepare(environ)
    read(
        environ,
        "auth",
        "INSERT INTO department_link (person_id, department_id) "
        "SELECT p.id, d.id FROM person p, department d WHERE d.name = 'FX'",
    )
    ids = read(environ, "crud", "SELECT id::text FROM project_status")
    logged = "INSERT INTO api_event (id, name, data) VALUES (gen_random_uuid(), 'x', '{}')"
    read(environ, "crud", logged.replace("'{}'", f"""'{{"project_status_id": "{ids[0][0]}"}}'"""))
    tables = World().tables
    target = Target({s: environ[URLS[s]] for s in SERVICES}, "", {})

    report = load_tables(target, tables, replace=False)

    assert not report.counts
    result = started(environ)
    for _, table in STARTED:
        brought = {row["name"] for row in tables[table]}
        assert result[table] == brought | ({"FX"} if table == "department" else set()), table
    assert read(environ, "crud", "SELECT id FROM api_event") == []
    prepare(environ)
    assert started(environ) == result
