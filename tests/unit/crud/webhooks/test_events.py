"""Which events a webhook hears, and what of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from services.common.contracts.full_events import (
    About,
    Audience,
    EntityNamed,
    FieldChange,
    FullEvent,
    Named,
    PersonNamed,
    Recorded,
)
from services.crud.webhooks.events import Hearer, Subscription

PROJECT, ENTITY, TASK, PERSON = uuid4(), uuid4(), uuid4(), uuid4()
ADMIN = Hearer(uuid4(), is_admin=True)
MANAGER = Hearer(uuid4(), is_admin=False)


def recorded(audience: Audience | None = None, project: UUID | None = PROJECT) -> Recorded:
    """An event about a task, as the history has it."""
    event = FullEvent(
        id=uuid4(),
        position=7,
        name="task:update",
        time="2026-11-29T18:25:42.608832",
        project_id=project,
        actor=None,
        data={"task_id": str(TASK)},
        changes={"priority": FieldChange(before=0, after=3), "rate": FieldChange(after=1)},
        about=About(
            entity=EntityNamed(id=ENTITY, name="P01", kind="Shot", path="P01"),
            task=Named(id=TASK, name="anim"),
            person=PersonNamed(id=PERSON, full_name="Ada"),
        ),
    )
    body = msgspec.to_builtins(event)
    del body["position"]
    text = msgspec.json.encode(audience or Audience(roles=("manager",))).decode()
    return Recorded(7, event.id, event.name, project, msgspec.json.encode(body).decode(), text)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"names": ["task:update"]},
        {"names": ["comment:*", "task:*"]},
        {"names": ["*:update"]},
        {"names": ["task:up????"]},
        {"project_id": PROJECT},
        {"entity_id": ENTITY},
        {"task_id": TASK, "person_id": PERSON},
    ],
)
@pytest.mark.parametrize("hearer", [ADMIN, MANAGER])
def test_an_event_that_fits_is_sent(wanted: dict[str, Any], hearer: Hearer) -> None:
    """All filters hold together."""
    body = Subscription(**wanted).body_for(recorded(), hearer)
    assert body is not None
    assert msgspec.json.decode(body)["position"] == 7


@pytest.mark.parametrize(
    "wanted",
    [
        {"names": ["task"]},
        {"names": ["comment:*"]},
        {"names": ["TASK:*"]},
        {"names": ["[!t]*"]},
        {"project_id": uuid4()},
        {"entity_id": uuid4()},
        {"task_id": TASK, "person_id": uuid4()},
    ],
)
@pytest.mark.parametrize("hearer", [ADMIN, MANAGER])
def test_another_event_is_not(wanted: dict[str, Any], hearer: Hearer) -> None:
    """One filter that fails is enough."""
    assert Subscription(**wanted).body_for(recorded(), hearer) is None


def test_an_event_about_nothing_fits_no_filter_by_what_it_is_about() -> None:
    """Such as one of the studio."""
    event = recorded()
    bare = event._replace(body=event.body.replace('"about":{', '"about":{},"was":{'))
    assert Subscription(task_id=TASK).body_for(bare, ADMIN) is None


@pytest.mark.parametrize(
    ("audience", "hears"),
    [
        (Audience(), False),
        (Audience(roles=("supervisor",)), False),
        (Audience(roles=("user", "manager")), True),
        (Audience(people=(MANAGER.id,)), True),
        (Audience(people=(PERSON,)), False),
    ],
)
def test_a_manager_hears_what_managers_hear(audience: Audience, hears: bool) -> None:
    """Or what concerns them; administrators hear all."""
    event = recorded(audience)
    assert (Subscription().body_for(event, MANAGER) is not None) is hears
    assert Subscription().body_for(event, ADMIN) is not None


@pytest.mark.parametrize("role", ["manager", "others"])
def test_a_manager_is_not_told_what_is_hidden(role: str) -> None:
    """A changed field that the role may not read."""
    event = recorded(
        Audience(roles=("manager",), hidden={role: ("rate",), "vendor": ("priority",)})
    )
    told = msgspec.json.decode(Subscription().body_for(event, MANAGER) or b"")
    assert told["changes"] == {"priority": {"before": 0, "after": 3}}
    assert set(msgspec.json.decode(Subscription().body_for(event, ADMIN) or b"")["changes"]) == {
        "priority",
        "rate",
    }
