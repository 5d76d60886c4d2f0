"""Rules: decisions by the actor and the facts of a row."""

from uuid import uuid4

import pytest

from services.common.access.rules import admin, any_of, is_self, manager, only_persons, team
from services.common.actor import SYSTEM, Actor
from services.common.errors import Forbidden
from tests.unit.calls import Call

PROJECT, PERSON = uuid4(), uuid4()
FACTS = {"project_id": PROJECT, "person_id": PERSON}


def member(role: str) -> Call:
    """An actor with that role in the production."""
    return Call(Actor(id=PERSON, projects={PROJECT: role}))


def test_a_role_counts_in_its_production_only() -> None:
    """A manager of one production has no role in another."""
    manager.check(member("manager"), FACTS)
    with pytest.raises(Forbidden):
        manager.check(member("manager"), {"project_id": uuid4()})


def test_a_refusal_names_all_alternatives() -> None:
    """So that people know whom to ask."""
    rule = any_of(manager, is_self("person_id"))
    with pytest.raises(Forbidden) as refused:
        rule.check(member("user"), {**FACTS, "person_id": uuid4()})
    assert refused.value.message == (
        "This requires to manage the production or to be the person concerned."
    )


def test_alternatives_need_the_facts_of_all_once() -> None:
    """They are the columns selected for the rule."""
    rule = any_of(manager, team, is_self("person_id"))
    assert rule.needs == ("project_id", "person_id")


def test_administrators_pass_every_rule() -> None:
    """Even a rule that never holds."""
    admin.check(Call(SYSTEM), {})
    with pytest.raises(Forbidden):
        admin.check(member("manager"), FACTS)


@pytest.mark.parametrize("actor", [SYSTEM, Actor(id=PERSON, is_bot=True)])
def test_only_persons_refuses_bots(actor: Actor) -> None:
    """And services."""
    with pytest.raises(Forbidden):
        only_persons(Call(actor))
    assert only_persons(member("user")) == PERSON
