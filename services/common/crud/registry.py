"""The resources of one service, and the events about their rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from services.common.contracts import Event, RowEvent, declare
from services.common.crud.resource import Resource
from services.common.errors import NotFound
from services.common.json_types import Row

VERBS: Final = ("new", "update", "delete")


@cache
def _required_names(cls: type[Event]) -> list[str]:
    """The required fields of an event, the optional production and task, the people concerned."""
    fields = msgspec.structs.fields(cls)
    optional = {"project_id", "task_id", "person_ids"}
    return [field.name for field in fields if field.required or field.name in optional]


class Registry:
    """The resources of one service, by path; declares their events on construction."""

    def __init__(self, service: str, *resources: Resource) -> None:
        self.service = service
        self.by_path: dict[str, Resource] = {resource.path: resource for resource in resources}
        self._by_table = {str(resource.table.name): resource for resource in resources}
        if len(self.by_path) != len(resources):
            message = f"two resources of {service} share a path"
            raise TypeError(message)
        self._by_subject: dict[str, Resource] = {}
        for resource in resources:
            for prefix in resource.events or (resource.event_name({}),):
                self._by_subject[prefix] = resource
                for verb in VERBS:
                    self.declare(prefix, verb, resource)

    def of_subject(self, subject: str) -> Resource | None:
        """The resource whose rows events of that subject are about: ``task`` of ``task:assign``."""
        return self._by_subject.get(subject)

    def of_table(self, table: str) -> Resource | None:
        """The resource that serves a table, if one does."""
        return self._by_table.get(table)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.by_path.values())

    def __getitem__(self, path: str) -> Resource:
        """The resource at that path. Raises NotFound."""
        resource = self.by_path.get(path)
        if resource is None:
            raise NotFound
        return resource

    def declare(self, prefix: str, verb: str, resource: Resource) -> type[Event]:
        """The event class for a change to a row of ``resource``; declared on the first call."""
        key = f"{prefix.replace('-', '_')}_id"
        project = resource.tells_project or "project_id" in resource.table.c
        return declare(self.service, f"{prefix}:{verb}", key, project=project)

    def event_facts(self, resource: Resource, verb: str) -> set[str]:
        """The names of the facts that ``event`` needs of a row, whatever its kind is."""
        names = set(resource.facts) if callable(resource.event) else set()
        for prefix in resource.events or (resource.event_name({}),):
            names.update(_required_names(self.declare(prefix, verb, resource)))
        return {
            "id",
            *(name for name in names if name in resource.facts or name in resource.table.c),
        }

    def event(self, resource: Resource, verb: str, facts: Row) -> Event:
        """The event for a change to the row with these facts.

        Optional fields of an event class declared in the contracts are left to its other emitters.
        """
        prefix = resource.event_name(facts)
        cls = self.declare(prefix, verb, resource)
        facts_by_name = {**facts, f"{prefix.replace('-', '_')}_id": facts["id"]}
        payload = {
            name: facts_by_name[name] for name in _required_names(cls) if name in facts_by_name
        }
        is_told = payload.get("project_id") is not None and resource.tells_project is not False
        if not is_told and issubclass(cls, RowEvent):
            payload.pop("project_id", None)
        return cls(**payload)
