"""Triggers note what changes in the rows that events are about."""

from __future__ import annotations

import uuid
from typing import Any, Final

import pytest
import sqlalchemy as sa

from deploy.docs.declarations import registries
from services.common.events import outbox
from tests.running import SERVICES
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

#: Resources whose changes nobody hears of: a notification says all in its event, and an event of
#: the log is one itself.
UNTOLD: Final = {"notification", "api_event"}
#: One transaction that emits 20,000 events, each of another row.
MANY_EVENTS: Final = """
WITH made AS (
  INSERT INTO row_change (row_id, table_name, before, after)
  SELECT gen_random_uuid(), 'many', '{}', '{}' FROM generate_series(1, 20000) RETURNING row_id
)
INSERT INTO outbox (event_id, name, payload, stored)
SELECT gen_random_uuid(), 'task:update', json_build_object('task_id', row_id)::text, true FROM made
"""


def noted(service: OneService) -> list[outbox.Row]:
    """The outbox as the relay reads it."""
    return outbox.read(service.database.raw.cursor(), 500, [])


def changes(service: OneService) -> list[dict[str, Any]]:
    """What was noted in the test's transaction; what other tests committed may be left."""
    query = sa.text("SELECT pg_current_xact_id()::text::bigint")
    with service.database.read() as connection:
        own = connection.scalar(query)
    return service.rows("row_change", tx=own)


@pytest.mark.parametrize("name", SERVICES)
def test_every_resource_notes_its_changes(name: str, make_service: MakeService) -> None:
    """Inserts, updates and deletes; none of its secrets."""
    service = make_service(name)
    (registry,) = (one for one in registries() if one.service == name)
    query = sa.text(
        "SELECT tgrelid::regclass::text, tgname, tgargs FROM pg_trigger WHERE tgname LIKE 'note_%'"
    )
    with service.database.read() as connection:
        found: dict[str, dict[str, Any]] = {}
        for table, trigger, arguments in connection.execute(query):
            found.setdefault(table.rpartition(".")[2], {})[trigger] = bytes(arguments)
    for resource in registry:
        table = resource.table.name
        if table in UNTOLD:
            continue
        assert set(found.get(table, {})) == {"note_added", "note_changed", "note_removed"}, table
        for arguments in found[table].values():
            left_out = set(arguments.decode().split("\0"))
            assert resource.hidden <= left_out, table


def test_an_event_has_the_row_before_and_after_its_transaction(
    make_service: MakeService, world: World
) -> None:
    """From the first state to the last, however many statements changed it."""
    tasks = make_service("tasks")
    tasks.fill(world)
    new = {"name": "S", "short_name": "s", "color": "#1"}
    status = tasks.call("admin", "create_row", path="task-status", data=new)
    for name in ("T", "U"):
        tasks.call(
            "admin", "update_row", path="task-status", ident=status["id"], data={"name": name}
        )
    events = [row for row in noted(tasks) if row.name.startswith("task-status")]
    # One transaction is the whole test, so all three have the same rows.
    assert {row.before for row in events} == {None}
    assert all('"name": "U"' in (row.after or "") for row in events)


def test_secrets_are_never_noted(make_service: MakeService, world: World) -> None:
    """Nor is a change of nothing else."""
    auth = make_service("auth")
    auth.fill(world)
    person = uuid.UUID(world.people["artist"])
    with auth.database.session() as session:
        change = sa.text("UPDATE person SET password = '\\x00', jti = 'secret' WHERE id = :id")
        session.execute(change, {"id": person})
        session.execute(sa.text("UPDATE person SET phone = '1' WHERE id = :id"), {"id": person})
        session.commit()
    (row,) = auth.rows("row_change", row_id=person)
    assert row["after"]["phone"] == "1"
    assert not {"password", "jti", "totp_secret"} & (row["before"].keys() | row["after"].keys())


def test_what_is_published_is_forgotten(make_service: MakeService, world: World) -> None:
    """Once no event of the transaction is left."""
    tasks = make_service("tasks")
    tasks.fill(world)
    tasks.call("admin", "update_row", path="tasks", ident=world.task, data={"priority": 3})
    tasks.call("admin", "update_row", path="tasks", ident=world.task, data={"priority": 2})
    rows, cursor = noted(tasks), tasks.database.raw.cursor()
    told = {row.tx for row in rows if row.tx is not None}
    noted_changes = changes(tasks)
    assert noted_changes
    outbox.remove(cursor, rows[:1])
    outbox.forget(cursor, told)
    assert changes(tasks) == noted_changes
    outbox.remove(cursor, rows[1:])
    outbox.forget(cursor, told)
    assert noted(tasks) == changes(tasks) == []


def test_a_transaction_of_very_many_events_is_forgotten_at_once(make_service: MakeService) -> None:
    """Though nothing told the planner how large the tables have become: it took 34 seconds."""
    tasks = make_service("tasks")
    cursor = tasks.database.raw.cursor()
    cursor.execute(MANY_EVENTS)
    rows = outbox.read(cursor, 500, [])
    outbox.remove(cursor, rows)
    cursor.execute("SET LOCAL statement_timeout = '10s'")
    outbox.forget(cursor, {row.tx for row in rows if row.tx is not None})
    cursor.execute("SELECT count(*) FROM row_change WHERE table_name = 'many'")
    assert cursor.fetchone()[0] == 20_000


def test_a_bulk_write_can_note_nothing(make_service: MakeService, world: World) -> None:
    """It says so for its own transaction."""
    tasks = make_service("tasks")
    tasks.fill(world)
    with tasks.database.session() as session:
        session.execute(sa.text("SET LOCAL callboard.changes = 'off'"))
        session.execute(sa.text("UPDATE task SET priority = 7"))
        session.commit()
    assert changes(tasks) == []
