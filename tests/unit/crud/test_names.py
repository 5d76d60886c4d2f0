"""Names of what events are about are kept for seconds, and forgotten when an event changes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from services.common.contracts.full_events import Audience, Description
from services.common.events.delivery import Delivery
from services.crud.history import names as names_module
from services.crud.history.names import Kept, Names

SHOT, ASSET, PERSON = uuid4(), uuid4(), uuid4()


def event(name: str, **payload: Any) -> Delivery:
    """An event with a payload."""
    data = {key: str(value) for key, value in payload.items()}
    return Delivery(name=name, payload=data, event_id=uuid4(), time="", source="assets")


def known() -> Names:
    """A shot, an asset and a person."""
    names = Names()
    shot = {
        "name": "P01",
        "kind": "Shot",
        "type_name": "Shot",
        "episode_name": "E01",
        "parent_name": "S01",
    }
    asset = {**shot, "name": "Lamp", "kind": "Asset", "type_name": "Props"}
    names.entities.keep([SHOT, ASSET], {str(SHOT): shot, str(ASSET): asset})
    names.people.keep([PERSON], {str(PERSON): {"full_name": "Ada Lovelace", "role": "user"}})
    return names


def path(names: Names, entity: UUID) -> str:
    """The path of an entity as an event has it."""
    about = names.about(Description(audience=Audience(), entity_id=entity))
    assert about.entity is not None
    return about.entity.path


def test_a_path_leads_from_the_episode_or_the_asset_type_down() -> None:
    """As people say it."""
    assert path(known(), SHOT) == "E01 / S01 / P01"
    assert path(known(), ASSET) == "Props / Lamp"


def test_what_is_gone_has_an_id_and_no_name() -> None:
    """Its event is told all the same."""
    names = known()
    names.entities.keep([SHOT], {})
    assert path(names, SHOT) == ""


@pytest.mark.parametrize(
    ("names", "expected"), [(known(), "E01 / S01 / P02"), (Names(), "P02")], ids=["known", "new"]
)
def test_a_deleted_entity_is_remembered_by_what_it_was(names: Names, expected: str) -> None:
    """Its tasks go with it, and tell of their end when nobody can be asked any more."""
    before = {"id": str(SHOT), "name": "P02", "entity_type_id": None, "parent_id": None}
    deleted = event("shot:delete", shot_id=SHOT)
    names.follow([msgspec.structs.replace(deleted, before=before)])
    assert names.entities.missing([SHOT]) == set()
    assert path(names, SHOT) == expected


@pytest.mark.parametrize(
    ("name", "payload", "forgotten"),
    [
        ("shot:update", {"shot_id": SHOT}, {SHOT}),
        ("sequence:update", {"sequence_id": uuid4()}, {SHOT, ASSET}),
        ("asset-type:update", {"asset_type_id": uuid4()}, {SHOT, ASSET}),
        ("task:update", {"task_id": uuid4()}, set()),
        ("import:done", {}, {SHOT, ASSET}),
    ],
    ids=["of the shot", "of a sequence", "of an asset type", "of a task", "of an import"],
)
def test_an_event_has_the_names_that_it_changes_asked_for_again(
    name: str, payload: dict[str, Any], forgotten: set[UUID]
) -> None:
    """Of a parent, the paths of all below it."""
    names = known()
    names.follow([event(name, **payload)])
    assert names.entities.missing([SHOT, ASSET]) == forgotten


def test_a_person_is_forgotten_alone() -> None:
    """Their role may be another one now."""
    names = known()
    names.follow([event("person:update", person_id=PERSON)])
    assert names.people.missing([PERSON]) == {PERSON}
    assert names.entities.missing([SHOT]) == set()


def test_a_name_is_kept_for_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have handled the event that changed it."""
    kept = Kept()
    kept.keep([SHOT], {SHOT: "P01"})
    assert kept.missing([SHOT]) == set()
    now = names_module.time.monotonic() + names_module.SECONDS + 1
    monkeypatch.setattr(names_module.time, "monotonic", lambda: now)
    assert kept.missing([SHOT]) == {SHOT}
