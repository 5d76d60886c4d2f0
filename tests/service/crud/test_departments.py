"""The machines and the software of departments."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.errors import InvalidInput, NotFound
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
KINDS: Final = {
    "hardware-items": ("hardware_item_id", ident("hardware_item tablet")),
    "software-licenses": ("software_id", ident("software blender")),
}


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; all departments but ``NOWHERE`` exist."""
    service = make_service("crud")
    world.add("hardware_item", "tablet", name="Tablet", short_name="t")

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    service.fakes.replies["auth.find_existing_rows"] = existing
    service.fill(world)
    return service


@pytest.mark.parametrize("kind", KINDS)
def test_a_department_gets_equipment_and_gives_it_back(crud: OneService, kind: str) -> None:
    """Twice is once."""
    key, item = KINDS[kind]
    place = {"department_id": crud.world.department, "kind": kind}
    assert crud.call("admin", "list_equipment", kind=kind) == {}
    first, again = (
        crud.call("admin", "equip_department", data={key: item}, **place) for _ in range(2)
    )
    assert first == again
    assert (first["department_id"], first[key]) == (crud.world.department, item)
    row = crud.call("admin", "read_equipment", ident=item, **place)
    assert crud.call("admin", "list_equipment", kind=kind) == {crud.world.department: [row]}
    for _ in range(2):
        assert crud.answer("admin", "unequip_department", ident=item, **place).body == b""
    with pytest.raises(NotFound):
        crud.call("admin", "read_equipment", ident=item, **place)
    assert crud.call("admin", "list_equipment", kind=kind) == {}
    assert crud.emitted() == []


@pytest.mark.parametrize("kind", KINDS)
def test_equipment_is_for_administrators_and_of_what_there_is(crud: OneService, kind: str) -> None:
    """The body is looked at first, then the path."""
    key, item = KINDS[kind]
    place: dict[str, Any] = {"department_id": crud.world.department, "kind": kind}
    calls: dict[str, dict[str, Any]] = {
        "equip_department": {**place, "data": {key: item}},
        "read_equipment": {**place, "ident": item},
        "unequip_department": {**place, "ident": item},
        "list_equipment": {"kind": kind},
    }
    for method, arguments in calls.items():
        refused = crud.outcomes(("manager", "artist", "client"), method, **arguments)
        assert set(refused.values()) == {FORBIDDEN}
        if "department_id" in arguments:
            with pytest.raises(InvalidInput, match="Wrong UUID format"):
                crud.call("admin", method, **{**arguments, "department_id": "x"})
            with pytest.raises(NotFound):
                crud.call("admin", method, **{**arguments, "department_id": NOWHERE})
        if "ident" in arguments:
            with pytest.raises(InvalidInput, match="Wrong UUID format"):
                crud.call("admin", method, **{**arguments, "ident": "x"})
            with pytest.raises(NotFound):
                crud.call("admin", method, **{**arguments, "ident": NOWHERE})
    for data in ({}, {key: "x"}, {key: None}):
        with pytest.raises(InvalidInput) as refusal:
            crud.call("admin", "equip_department", department_id="x", kind=kind, data=data)
        wanted = f"Invalid value for '{key}': 'x'. Expected a UUID."
        told = wanted if data.get(key) else "Field required"
        assert refusal.value.data == {"errors": [{"field": key, "message": told}]}
    with pytest.raises(NotFound):
        crud.call("admin", "equip_department", data={key: NOWHERE}, **place)
