"""Names that RPC methods had in the last release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.common.contracts.former_methods import FORMER_METHODS
from services.common.errors import MethodUnknown
from services.common.runtime.rpc_server import Method
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import SERVICES
from tests.service.neighbours import service_class


class OldNeighbour:
    """A service of the last release, which knows no new name."""

    def __init__(self, *methods: str) -> None:
        self.methods = methods
        self.called: list[str] = []

    def call(
        self,
        service: str,
        method: str,
        kwargs: bytes,
        *,
        headers: Mapping[str, Any],
        deadline: float | None,
    ) -> Reply:
        """Answer with the arguments of the call."""
        del headers, deadline
        self.called.append(f"{service}.{method}")
        if method not in self.methods:
            raise MethodUnknown(method)
        return Reply(kwargs)


def caller(neighbour: OldNeighbour) -> Any:
    """A service that calls it."""
    found = service_class("tasks")()
    found.call, found.client = {}, neighbour
    found.tx = type("Tx", (), {"actor": None, "request_id": "", "position": {}})()
    return found


def test_a_service_of_the_last_release_is_called_by_the_former_name() -> None:
    """Once it has said that it knows no other."""
    neighbour = OldNeighbour("existing_rows")
    body = caller(neighbour).call_service("assets", "find_existing_rows", {"tables": {}})
    assert json.loads(body) == {"tables": {}}
    assert neighbour.called == ["assets.find_existing_rows", "assets.existing_rows"]


def test_a_method_without_a_former_name_stays_unknown() -> None:
    """There is nothing else to try."""
    neighbour = OldNeighbour()
    with pytest.raises(MethodUnknown):
        caller(neighbour).call_service("assets", "read_row", {})
    assert neighbour.called == ["assets.read_row"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_former_name_belongs_to_a_method_of_today(name: str) -> None:
    """And to no other one."""
    cls = service_class(name)
    methods = {
        attribute
        for attribute in dir(cls)
        for entrypoint in getattr(getattr(cls, attribute), "nameko_entrypoints", ())
        if isinstance(entrypoint, Method)
    }
    former = FORMER_METHODS[name]
    assert set(former) <= methods
    assert not set(former.values()) & methods
