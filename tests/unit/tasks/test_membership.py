"""``require_member``."""

from uuid import uuid4

import pytest

from services.common.actor import SYSTEM, Actor
from services.common.errors import Forbidden, NotFound
from services.tasks.policy.membership import require_member
from tests.unit.calls import Call

PROJECT = uuid4()
KNOWN = {"project": [str(PROJECT)]}
UNKNOWN: dict[str, list[str]] = {"project": []}


def test_a_member_passes_without_a_call() -> None:
    """The role proves that the production exists."""
    call = Call(Actor(id=uuid4(), projects={PROJECT: "user"}))
    assert require_member(call, str(PROJECT)) == PROJECT
    assert call.asked == []


def test_an_outsider_is_forbidden() -> None:
    """If the production exists."""
    stranger = Actor(id=uuid4())
    with pytest.raises(NotFound):
        require_member(Call(stranger, find_existing_rows=UNKNOWN), str(PROJECT))
    with pytest.raises(Forbidden, match="in the team of the production"):
        require_member(Call(stranger, find_existing_rows=KNOWN), str(PROJECT))


def test_other_roles_are_forbidden() -> None:
    """The message names the required ones."""
    call = Call(Actor(id=uuid4(), projects={PROJECT: "user"}))
    with pytest.raises(Forbidden, match="to be manager of the production"):
        require_member(call, str(PROJECT), "manager")


def test_a_malformed_id_is_not_found() -> None:
    """It is a path parameter."""
    with pytest.raises(NotFound):
        require_member(Call(SYSTEM), "nonsense")
