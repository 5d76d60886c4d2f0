"""What the documents describe: services, resources and events, with their own docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import msgspec

from gateway.routes.table import Route
from services.common.contracts import CATALOGUE, HEADER, Event
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.wire.topology import SERVICES

#: Where a docstring's first line ends for readers of the documents.
SUMMARY_END: Final = re.compile(r" (?:Raises|Emits|Returns) ")


def registries() -> Iterator[Registry]:
    """The registries of all services."""
    for name in SERVICES:
        yield import_module(f"services.{name}.resources").RESOURCES


def resources() -> dict[str, Resource]:
    """All resources by path."""
    return {resource.path: resource for registry in registries() for resource in registry}


def resource_of(route: Route, served: dict[str, Resource]) -> Resource | None:
    """The resource that a route of generic CRUD serves."""
    return served.get(dict(route.fixed).get("path", ""))


def events() -> list[type[Event]]:
    """Every event, by owner and name."""
    for service in SERVICES:
        import_module(f"services.{service}.service")
    return sorted(CATALOGUE.values(), key=lambda cls: (cls.owner, cls.event_name))


def service_class(name: str) -> type[Any]:
    """The class that a service runs."""
    module = import_module(f"services.{name}.service")
    cls: type[Any] = next(c for c in vars(module).values() if getattr(c, "name", None) == name)
    return cls


def title_of(resource: Resource) -> str:
    """The name of a resource's schema."""
    return str(resource.model.__name__)


def first_line(documented: object) -> str:
    """The first line of a docstring, without what is raised, emitted or returned."""
    line = str(documented.__doc__ or "").strip().split("\n")[0]
    return SUMMARY_END.split(line, maxsplit=1)[0].replace("``", "`")


def payload_fields(cls: type[Event]) -> list[str]:
    """The fields of an event's payload, without those that are sent as headers."""
    names = (field.encode_name for field in msgspec.structs.fields(cls))
    return [name for name in names if not name.startswith(HEADER)]
