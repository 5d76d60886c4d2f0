"""Fakes of the other services, for tests of a single one."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from services.common.wire.rpc_protocol import ACTOR, Reply
from tests.running import SERVICES

Call = tuple[str, dict[str, Any]]


@cache
def service_class(name: str) -> type:
    """The class of a service."""
    module = import_module(f"services.{name}.service")
    result: type = getattr(module, f"{name.capitalize()}Service")
    return result


class FakeServices:
    """Replaces a service's RPC client; its replies are those in ``replies``.

    An answer is a value, an error to be raised, or a function of the question's arguments. What is
    asked must be a method that the other service has, with arguments that it takes.
    """

    def __init__(self) -> None:
        self.replies: dict[str, Any] = {}
        self.calls: list[Call] = []

    def call(
        self,
        service: str,
        method: str,
        kwargs: bytes,
        *,
        headers: dict[str, Any],
        deadline: float | None = None,
    ) -> Reply:
        """Answer like ``RpcClient.call``; every call must name its actor."""
        del deadline
        if method == "await_events":  # after a commit; nobody else is there to handle events
            return Reply(b'{"complete":true}')
        assert service in SERVICES
        assert ACTOR in headers
        arguments = msgspec.json.decode(kwargs)
        name = f"{service}.{method}"
        inspect.signature(getattr(service_class(service), method)).bind(None, **arguments)
        self.calls.append((name, arguments))
        answer = self.replies[name]
        if callable(answer):
            answer = answer(**arguments)
        if isinstance(answer, Exception):
            raise answer
        return Reply(msgspec.json.encode(answer))
