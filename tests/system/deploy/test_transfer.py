"""Data in and out, as an operator meets it: what is kept, what is named, what changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from kombu import Connection

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from deploy.transfer.backup import restore
from deploy.transfer.dump import DumpFile
from deploy.transfer.export import backup, export
from deploy.transfer.load import load, load_tables
from deploy.transfer.report import Report, TransferError
from deploy.transfer.target import Target
from deploy.transfer.verify import verify
from services.common.bulk.importing import ServiceImport
from services.common.wire.topology import HISTORY
from tests.bench.rows import write
from tests.running import System, until
from tests.system.deploy.dumps import Tables, command, dump, named, read, rows
from tests.world import World, ident


def test_what_goes_in_comes_out(system: System, tables: Tables, tmp_path: Path) -> None:
    """Ids, times, hashes, codes, choices, JSON and links survive a dump, its import and export."""
    report = load(
        system.target, DumpFile(dump(tmp_path / "in.json.gz", tables)).batches(), replace=True
    )
    assert report.heard
    assert not report.counts, report.counts
    assert report.rows == {name: len(given) for name, given in tables.items() if given}

    export(system.target, tmp_path / "out.json.gz")

    out = read(tmp_path / "out.json.gz")
    for name, given in tables.items():
        by_key = {row.get("id", json.dumps(row)): row for row in out[name]}
        for row in given:
            result = by_key[row["id"]] if "id" in row else row
            assert {key: result[key] for key in row} == row

    load(system.target, DumpFile(tmp_path / "out.json.gz").batches(), replace=True)
    export(system.target, tmp_path / "again.json.gz")
    assert read(tmp_path / "again.json.gz") == out


def test_a_second_import_changes_nothing_and_a_later_one_what_differs(
    system: System, tables: Tables
) -> None:
    """An import can be repeated; what the source changed since is brought up to date."""
    load_tables(system.target, tables)
    again = load_tables(system.target, tables, replace=False)
    assert again.changed == 0
    assert sum(again.rows.values()) == sum(map(len, tables.values()))

    tables["department"][0]["name"] = "Renamed"
    tables["project_person_link"][0]["role"] = "manager"
    tables["department"].append({**tables["department"][0], "id": ident("new"), "name": "New"})
    later = load_tables(system.target, tables, replace=False)
    assert later.changed == 3
    assert rows(system, "auth", "SELECT name FROM department ORDER BY name") == [
        ("New",),
        ("Renamed",),
    ]


def test_what_cannot_be_kept_is_counted_and_named(
    system: System, tables: Tables, tmp_path: Path
) -> None:
    """Unknown names, dangling references, impossible values; the rest of each row is kept."""
    nowhere = ident("nowhere")
    department, task = tables["department"][0], tables["task"][0]
    tables["brand_new"] = [{"id": nowhere}]
    department["flavour"] = "sweet"
    tables["comment"][0]["object_id"] = nowhere
    task["assigner_id"] = nowhere
    tables["person"][0] |= {"seniority": "ancient", "phone": "1" * 40}
    tables["department"].append({**department, "id": ident("twin")})
    tables["task"].append({**task, "id": ident("hard"), "name": "hard", "difficulty": 9})
    tables["task"].append({**task, "id": ident("soft"), "name": "soft", "due_date": "soon"})
    tables["studio"].append({"id": ident("nameless"), "color": "#fff"})

    report = Report(tmp_path / "report.jsonl")
    load(system.target, tables.items(), replace=True, report=report)
    report.close()

    assert named(report, "unknown table") == {"brand_new.": 1}
    assert named(report, "unknown column") == {"department.flavour": 2}
    assert named(report, "dangling reference") == {
        "comment.object_id": 1,
        "task.assigner_id": 2,
    }
    assert named(report, "outside the rules") == {"person.seniority": 1, "task.difficulty": 1}
    assert named(report, "shortened") == {"person.phone": 1}
    assert named(report, "lost value") == {"task.due_date": 1}
    assert named(report, "refused row") == {"department.": 1, "task.": 1, "studio.name": 1}
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert len(lines) == sum(report.counts.values())
    assert any(line["key"] == ident("hard") for line in lines if "key" in line)
    assert rows(system, "tasks", "SELECT object_id::text FROM comment WHERE text = 'Go'") == [
        (nowhere,)
    ]
    assert rows(system, "auth", "SELECT seniority FROM person WHERE seniority = 'ancient'")
    assert rows(system, "tasks", "SELECT due_date FROM task WHERE name = 'soft'") == [(None,)]


@pytest.mark.parametrize("replace", [True, False])
def test_a_broken_dump_changes_nothing(
    system: System, tables: Tables, tmp_path: Path, replace: bool
) -> None:
    """Truncated anywhere, of another format, or no dump at all: one sentence, all as before."""
    load_tables(system.target, tables)
    before = rows(system, "auth", "SELECT id, xmin::text FROM person ORDER BY id")
    whole = dump(tmp_path / "whole.json.gz", tables).read_bytes()
    plain = gzip.decompress(whole)
    broken = {
        "half.json.gz": whole[: len(whole) // 2],
        "half.json": plain[: len(plain) // 2],
        "end.json": plain[:-2],
        "more.json": plain + b"{}",
        "foreign.json": b'{"a": [1, 2]}',
        "list.json": b"[]",
        "empty.json": b"",
        "picture.json": b"\x89PNG\r\n\x1a\n",
        "newer.json": plain.replace(b"zou-tables/1", b"zou-tables/2"),
        "bent.json": plain.replace(b'"first_name": "Artist"', b'"first_name": Artist'),
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TransferError) as refusal:
            load(system.target, DumpFile(tmp_path / name).batches(), replace=replace)
        assert str(tmp_path / name) in str(refusal.value)
        assert "\n" not in str(refusal.value)
    assert rows(system, "auth", "SELECT id, xmin::text FROM person ORDER BY id") == before


def test_an_import_stopped_between_two_commits_is_finished_by_the_next(
    system: System, tables: Tables
) -> None:
    """One service is in, the others are not; the next run brings in the rest and says how much."""
    load_tables(system.target, {})
    first = ServiceImport("auth", system.parts.urls["auth"], replace=False)
    first.begin()
    for name in first.tables:
        first.add(name, tables.get(name, []))
    first.commit()
    first.close()

    def interrupted() -> Iterator[tuple[str, list[dict[str, Any]]]]:
        yield from list(tables.items())[:-3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(system.target, interrupted(), replace=False)
    assert rows(system, "tasks", "SELECT count(*) FROM task") == [(0,)]

    report = load_tables(system.target, tables, replace=False)
    assert report.changed == sum(map(len, tables.values())) - sum(first.imported.values())
    assert rows(system, "tasks", "SELECT count(*) FROM task") == [(len(tables["task"]),)]


def test_a_cached_right_ends_with_the_import(system: System, world: World) -> None:
    """Whoever was an administrator and isn't any more is refused by the very next request."""
    caller = system.caller(world.admin)
    for _ in range(5):
        system.load(world.tables)
        assert caller.get("/data/persons").status_code == 200
        assert caller.post("/data/studios", {"name": "A", "color": "#1"}).status_code == 200
        demoted = [
            {**row, "role": "user"} if row["id"] == world.admin else row
            for row in world.tables["person"]
        ]
        assert load_tables(system.target, {**world.tables, "person": demoted}).heard
        assert caller.post("/data/studios", {"name": "B", "color": "#1"}).status_code == 403


def test_events_of_before_are_not_handled_after(system: System, world: World) -> None:
    """What happened to rows that are gone leaves no trace among those that came."""
    told = [
        {
            "name": name,
            "payload": {},
            "event_id": str(uuid.uuid4()),
            "time": when,
            "source": "crud",
            "project_id": world.project,
        }
        for name, when in (
            ("late:event", "2026-01-01T00:00:00.000001"),
            ("new:event", "2100-01-01T00:00:00.000001"),
        )
    ]

    def logged() -> list[tuple[str]]:
        return rows(system, "crud", "SELECT name FROM api_event ORDER BY name")

    system.load(world.tables)
    with Connection(system.parts.amqp_uri) as connection:
        connection.Producer(serializer="json").publish(told, exchange=HISTORY)
    until(logged, what="the new event")
    assert logged() == [("new:event",)]


def test_an_import_is_one_event(system: System, tables: Tables) -> None:
    """Subscribers hear once, with the counts."""
    heard: list[Any] = []
    with Connection(system.parts.amqp_uri) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).queue
        for service in system.parts.urls:
            channel.queue_bind(queue, f"{service}.events", "#")
        channel.basic_consume(queue, no_ack=True, callback=heard.append)
        load_tables(system.target, tables)
        until(lambda: connection.drain_events(timeout=5) or heard, what="the event")
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.3)
    (message,) = heard
    assert message.delivery_info["routing_key"] == "import:done"
    payload = json.loads(message.body)
    assert payload["replaced"]
    assert payload["tables"]["person"] == len(tables["person"])
    assert payload["rows"] == sum(map(len, tables.values()))


def test_verify_says_what_differs(system: System, tables: Tables, tmp_path: Path) -> None:
    """Nothing after an import; then a changed row and a missing one."""
    source = DumpFile(dump(tmp_path / "in.json", tables))
    load(system.target, source.batches(), replace=True)
    verdict = verify(system.target, source)
    assert verdict.same, verdict.differences
    assert verdict.api_answers > 20

    caller = system.caller(ident("person admin"))
    body = {"description": "changed"}
    assert caller.put(f"/data/entities/{ident('entity hero')}", body).status_code == 200
    tables["studio"].append({**tables["studio"][0], "id": ident("gone"), "name": "Gone"})
    verdict = verify(system.target, DumpFile(dump(tmp_path / "in.json", tables)))
    text = "\n".join(verdict.differences)
    assert "entity: " in text
    assert "studio: 2 rows in the source, 1 here" in text
    assert "/data/studios/" in text


def noted_and_there(target: Target, service: str, table: str) -> bool:
    """Whether the rows that the database has counted are those there are."""
    connection = psycopg2.connect(target.urls[service])
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(rows) FROM row_count WHERE table_name = %s), "
            f"(SELECT count(*) FROM {table} WHERE project_id IS NOT NULL)",
            (table,),
        )
        noted, there = cursor.fetchone()  # type: ignore[misc]
    connection.close()
    return bool(noted == there > 0)


def test_a_backup_restores_into_another_run(system: System, tables: Tables, tmp_path: Path) -> None:
    """All services, their unpublished events too; a backup of other schemas is refused."""
    load_tables(system.target, tables)
    path = tmp_path / "backup.json.gz"
    backup(system.target, path)
    export(system.target, tmp_path / "here.json.gz")
    with backing(
        LocalSettings(run_dir=str(tmp_path / "run"), admin_email="", starter_set="none")
    ) as parts:
        parts.wait()
        second = Target(parts.urls, parts.amqp_uri, {})
        restore(second, path)
        export(second, tmp_path / "there.json.gz")
        assert read(tmp_path / "there.json.gz") == read(tmp_path / "here.json.gz")
        for service, table in (("assets", "entity"), ("tasks", "task")):
            assert noted_and_there(second, service, table)

        whole = gzip.decompress(path.read_bytes())
        (tmp_path / "cut.json").write_bytes(whole[:-200])
        older = whole.replace(b'"tasks":"0', b'"tasks":"9', 1)
        (tmp_path / "older.json").write_bytes(older)
        for name, said in (("cut.json", "truncated"), ("older.json", "revision 9")):
            with pytest.raises(TransferError, match=said):
                restore(second, tmp_path / name)
        export(second, tmp_path / "still.json.gz")
        assert read(tmp_path / "still.json.gz") == read(tmp_path / "here.json.gz")


def test_the_commands_say_what_they_did(system: System, tables: Tables, tmp_path: Path) -> None:
    """Statuses and sentences of import, verify and export."""
    path = dump(tmp_path / "in.json", tables)
    status, said, _ = command(system, tmp_path, "import", DUMP=str(path), MODE="replace")
    assert status == 0
    assert "deleted first" in said
    assert f"{sum(map(len, tables.values()))} rows" in said
    assert command(system, tmp_path, "verify", DUMP=str(path))[0] == 0
    assert command(system, tmp_path, "export", FILE=str(tmp_path / "out.json.gz"))[0] == 0
    assert read(tmp_path / "out.json.gz")

    for environ in (
        {},
        {"DUMP": "/nowhere.json"},
        {"DUMP": str(path), "MODE": "destroy"},
        {"SOURCE": "postgresql://nobody@127.0.0.1:1/none"},
        {"SOURCE": "nonsense"},
        {"SOURCE": system.parts.urls["chat"]},
    ):
        status, _, complaint = command(system, tmp_path, "import", **environ)
        assert status == 2
        assert len(complaint.strip().splitlines()) == 1, complaint
    tables["studio"][0]["name"] = "Other"
    status, said, _ = command(system, tmp_path, "verify", DUMP=str(dump(path, tables)))
    assert status == 1
    assert "studio" in said


def test_a_killed_import_leaves_all_as_it_was(
    system: System, tables: Tables, tmp_path: Path
) -> None:
    """SIGKILL in the middle of a large dump; the next run brings all of it in."""
    load_tables(system.target, tables)
    path, kept = tmp_path / "large.json.gz", [(len(tables["comment"]),)]
    count = write(path, 40_000)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "deploy.transfer", "import"],
        env={
            **os.environ,
            **system.environment(),
            "RUN_DIR": str(tmp_path),
            "DUMP": str(path),
            "MODE": "replace",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    begun = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"
    until(lambda: rows(system, "tasks", begun), 30, "a COPY under way")
    process.kill()
    process.wait(10)
    until(lambda: rows(system, "tasks", "SELECT count(*) FROM comment") == kept, 10, "the rest")

    status, said, _ = command(system, tmp_path, "import", DUMP=str(path), MODE="replace")
    assert status == 0
    assert f"{count} rows" in said
