"""Into which productions a caller is let."""

from uuid import uuid4

import pytest

from services.common.actor import SYSTEM, Actor
from services.common.errors import Forbidden, NotFound
from services.tasks.policy.membership import require_member
from tests.unit.calls import Call

PROJECT = uuid4()
KNOWN = {"project": [str(PROJECT)]}
UNKNOWN: dict[str, list[str]] = {"project": []}


def test_a_member_is_let_in_without_a_question() -> None:
    """The role came with the call, and proves that the production exists."""
    call = Call(Actor(id=uuid4(), projects={PROJECT: "user"}))
    assert require_member(call, str(PROJECT)) == PROJECT
    assert call.asked == []


def test_an_administrator_is_told_that_a_production_is_unknown() -> None:
    """They have a role everywhere, so it proves nothing."""
    assert require_member(Call(SYSTEM, existing_rows=KNOWN), str(PROJECT)) == PROJECT
    with pytest.raises(NotFound):
        require_member(Call(SYSTEM, existing_rows=UNKNOWN), str(PROJECT))


def test_a_stranger_is_told_which_role_is_missing() -> None:
    """And nothing of a production that doesn't exist."""
    stranger = Actor(id=uuid4())
    with pytest.raises(NotFound):
        require_member(Call(stranger, existing_rows=UNKNOWN), str(PROJECT))
    with pytest.raises(Forbidden, match="in the team of the production"):
        require_member(Call(stranger, existing_rows=KNOWN), str(PROJECT))


def test_a_role_that_is_not_enough_is_refused() -> None:
    """The refusal names the roles that are."""
    call = Call(Actor(id=uuid4(), projects={PROJECT: "user"}))
    with pytest.raises(Forbidden, match="to be manager of the production"):
        require_member(call, str(PROJECT), "manager")


def test_a_malformed_id_names_no_production() -> None:
    """It is part of a path."""
    with pytest.raises(NotFound):
        require_member(Call(SYSTEM), "nonsense")
