"""What accounts for programs hear, and by which keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.common.contracts.full_events import (
    OTHERS,
    About,
    Audience,
    DescribedEvent,
    FieldChange,
    Recorded,
)
from services.common.contracts.subscribers import Heard, as_managers_hear, routing_key

FILM, PAST = UUID(int=1), UUID(int=2)


def event(audience: Audience, *changed: str, project: UUID | None = FILM) -> Recorded:
    """An event that the history has."""
    body = DescribedEvent(
        id=UUID(int=9),
        name="preview-file:add-file",
        time="2026-01-05T10:00:00",
        project_id=project,
        actor=None,
        data={},
        changes={name: FieldChange(before=1, after=2) for name in changed},
        about=About(),
    )
    text = msgspec.json.encode(body).decode()
    known = msgspec.json.encode(audience).decode()
    return Recorded(7, UUID(int=9), body.name, project, text, known)


def changes(told: Recorded | None) -> dict[str, Any]:
    """The changes that are told."""
    assert told is not None
    found: dict[str, Any] = msgspec.json.decode(told.text)["changes"]
    return found


@pytest.mark.parametrize(
    ("heard", "keys"),
    [
        (Heard(None, frozenset({"*:*"})), {"managers.*.*.*"}),
        (
            Heard(frozenset({FILM, PAST}), frozenset({"task:*", "*:new"})),
            {f"managers.{one}.{rest}" for one in (FILM, PAST) for rest in ("task.*", "*.new")},
        ),
    ],
    ids=["everything", "some"],
)
def test_a_queue_has_a_key_for_each_production_and_name(heard: Heard, keys: set[str]) -> None:
    """And they tell what it hears."""
    assert heard.keys == keys
    assert Heard.of_keys(keys) == heard


@pytest.mark.parametrize("keys", [[], ["#", "managers.#", "task:update"]], ids=["none", "by hand"])
def test_a_queue_without_keys_of_ours_hears_nothing(keys: list[str]) -> None:
    """Not everything."""
    assert Heard.of_keys(keys) == (frozenset(), frozenset())


def test_patterns_of_names_are_those_of_sql() -> None:
    """In which an underscore would stand for any letter."""
    assert Heard(None, frozenset({"asset_instance:*", "*:new"})).patterns == [
        "%:new",
        r"asset\_instance:%",
    ]


def test_an_event_is_routed_by_production_and_name() -> None:
    """Or by none: no key of a production gets what belongs to the studio."""
    known = Audience(roles=("manager",))
    assert routing_key(event(known)) == f"managers.{FILM}.preview-file.add-file"
    assert routing_key(event(known, project=None)) == "managers.-.preview-file.add-file"


@pytest.mark.parametrize(
    "audience",
    [Audience(), Audience(people=(UUID(int=5),)), Audience(roles=("user", "client"))],
    ids=["administrators", "one person", "other roles"],
)
def test_what_managers_do_not_hear_accounts_do_not(audience: Audience) -> None:
    """Whoever else does."""
    assert as_managers_hear(event(audience, "name")) is None


def test_what_managers_see_all_of_is_not_copied() -> None:
    """Nor where something is hidden from others, or was not changed."""
    for known in (
        Audience(roles=("manager",)),
        Audience(roles=("manager",), hidden={"client": ("name",), OTHERS: ("phone",)}),
    ):
        whole = event(known, "name")
        assert as_managers_hear(whole) is whole


@pytest.mark.parametrize("role", ["manager", OTHERS])
def test_fields_hidden_from_managers_are_left_out(role: str) -> None:
    """All else stays as it is."""
    whole = event(Audience(roles=("manager",), hidden={role: ("phone",)}), "name", "phone")
    told = as_managers_hear(whole)
    assert changes(told).keys() == {"name"}
    assert changes(whole).keys() == {"name", "phone"}
    assert told is not None
    assert told._replace(body=whole.body) == whole
