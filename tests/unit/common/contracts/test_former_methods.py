"""Names that RPC methods had in the last release."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.former_methods import FORMER_METHODS
from services.common.errors import MethodUnknown
from services.common.runtime.rpc_server import Method
from services.common.wire.rpc_client import RpcClient
from services.common.wire.rpc_protocol import Reply
from services.common.wire.topology import SERVICES
from tests.service.fake_services import service_class


class OldRelease(RpcClient):
    """A client whose calls arrive at services of the last release, which know no new name."""

    def __init__(self, *methods: str) -> None:
        super().__init__("amqp://nobody@localhost:1//", name="test")
        self.methods = methods
        self.called: list[str] = []

    def _call(
        self, service: str, method: str, kwargs: bytes, headers: dict[str, Any], seconds: float
    ) -> Reply:
        del headers, seconds
        self.called.append(f"{service}.{method}")
        if method not in self.methods:
            raise MethodUnknown(method)
        return Reply(kwargs)


def test_a_service_of_the_last_release_is_called_by_the_former_name() -> None:
    """Once it has said that it knows no other."""
    client = OldRelease("existing_rows")
    assert client.call("assets", "find_existing_rows", b"{}").body == b"{}"
    assert client.called == ["assets.find_existing_rows", "assets.existing_rows"]


def test_a_method_without_a_former_name_stays_unknown() -> None:
    """There is nothing else to try."""
    client = OldRelease()
    with pytest.raises(MethodUnknown):
        client.call("assets", "read_row", b"{}")
    assert client.called == ["assets.read_row"]


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
