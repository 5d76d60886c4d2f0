"""Who handles which event, as the contracts say it and as the services do it."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module

import pytest

from gateway.invalidation import ANYBODYS, PERSONS, TEAMS
from gateway.routes import ROUTES
from services.common.contracts import CATALOGUE
from services.common.contracts.references import REFERENCED_BY
from services.common.events.subscriber import Handler, Inbox
from services.common.wire.topology import CACHED_BY_GATEWAYS, SERVICES
from tests.service.fake_services import service_class

Where = tuple[str, str]


def handlers() -> dict[Where, Handler]:
    """By service and event, the handlers that record what they handled."""
    result: dict[Where, Handler] = {}
    for name in SERVICES:
        cls = service_class(name)
        for attribute in dir(cls):
            for entrypoint in getattr(getattr(cls, attribute), "nameko_entrypoints", ()):
                if isinstance(entrypoint, Handler) and entrypoint.inbox is not Inbox.NONE:
                    for event in entrypoint.names:
                        # One inbox row must stand for all that the service does about an event.
                        assert (name, event) not in result
                        result[name, event] = entrypoint
    return result


def declared() -> set[Where]:
    """By service and event, the handlers that the contracts name."""
    return {(service, name) for name, event in CATALOGUE.items() for service in event.handled_by}


def test_the_contracts_name_every_handler_that_others_wait_for() -> None:
    """One that is missing there would be read past."""
    result = set(handlers())  # first: the services declare further events
    assert declared() == result


def test_a_handler_whose_event_is_not_awaited_is_ordered() -> None:
    """So the newest event of a kind stands for all before it."""
    unordered = {where for where, handler in handlers().items() if not handler.ordered}
    assert {where for where in unordered if not CATALOGUE[where[1]].awaited} == set()


def test_the_contracts_know_who_references_a_table() -> None:
    """As the columns declare it, and the rules of what holds ids elsewhere."""
    result = defaultdict(set)
    for name in SERVICES:
        metadata = import_module(f"services.{name}.models").Base.metadata
        for table in metadata.tables.values():
            for column in table.c:
                if ref := column.info.get("ref"):
                    result[f"{ref.service}.{ref.table}"].add(name)
        for resource in service_class(name).registry:
            for held in resource.rules.holds:
                result[held].add(name)
    assert {table: set(names) for table, names in REFERENCED_BY.items()} == result


@pytest.mark.parametrize("cache", sorted(CACHED_BY_GATEWAYS))
def test_what_invalidates_a_cache_is_waited_for(cache: str) -> None:
    """Else who wrote would read what the gateway remembers from before."""
    subjects = {
        "answers": {subject for route in ROUTES for subject in route.kept},
        "actors": {*PERSONS, "session", *(name.partition(":")[0] for name in TEAMS), *ANYBODYS}
        - {"import"},  # which waits for the gateways itself
    }
    assert subjects[cache] <= CACHED_BY_GATEWAYS[cache]
