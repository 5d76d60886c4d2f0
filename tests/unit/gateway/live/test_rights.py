"""Who hears an event, and what of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from gateway.live.assignments import Assignments
from gateway.live.rights import hears, hidden
from services.common.contracts.full_events import ALL, OTHERS, STUDIO, Audience, FieldChange
from tests.unit.gateway.live.making import Somebody, event

FILM, SERIES, ENTITY, TASK, MODELING = (UUID(int=number) for number in range(1, 6))
ME = UUID(int=99)


def person(role: str = "user", in_film: str | None = None, **more: Any) -> Somebody:
    """Somebody with a role in the studio, and one in the film if they are in its team."""
    projects = {FILM: in_film} if in_film else {}
    return Somebody(id=ME, role=role, projects=projects, **more)


TABLE = [
    # Administrators hear all, whatever it is.
    (person("admin"), FILM, Audience(), True),
    (person("admin"), None, Audience(), True),
    # In a production the role there counts, and the studio's does not.
    (person(in_film="user"), FILM, Audience(roles=STUDIO), True),
    (person(in_film="user"), FILM, Audience(roles=("manager",)), False),
    (person("manager", "vendor"), FILM, Audience(roles=("manager",)), False),
    (person("client", "user"), FILM, Audience(roles=STUDIO), True),
    # Outside the team nothing is heard: those who left, and managers of the studio.
    (person("manager"), FILM, Audience(roles=ALL), False),
    (person(), SERIES, Audience(roles=ALL), False),
    # Without a production the studio's role counts.
    (person("manager", "vendor"), None, Audience(roles=("manager",)), True),
    (person("user", "manager"), None, Audience(roles=("manager",)), False),
    (person("client"), None, Audience(roles=ALL), True),
    # People hear it whatever their role is, also outside the team.
    (person(), FILM, Audience(people=(ME,)), True),
    (person("vendor", "vendor"), FILM, Audience(people=(ME,), entity=ENTITY), True),
    (person(), None, Audience(people=(uuid4(),)), False),
    # Unless only the team's people count.
    (person(), FILM, Audience(people=(ME,), team=True), False),
    (person(), None, Audience(people=(ME,), team=True), True),
    (person(in_film="client"), FILM, Audience(people=(ME,), team=True), True),
    (person(in_film="client"), FILM, Audience(people=(uuid4(),), team=True), False),
    (person("vendor", "vendor"), FILM, Audience(people=(ME,), team=True, entity=ENTITY), False),
    # Nobody else.
    (person(in_film="manager"), FILM, Audience(), False),
    # Vendors hear of what they work on.
    (person("vendor", "vendor"), FILM, Audience(roles=ALL), True),
    (person("vendor", "vendor"), FILM, Audience(roles=ALL, entity=ENTITY), False),
    (person("vendor", "vendor"), FILM, Audience(roles=ALL, task=TASK), False),
    (
        person("vendor", "vendor", assigned=Assignments({TASK: ENTITY})),
        FILM,
        Audience(roles=ALL, entity=ENTITY, task=TASK),
        True,
    ),
    (
        person("vendor", "vendor", assigned=Assignments({uuid4(): ENTITY})),
        FILM,
        Audience(roles=ALL, entity=ENTITY, task=TASK),
        False,
    ),
    (person("vendor", "vendor"), FILM, Audience(roles=ALL, departments=(MODELING,)), False),
    (
        person("vendor", "vendor", departments=frozenset({MODELING})),
        FILM,
        Audience(roles=ALL, departments=(MODELING,)),
        True,
    ),
    # Only vendors do.
    (person(in_film="user"), FILM, Audience(roles=ALL, entity=ENTITY), True),
    (person("vendor", "user"), FILM, Audience(roles=ALL, entity=ENTITY), True),
    (person("user", "vendor"), FILM, Audience(roles=ALL, entity=ENTITY), False),
]


@pytest.mark.parametrize(("who", "project", "audience", "expected"), TABLE)
def test_who_hears(who: Somebody, project: UUID | None, audience: Audience, expected: bool) -> None:
    """By the audience and the actor alone."""
    assert hears(who, event(project=project, audience=audience)) is expected


def test_hidden_changes_are_left_out() -> None:
    """For the role, and for all but administrators."""
    audience = Audience(roles=ALL, hidden={"client": ("salary",), OTHERS: ("phone",)})
    changes = {name: FieldChange(before=1, after=2) for name in ("name", "salary", "phone")}
    told = event(project=FILM, audience=audience, changes=changes)

    def shown(who: Somebody) -> set[str]:
        return set(msgspec.json.decode(told.shown(hidden(who.actor, told)))["changes"])

    assert shown(person("admin")) == {"name", "salary", "phone"}
    assert shown(person(in_film="user")) == {"name", "salary"}
    assert shown(person(in_film="client")) == {"name"}
    # The role in the production counts here, too.
    assert shown(person("client", "user")) == {"name", "salary"}
    whole = msgspec.json.decode(told.body)
    part = msgspec.json.decode(told.shown(hidden(person(in_film="client").actor, told)))
    assert {**part, "changes": None} == {**whole, "changes": None}


def test_a_task_counts_until_it_is_taken_away() -> None:
    """What came before, also a connection that is behind hears."""
    assigned = Assignments({TASK: ENTITY})
    assert not assigned.note(event(5, "task:unassign", task=TASK, person=uuid4()), ME)
    assert assigned.has_task(TASK, 9)
    assert not assigned.note(event(7, "task:unassign", task=TASK, person=ME), ME)
    assert [assigned.has_task(TASK, position) for position in (6, 7, 8)] == [True, True, False]
    assert [assigned.has_entity(ENTITY, position) for position in (7, 8)] == [True, False]
    assigned.note(event(9, "task:assign", task=TASK, entity=ENTITY, person=ME), ME)
    assert assigned.has_entity(ENTITY, 10)
    assigned.note(event(11, "task:delete", task=TASK), ME)
    assert [assigned.has_entity(ENTITY, position) for position in (11, 12)] == [True, False]
    # Its event does not say who is assigned.
    assert assigned.note(event(13, "task:new", task=TASK), ME)
