"""Every method refuses every malformed body, before it asks or writes anything.

A route is in this walk by naming the type of its body, and so is each field of that type.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from gateway.routes import ROUTES
from gateway.routes.table import Body, Route
from services.common.contracts.types import Body as Declared
from services.common.errors import Integrity, InvalidInput, Refused
from tests.malformed import IDENT, Wrong, wrong_bodies
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

#: Read by the columns of its row, as ``test_every_value`` tries them.
BY_COLUMNS: Final = "assets.update_shot"
#: Read their bodies after the rights, as their clients know them.
LATE: Final = (
    "/actions/projects/{project_id}/asset-types/{asset_type_id}/assets/share",
    "/actions/projects/{project_id}/task-type-links/reorder",
    "/actions/projects/{project_id}/task-status-links/reorder",
)
#: Takes its array without the object around it, too.
BARE: Final = "crud.set_template_columns"
TAKING: Final = [
    pytest.param(route, id=f"{route.method} {route.path}")
    for route in ROUTES
    if route.takes is not None and route.rpc != BY_COLUMNS and route.path not in LATE
]
Refusal = InvalidInput | Integrity | Refused
WORDS: Final = {"day": "2026-01-05", "kind": "assets"}
ARRAY: Final = "Request body must be a JSON array"
OBJECT: Final = "Request body must be a JSON object"


def arguments_of(route: Route, data: Any) -> dict[str, Any]:
    """The arguments of a call with this body; the ids in its path are those of no row."""
    names = re.findall(r"{(\w+)}", route.path)
    given = {name: WORDS.get(name, IDENT) for name in names} | dict(route.fixed)
    if route.query:
        given["query"] = {}
    if route.caller:
        given["caller"] = {"claims": {}, "address": "127.0.0.1"}
    if route.body is Body.MULTIPART:
        given["files"] = []
    return {**given, "data": data}


def refusal_of(service: OneService, route: Route, data: Any) -> Refusal:
    """How a body is refused; anything but a 400 fails."""
    with pytest.raises((InvalidInput, Integrity, Refused)) as refused:
        service.answer("admin", route.function, **arguments_of(route, data))
    return refused.value


def assert_told(refusal: Refusal, wrong: Wrong) -> None:
    """The refusal names the field and what came, or is the one that clients know."""
    assert refusal.message == (wrong.told if wrong.known else "Validation error."), wrong
    assert refusal.data is not None
    told = {error["field"]: error["message"] for error in refusal.data["errors"]}
    assert list(told) == [wrong.place], wrong
    assert wrong.told in told[wrong.place], wrong


@pytest.fixture
def make_owner(make_service: MakeService, world: World) -> MakeService:
    """A factory of services that know the world's people, and have nobody to ask."""

    def make(name: str) -> OneService:
        service = make_service(name)
        service.fill(world)
        return service

    return make


@pytest.mark.parametrize("route", TAKING)
def test_a_body_with_a_fault_is_refused(make_owner: MakeService, route: Route) -> None:
    """Its answer says where the fault is and what came; nothing is written."""
    service = make_owner(route.service)
    before = service.database.changes()
    for wrong in wrong_bodies(route.takes):
        if wrong.place:
            assert_told(refusal_of(service, route, wrong.value), wrong)
    assert service.database.changes() == before
    assert service.fakes.calls == []


@pytest.mark.parametrize("route", TAKING)
def test_a_body_of_another_kind_is_refused(make_owner: MakeService, route: Route) -> None:
    """An array for an object, an object for an array, a text, a number."""
    service = make_owner(route.service)
    before = service.database.changes()
    is_object = isinstance(route.takes, type) and issubclass(route.takes, Declared)
    array_or_object = ARRAY if str(route.takes).startswith("list") else OBJECT
    composed: list[Any] = [{"a": 1} if array_or_object == ARRAY else [1]]
    for data in ("x", 5, True, *(composed if route.rpc != BARE else ())):
        refusal = refusal_of(service, route, data)
        told = refusal.data["errors"][0] if is_object and refusal.data else {}
        assert told.get("field", "") == ""
        assert (told.get("message") or refusal.message).startswith(array_or_object)
    assert service.database.changes() == before
    assert service.fakes.calls == []
