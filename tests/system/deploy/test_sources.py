"""Importing from a live database, and into a system that nobody worked in yet."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from deploy.local.provision import with_path, with_user
from deploy.transfer.export import export
from deploy.transfer.live import LiveDatabase
from deploy.transfer.load import load, load_tables
from deploy.transfer.report import TransferError
from deploy.transfer.verify import verify
from services.auth.bootstrap import ensure_admin
from services.common.bulk.copy_format import Writer
from services.common.bulk.importing import own_tables
from services.common.database.pools import with_driver
from tests.running import SERVICES, System
from tests.system.deploy.dumps import Tables, command, dump, named, read, rows
from tests.world import ident

AS_IN_THE_REFERENCE = """
ALTER TABLE person ADD codes bytea[], ADD keys jsonb[];
UPDATE person SET
    codes = (SELECT array_agg(convert_to(c, 'UTF8')) FROM unnest(otp_recovery_codes) c),
    keys = (SELECT array_agg(k) FROM jsonb_array_elements(fido_credentials) k);
ALTER TABLE person DROP otp_recovery_codes, DROP fido_credentials;
ALTER TABLE person RENAME codes TO otp_recovery_codes;
ALTER TABLE person RENAME keys TO fido_credentials;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('abc');
"""


@pytest.fixture
def source(system: System, tables: Tables) -> Iterator[str]:
    """The address of a live database with all tables in one schema, as the reference has them."""
    owner = with_user(system.parts.urls["auth"], "postgres", "none")
    connection = psycopg2.connect(owner)
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE reference")
    url = with_path(owner, "reference")
    engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
    try:
        with engine.begin() as opened:
            cursor: Any = opened.connection.cursor()
            cursor.execute("SET LOCAL session_replication_role = replica")
            for service in SERVICES:
                result = own_tables(service)
                next(iter(result.values())).metadata.create_all(opened, list(result.values()))
                for name, table in result.items():
                    writer = Writer(table)
                    lines = b"".join(writer.line(row, []) for row in tables.get(name, []))
                    for own in set(table.c.keys()) - set(writer.columns):  # only we keep these
                        cursor.execute(f"ALTER TABLE {name} DROP COLUMN {own}")
                    columns = ", ".join(f'"{column}"' for column in writer.columns)
                    copy = f"COPY {name} ({columns}) FROM STDIN"
                    cursor.copy_expert(copy, io.BytesIO(lines))
            cursor.execute(AS_IN_THE_REFERENCE)
        yield url
    finally:
        connection.cursor().execute("DROP DATABASE reference WITH (FORCE)")
        connection.close()


def change(url: str, statement: str) -> None:
    """Do something to the source."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def test_a_live_database_is_read_as_its_dump_would_be(
    system: System, tables: Tables, source: str, tmp_path: Path
) -> None:
    """The same rows come in; a table that is not known is named; a check says so."""
    load_tables(system.target, tables)
    export(system.target, tmp_path / "dumped.json.gz")
    load_tables(system.target, {})

    report = load(system.target, LiveDatabase(source).batches(), replace=False)

    assert named(report, "unknown table") == {"alembic_version.": 1}
    assert set(report.counts) == {("unknown table", "alembic_version", "")}
    export(system.target, tmp_path / "live.json.gz")
    assert read(tmp_path / "live.json.gz") == read(tmp_path / "dumped.json.gz")
    assert load(system.target, LiveDatabase(source).batches(), replace=False).changed == 0
    verdict = verify(system.target, LiveDatabase(source))
    assert verdict.same, verdict.differences


def test_a_source_of_another_schema_is_refused(system: System, source: str) -> None:
    """A column that nothing can stand in for is gone; the sentence names it."""
    change(source, "ALTER TABLE task RENAME name TO title")
    with pytest.raises(TransferError, match=r"SOURCE has no task\.name"):
        LiveDatabase(source)
    change(source, "DROP TABLE task CASCADE")
    with pytest.raises(TransferError, match="SOURCE has no table task"):
        LiveDatabase(source)


def test_a_new_system_gives_way_to_what_comes(system: System, tables: Tables) -> None:
    """Its own administrator and organisation don't keep out those of the same name."""
    load_tables(system.target, {})
    assert ensure_admin(system.parts.urls["auth"], "admin@example.com", "a-password", {})
    tables["organisation"][0]["name"] = "Kitsu"

    report = load_tables(system.target, tables, replace=False)

    assert not report.counts
    assert rows(system, "auth", "SELECT id::text FROM organisation") == [
        (tables["organisation"][0]["id"],)
    ]
    result = rows(system, "auth", "SELECT id::text FROM person WHERE email = 'admin@example.com'")
    assert result == [(ident("person admin"),)]
    assert load_tables(system.target, tables, replace=False).changed == 0


def test_a_full_disk_is_one_sentence_and_no_change(
    system: System, tables: Tables, tmp_path: Path
) -> None:
    """The report can't be written: nothing is imported. A file can't: none is left."""
    load_tables(system.target, {})
    tables["brand_new"] = [{"id": 1}]
    path = dump(tmp_path / "in.json", tables)
    status, _, said = command(system, tmp_path, "import", DUMP=str(path), REPORT="/dev/full")
    assert status == 2
    assert "No space left" in said
    assert rows(system, "auth", "SELECT count(*) FROM person") == [(0,)]

    load_tables(system.target, tables)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "deploy.transfer", "export"],
        env={**system.environment(), "FILE": str(tmp_path / "out.json")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip().endswith("can't be written: File too large.")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def test_a_role_without_the_right_to_rest_keys_imports_too(
    system: System, tables: Tables, tmp_path: Path
) -> None:
    """As in a managed PostgreSQL: orphans come in, and the keys hold for rows to come."""
    load_tables(system.target, {})
    tables["comment"][0]["object_id"] = ident("nowhere")
    owner = with_user(system.parts.urls["auth"], "postgres", "none")
    roles = ", ".join(f"callboard_{service}" for service in SERVICES)
    right = f"SET ON PARAMETER session_replication_role {{}} {roles}"
    keys = "SELECT conrelid, conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2"
    before = rows(system, "tasks", keys)
    change(owner, f"REVOKE {right.format('FROM')}")
    try:
        for _ in range(2):
            report = load_tables(system.target, tables)
            assert report.heard
            assert sum(report.rows.values()) == sum(map(len, tables.values()))
    finally:
        change(owner, f"GRANT {right.format('TO')}")
    assert named(report, "dangling reference") == {"comment.object_id": 1}
    assert rows(system, "tasks", keys) == before
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        change(
            system.parts.urls["tasks"],
            f"INSERT INTO news (id, task_id, author_id, change) "
            f"VALUES ('{ident('n')}', '{ident('nowhere')}', '{ident('n')}', false)",
        )
