"""What a new studio starts with, before anything makes it."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import Any

import msgspec
import pytest

from deploy.local.provision import DECIDED, STARTED
from deploy.local.starter_set import STARTER_SETS
from services.common.bulk import starter_set
from services.common.bulk.starter_set import StarterRows
from services.common.database.migrations import metadata_of
from services.common.wire.topology import HISTORY_QUEUE
from services.crud.event_log import EventLogRpc

KINDS = [
    pytest.param(service, kind, id=kind.table)
    for service, kinds in STARTER_SETS.items()
    for kind in kinds
]


def rows(service: str, table: str) -> list[dict[str, Any]]:
    """The rows that a service declares."""
    (kind,) = [kind for kind in STARTER_SETS[service] if kind.table == table]
    return [dict(row) for row in kind.rows]


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_events_are_those_of_the_resource(service: str, kind: StarterRows) -> None:
    """As if the rows had been created over HTTP."""
    registry = import_module(f"services.{service}.resources").RESOURCES
    resource = registry.of_table(kind.table)
    event = registry.event(
        resource, "new", {**dict.fromkeys(resource.table.c.keys()), **kind.rows[0]}
    )
    assert event.event_name == f"{kind.subject}:new"
    assert msgspec.structs.fields(event)[0].name == f"{kind.subject.replace('-', '_')}_id"


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_each_row_fits_its_table(service: str, kind: StarterRows) -> None:
    """Columns that there are, whatever must be there, texts that are not too long."""
    table = metadata_of(service).tables[kind.table]
    needed = {c.name for c in table.c if not (c.nullable or c.default or c.server_default)}
    for row in kind.rows:
        assert needed <= row.keys() <= set(table.c.keys())
        for name, value in row.items():
            limit = getattr(table.c[name].type, "length", None)
            assert limit is None or len(value) <= limit, (name, value)


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_rows_are_told_apart(service: str, kind: StarterRows) -> None:
    """By their ids; but for concepts' types, by their names as well."""
    del service
    made = kind.rows
    assert len({row["id"] for row in made}) == len(made)
    taken = Counter((row["name"], row.get("for_entity") == "Concept") for row in made)
    assert set(taken.values()) == {1}


def test_task_types_belong_to_departments_of_the_set() -> None:
    """Which another service makes."""
    departments = {row["id"] for row in rows("auth", "department")}
    assert {row["department_id"] for row in rows("tasks", "task_type")} <= departments


def test_there_is_one_default_status() -> None:
    """The first one, and one for each thing that a status may say of a task."""
    statuses = rows("tasks", "task_status")
    assert [row["short_name"] for row in statuses] == [
        "todo",
        "ready",
        "wip",
        "wfa",
        "retake",
        "done",
    ]
    for flag, name in (
        ("is_default", "todo"),
        ("is_wip", "wip"),
        ("is_feedback_request", "wfa"),
        ("is_retake", "retake"),
        ("is_done", "done"),
    ):
        assert [row["short_name"] for row in statuses if row[flag]] == [name]


def test_a_start_looks_for_what_preparing_notes() -> None:
    """It knows of it without loading what preparing needs."""
    assert set(STARTED) == set(STARTER_SETS)
    assert str(starter_set.DECIDED) == DECIDED


def test_the_event_logs_queue_is_the_one_declared_with_its_exchange() -> None:
    """Else the events of a first start are lost to the log."""
    (handler,) = EventLogRpc.log_events.nameko_entrypoints
    assert handler.batches_of
    suffix = ".ordered" if handler.ordered else ""
    assert f"crud.{EventLogRpc.log_events.__name__}{suffix}" == HISTORY_QUEUE
