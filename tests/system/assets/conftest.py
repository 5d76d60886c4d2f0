"""Fixtures: a loaded series."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from services.common.runtime.service import encode
from services.common.wire.rpc_client import RpcClient
from services.common.wire.rpc_protocol import ACTOR
from tests.answers import hold_reply
from tests.running import Caller, System, token_for
from tests.show import Show

Ask = Callable[..., Any]


@pytest.fixture
def show(system: System) -> Show:
    """A series in production, loaded afresh."""
    found = Show()
    system.load(found.tables)
    return found


@pytest.fixture
def admin(system: System, show: Show) -> Caller:
    """The administrator."""
    return system.caller(show.admin)


@pytest.fixture(scope="session")
def client(system: System) -> Iterator[RpcClient]:
    """An RPC client, as another service has one."""
    found = RpcClient(system.parts.amqp_uri, name="tests", deadline=10)
    reader = threading.Thread(target=found.link.run, daemon=True)
    reader.start()
    assert found.link.ready.wait(10)
    yield found
    found.link.stop()
    reader.join(10)


@pytest.fixture
def ask(client: RpcClient, show: Show) -> Ask:
    """Ask the service as somebody of the series: ``ask("vendor", "read_entity_summary", …)``."""

    def call(role: str, method: str, **kwargs: Any) -> Any:
        token = token_for(show.people[role])
        claims = jwt.decode(token, options={"verify_signature": False})
        actor = client.call("auth", "identify", encode({"claims": claims})).body.decode()
        reply = client.call("assets", method, encode(kwargs), headers={ACTOR: actor})
        hold_reply(method, "assets", kwargs, reply.plain())
        return reply.decoded()

    return call
