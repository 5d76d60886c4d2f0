"""The order of what productions use, what clients set there, and the software they work with."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
TYPES: Final = [ident(f"a type {number}") for number in range(4)]
BLENDER: Final = ident("software blender")


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service, with four task types and a status in the production."""
    service = make_service("crud")
    for number, kind in enumerate(TYPES):
        link = {"project_id": world.project, "task_type_id": kind, "priority": 10 + number}
        world.add("project_task_type_link", f"t{number}", **link)
    link = {"project_id": world.project, "task_status_id": world.status}
    world.add("project_task_status_link", "s", priority=3, roles_for_board=["user"], **link)
    world.add("software", "old", name="Old", short_name="o", file_extension=".x", archived=True)

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    service.fakes.replies["tasks.find_existing_rows"] = existing
    service.fakes.replies["tasks.read_department_of_task_type"] = world.department
    service.fill(world)
    return service


def test_a_list_that_is_sent_back_keeps_what_its_links_hold(crud: OneService) -> None:
    """A link keeps priority, roles and age; only what is new is added, what is missing removed."""
    added = ident("another type")
    before = {row["id"]: row for row in crud.rows("project_task_type_link")}
    status = crud.rows("project_task_status_link")
    types = [TYPES[2], TYPES[0], added]
    data = {"task_types": types, "task_statuses": [crud.world.status]}
    crud.call("manager", "update_row", path="projects", ident=crud.world.project, data=data)
    after = {str(row["task_type_id"]): row for row in crud.rows("project_task_type_link")}
    assert after.keys() == set(types)
    assert after.pop(added)["priority"] is None
    assert [before[row["id"]] for row in after.values()] == list(after.values())
    assert crud.rows("project_task_status_link") == status


# --- order ----------------------------------------------------------------------------------------


def reorder(crud: OneService, ids: Any, kind: str = "task-type") -> Any:
    """Put them in order, as a manager."""
    key = f"{kind.replace('-', '_')}_ids"
    arguments = {"project_id": crud.world.project, "kind": kind, "data": {key: ids}}
    return crud.call("manager", "reorder_links", **arguments)


def test_links_get_the_priority_of_their_place(crud: OneService) -> None:
    """Unknown ones keep their number, others their priority; there is one event."""
    rows = reorder(crud, [TYPES[2], NOWHERE, TYPES[0].upper()])
    assert [(row["task_type_id"], row["priority"]) for row in rows] == [
        (TYPES[2], 1),
        (TYPES[0], 3),
    ]
    stored = {
        str(row["task_type_id"]): row["priority"] for row in crud.rows("project_task_type_link")
    }
    assert stored == {TYPES[2]: 1, TYPES[0]: 3, TYPES[1]: 11, TYPES[3]: 13}
    assert [name for name, _ in crud.emitted()] == ["project:update"]
    assert reorder(crud, []) == []
    assert [name for name, _ in crud.emitted()] == ["project:update"] * 2
    (status,) = reorder(crud, [crud.world.status], "task-status")
    assert (status["priority"], status["roles_for_board"]) == (1, ["user"])


def test_ten_thousand_ids_are_no_fault(crud: OneService) -> None:
    """Of one named twice the later place counts."""
    ids = [ident(f"nobody {number}") for number in range(10_000)]
    rows = reorder(crud, [TYPES[0], *ids, TYPES[0]])
    assert [row["priority"] for row in rows] == [10_002]


@pytest.mark.parametrize("data", [None, {}, {"task_type_ids": "x"}, {"task_type_ids": None}])
def test_an_order_is_a_list_in_an_object(crud: OneService, data: Any) -> None:
    """Else it is refused, whoever asks; an id that is none is told."""
    arguments: dict[str, Any] = {"project_id": crud.world.project, "kind": "task-type"}
    wanted = "Request body must be a JSON object with a 'task_type_ids' list."
    with pytest.raises(InvalidInput, match=wanted):
        crud.call("manager", "reorder_links", data=data, **arguments)
    with pytest.raises(InvalidInput, match="Invalid UUID value: x"):
        crud.call("manager", "reorder_links", data={"task_type_ids": ["x"]}, **arguments)
    arguments["data"] = {"task_type_ids": []}
    refused = crud.outcomes(EVERYBODY[2:], "reorder_links", **arguments)
    assert set(refused.values()) == {FORBIDDEN}
    assert crud.emitted() == []


# --- what clients set -----------------------------------------------------------------------------


def test_a_status_is_opened_to_clients_or_closed(crud: OneService) -> None:
    """Null: as the status says; tasks is told of the others."""
    world = crud.world
    arguments: dict[str, Any] = {"project_id": world.project, "ident": world.status}
    for allowed in (False, True, None):
        data = {"is_client_allowed": allowed}
        row = crud.call("manager", "open_status_to_clients", data=data, **arguments)
        assert (row["is_client_allowed"], row["priority"]) == (allowed, 3)
        rules = crud.call("artist", "read_production_rules", project_id=world.project)
        told = {} if allowed is None else {world.status: allowed}
        assert rules["client_statuses"] == told
    assert [name for name, _ in crud.emitted()] == ["project:update"] * 3
    refused = crud.outcomes(EVERYBODY[2:], "open_status_to_clients", data=data, **arguments)
    assert set(refused.values()) == {FORBIDDEN}


@pytest.mark.parametrize("unknown", [NOWHERE, "rubbish"])
def test_no_unused_status_is_opened(crud: OneService, unknown: str) -> None:
    """The body is looked at first."""
    world = crud.world
    for place in ({"project_id": world.project, "ident": unknown}, {"project_id": unknown}):
        arguments: dict[str, Any] = {"ident": world.status, **place}
        with pytest.raises(NotFound):
            data = {"is_client_allowed": True}
            crud.call("admin", "open_status_to_clients", data=data, **arguments)
        with pytest.raises(InvalidInput, match="Validation error"):
            crud.call("admin", "open_status_to_clients", data={}, **arguments)


# --- software -------------------------------------------------------------------------------------


def choose(crud: OneService, who: str = "manager", **changes: Any) -> Any:
    """Have the production work with Blender on the first task type."""
    arguments = {"project_id": crud.world.project, "task_type_id": TYPES[0]}
    arguments |= {"data": {"software_id": BLENDER}, **changes}
    return crud.call(who, "choose_software", **arguments)


def test_a_production_chooses_the_software_of_a_task_type(crud: OneService) -> None:
    """Twice is once; what is dropped needs not be there."""
    world = crud.world
    ends = {"project_id": world.project, "task_type_id": TYPES[0], "software_id": BLENDER}
    assert [choose(crud), choose(crud)] == [ends, ends]
    assert choose(crud, task_type_id=TYPES[1])["task_type_id"] == TYPES[1]
    for who in EVERYBODY[:6]:
        listed = crud.call(who, "list_softwares_of_task_types", project_id=world.project)
        assert listed == sorted(listed, key=lambda row: row["task_type_id"])
        assert len(listed) == 2
    for _ in range(2):
        assert crud.answer("manager", "drop_software", **ends).body == b""
    assert [name for name, _ in crud.emitted()] == ["project:update"] * 3
    crud.call("manager", "drop", project_id=world.project, kind="task-types", ident=TYPES[1])
    assert len(crud.rows("project_task_type_software_link")) == 1


def test_managers_and_supervisors_of_the_department_choose_software(crud: OneService) -> None:
    """A supervisor without a department supervises all."""
    world = crud.world
    arguments = {"project_id": world.project, "task_type_id": TYPES[0], "software_id": BLENDER}
    may = {"admin", "manager", "supervisor"}
    outcomes = crud.outcomes(EVERYBODY, "drop_software", **arguments)
    assert {who for who, outcome in outcomes.items() if outcome == OK} == may
    seen = crud.outcomes(EVERYBODY, "list_softwares_of_task_types", project_id=world.project)
    assert seen["stranger"] == FORBIDDEN
    supervisor = world.people["supervisor"]
    other = world.add("department", "other", name="Other", color="#fff")
    world.link("department_link", person_id=supervisor, department_id=other)
    crud.fill(world)
    assert crud.outcomes(["supervisor"], "drop_software", **arguments) == {"supervisor": FORBIDDEN}
    unknown = {**arguments, "task_type_id": NOWHERE}
    assert crud.outcomes(["supervisor"], "drop_software", **unknown) == {"supervisor": NOT_FOUND}


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"data": {}}, InvalidInput, "Validation error"),
        ({"data": {"software_id": "x"}}, InvalidInput, "must be valid UUIDs"),
        ({"task_type_id": "x"}, InvalidInput, "must be valid UUIDs"),
        ({"project_id": NOWHERE}, NotFound, "^$"),
        ({"task_type_id": NOWHERE}, InvalidInput, "not a task type of the project"),
        ({"data": {"software_id": NOWHERE}}, NotFound, "^$"),
        ({"data": {"software_id": ident("software old")}}, InvalidInput, "archived"),
    ],
)
def test_software_is_chosen_of_what_there_is(
    crud: OneService, changes: dict[str, Any], error: type[Exception], told: str
) -> None:
    """Of a task type that the production uses."""
    with pytest.raises(error, match=told):
        choose(crud, "admin", **changes)
    assert crud.rows("project_task_type_software_link") == []


@pytest.mark.parametrize("path", ["softwares", "projects"])
def test_choices_of_software_go_with_what_they_are_of(crud: OneService, path: str) -> None:
    """They keep neither from being deleted."""
    world = crud.world
    choose(crud)
    for name in ("assets", "auth", "chat", "tasks"):
        crud.fakes.replies[f"{name}.references_row"] = False
    closed = {"project_status_id": world.closed}
    crud.call("admin", "update_row", path="projects", ident=world.project, data=closed)
    row = BLENDER if path == "softwares" else world.project
    query = {"force": "true"} if path == "projects" else {}
    crud.call("admin", "delete_row", path=path, ident=row, query=query)
    assert crud.rows("project_task_type_software_link") == []
