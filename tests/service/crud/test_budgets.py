"""Budgets of a production: for its managers, and of that production only."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import Integrity, InvalidInput, NotFound, ServiceError
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OK, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
FIRST: Final = ident("budget first")
#: Of the other production.
OTHERS: Final = ident("budget others")
ENTRY: Final[dict[str, Any]] = {
    "department_id": ident("department modeling"),
    "start_date": "2026-01-05",
    "months_duration": 6,
    "daily_salary": 320,
}


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, with a budget of each of two productions; all but ``NOWHERE`` exists."""
    service = make_service("crud")
    world.add("budget", "others", name="Others", project_id=world.past, revision=1)
    world.add("budget_entry", "others", budget_id=OTHERS, **ENTRY)

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    service.fakes.replies["auth.find_existing_rows"] = existing
    service.fill(world)
    return service


def call(crud: OneService, method: str, /, **arguments: Any) -> Any:
    """Call as a manager, about the first budget if none is given."""
    given: dict[str, Any] = {"project_id": crud.world.project, **arguments}
    return crud.call("manager", method, **given)


def add_entry(crud: OneService, **changes: Any) -> Any:
    """Add an entry to the first budget."""
    data = {**ENTRY, **changes}
    return call(crud, "create_budget_entry", budget_id=FIRST, data=data)


def test_a_budget_gets_the_next_revision(crud: OneService) -> None:
    """Its currency is the dollar, unless another or none is named."""
    made = [
        call(crud, "create_budget", data={"name": "B", **given})
        for given in ({}, {"currency": "EUR"}, {"currency": None})
    ]
    assert [(row["revision"], row["currency"]) for row in made] == [
        (2, "USD"),
        (3, "EUR"),
        (4, None),
    ]
    assert [row["revision"] for row in call(crud, "list_budgets")] == [1, 2, 3, 4]
    budget = made[1]["id"]
    assert call(crud, "read_budget", budget_id=budget) == made[1]
    arguments: dict[str, Any] = {"budget_id": budget}
    data = {"name": "Newer", "currency": None}
    changed = call(crud, "update_budget", data=data, **arguments)
    assert (changed["name"], changed["currency"]) == ("Newer", "EUR")
    call(crud, "delete_budget", **arguments)
    ids = {"budget_id": budget, "project_id": crud.world.project}
    events = [event for event in crud.emitted() if event[1] == ids]
    assert [name for name, _ in events] == ["budget:create", "budget:update", "budget:delete"]


def test_an_entry_is_replaced_as_a_whole(crud: OneService) -> None:
    """What is required stays where it is absent; amounts are whole and above zero."""
    entry = add_entry(crud, odd=1)
    defaults = ("position", "seniority", "exceptions", "person_id", "daily_salary")
    assert [entry[name] for name in defaults] == ["artist", "mid", {}, None, 320.0]
    arguments: dict[str, Any] = {"budget_id": FIRST, "entry_id": entry["id"]}
    months = {"2026-03": "4500.9", "2026-04": 0, "2026-05": None, "2026-06": -1, "2026-07": 10}
    data = {"daily_salary": 100, "position": "lead", "exceptions": months}
    changed = call(crud, "update_budget_entry", data=data, **arguments)
    assert changed["exceptions"] == {"2026-03": 4500, "2026-07": 10}
    kept = [changed[name] for name in ("start_date", "daily_salary", "position", "seniority")]
    assert kept == ["2026-01-05", 100.0, "lead", None]
    assert call(crud, "update_budget_entry", data={}, **arguments)["exceptions"] == {}
    (listed,) = call(crud, "list_budget_entries", budget_id=FIRST)
    read = call(crud, "read_budget_entry", **arguments)
    times = {"created_at", "updated_at", "type"}
    assert listed == {name: value for name, value in read.items() if name not in times}
    call(crud, "delete_budget_entry", **arguments)
    assert call(crud, "list_budget_entries", budget_id=FIRST) == []
    ids = {
        "budget_id": FIRST,
        "budget_entry_id": entry["id"],
        "project_id": crud.world.project,
    }
    names = [f"budget-entry:{verb}" for verb in ("create", "update", "update", "delete")]
    emitted = [event for event in crud.emitted() if event[0] != "rows:gone"]
    assert emitted == [(name, ids) for name in names]


CALLS: Final[dict[str, dict[str, Any]]] = {
    "list_budgets": {},
    "create_budget": {"data": {"name": "B"}},
    "read_budget": {"budget_id": FIRST},
    "update_budget": {"budget_id": FIRST, "data": {}},
    "list_budget_entries": {"budget_id": FIRST},
    "create_budget_entry": {"budget_id": FIRST, "data": ENTRY},
    "read_budget_entry": {"budget_id": FIRST, "entry_id": "own"},
    "update_budget_entry": {"budget_id": FIRST, "entry_id": "own", "data": {}},
    "delete_budget_entry": {"budget_id": FIRST, "entry_id": "own"},
    "delete_budget": {"budget_id": FIRST},
}


@pytest.mark.parametrize("method", CALLS)
def test_budgets_are_for_those_who_manage_the_production(crud: OneService, method: str) -> None:
    """Others are refused, whatever they know."""
    given = dict(CALLS[method])
    if "entry_id" in given:
        given["entry_id"] = add_entry(crud)["id"]
    arguments = {"project_id": crud.world.project, **given}
    refused = crud.outcomes(EVERYBODY[2:], method, **arguments)
    assert set(refused.values()) == {FORBIDDEN}
    assert crud.outcomes(["manager"], method, **arguments) == {"manager": OK}


@pytest.mark.parametrize("method", [name for name in CALLS if "budget_id" in CALLS[name]])
def test_what_is_of_another_production_or_budget_is_unknown(crud: OneService, method: str) -> None:
    """Also to those who manage both, and malformed ids are refused."""
    given = {"project_id": crud.world.project, **CALLS[method]}
    if "entry_id" in given:
        given["entry_id"] = add_entry(crud)["id"]
    before = crud.rows("budget"), crud.rows("budget_entry")
    wrong: list[dict[str, Any]] = [{"budget_id": OTHERS}, {"budget_id": NOWHERE}]
    wrong += [{"project_id": crud.world.past}]
    if "entry_id" in given:
        wrong += [{"entry_id": ident("budget_entry others")}, {"entry_id": NOWHERE}]
        wrong += [{"budget_id": OTHERS, "entry_id": ident("budget_entry others")}]
    for one in wrong:
        with pytest.raises(NotFound):
            call(crud, method, **{**given, **one})
    for name in given.keys() - {"data"}:
        with pytest.raises(InvalidInput, match=r"^Wrong UUID format\.$"):
            call(crud, method, **{**given, name: "rubbish"})
    assert (crud.rows("budget"), crud.rows("budget_entry")) == before


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"department_id": None}, InvalidInput, "department_id"),
        ({"start_date": "soon"}, InvalidInput, "start_date"),
        ({"months_duration": "x"}, InvalidInput, "months_duration"),
        ({"daily_salary": None}, InvalidInput, "daily_salary"),
        ({"position": "boss"}, InvalidInput, "position"),
        ({"person_id": NOWHERE}, Integrity, "conflicts"),
        ({"department_id": NOWHERE}, Integrity, "conflicts"),
    ],
)
def test_a_bad_entry_is_refused(
    crud: OneService, change: dict[str, Any], error: type[ServiceError], told: str
) -> None:
    """With the field's name, and nothing is added."""
    with pytest.raises(error) as refusal:
        add_entry(crud, **change)
    fields = [fault["field"] for fault in (refusal.value.data or {}).get("errors", ())]
    assert told in (fields or refusal.value.message)
    assert len(crud.rows("budget_entry")) == 1


@pytest.mark.parametrize("months", [{"2026-03": "much"}, {"2026-03": [1]}, [1], "x"])
def test_amounts_are_numbers_on_every_route(crud: OneService, months: Any) -> None:
    """Whoever adds them up trusts that; they stay as they were."""
    entry = add_entry(crud)["id"]
    data = {"exceptions": months}
    with pytest.raises(Integrity, match="'exceptions'"):
        crud.call("admin", "update_row", path="budget-entries", ident=entry, data=data)
    assert crud.rows("budget_entry", id=entry)[0]["exceptions"] == {}


def test_bad_values_of_changes_are_named(crud: OneService) -> None:
    """An amount by its month."""
    arguments = {"budget_id": FIRST, "entry_id": add_entry(crud)["id"]}
    data: dict[str, Any] = {"exceptions": {"2026-01": "much"}}
    with pytest.raises(InvalidInput, match=r"exceptions\.2026-01"):
        call(crud, "update_budget_entry", data=data, **arguments)
    for data in ({"currency": "EURO"}, {"name": " "}, {"name": "x" * 256}):
        with pytest.raises(InvalidInput, match="Validation error"):
            call(crud, "update_budget", budget_id=FIRST, data=data)
    for data in ({}, {"name": None}, {"name": "B", "currency": "EURO"}):
        with pytest.raises(InvalidInput, match="Validation error"):
            call(crud, "create_budget", data=data)


def test_administrators_are_told_what_the_work_took(crud: OneService) -> None:
    """Managers aren't."""
    told = {ENTRY["department_id"]: {"total": 1.0, NOWHERE: {"total": 1.0, "2026-01": 1.0}}}
    crud.fakes.replies["tasks.sum_time_by_department"] = told
    arguments = {"project_id": crud.world.project}
    assert crud.call("admin", "list_time_spent_by_department", **arguments) == told
    refused = crud.outcomes(EVERYBODY[1:], "list_time_spent_by_department", **arguments)
    assert set(refused.values()) == {FORBIDDEN}
