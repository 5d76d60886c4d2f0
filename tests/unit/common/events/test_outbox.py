"""What a relay makes of an event in the outbox."""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec

from services.common.contracts.crud.events import PEOPLE, ProjectUpdated
from services.common.events import outbox
from tests.unit.common.events.test_batches import event

PROJECT = uuid4()


def relayed(people: list[UUID]) -> outbox.Row:
    """``project:update`` about the memberships of these people."""
    told = ProjectUpdated(project_id=PROJECT, person_ids=people)
    return outbox.with_headers(event(1)._replace(name=told.event_name, payload=told.payload_json()))


def test_whom_a_production_concerns_is_told_in_a_header() -> None:
    """Its payload is the documented one."""
    people = [uuid4(), uuid4()]
    for named in (people, []):
        row = relayed(named)
        assert msgspec.json.decode(row.payload) == {"project_id": str(PROJECT)}
        assert row.headers == {PEOPLE: ",".join(map(str, named))}


def test_a_header_that_fits_no_frame_is_left_out() -> None:
    """The broker would refuse the message; gateways then read everybody anew."""
    assert relayed([uuid4()] * 5000).headers == {}


def test_other_events_go_out_as_they_are() -> None:
    """Byte for byte, and not parsed."""
    row = event(1)
    assert outbox.with_headers(row) is row
