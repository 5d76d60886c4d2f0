"""Castings: read in each form, replaced as a whole or not at all."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from deploy.local.parts import Parts
from services.assets.casting.write import changes_of, complete, replace_castings
from services.assets.service import AssetsService
from services.common import bodies
from services.common.contracts.assets.casting import Casting
from tests.running import Caller, System, until
from tests.show import Show
from tests.statements import recorded_statements
from tests.subscribing import Subscriber
from tests.system.assets.conftest import Ask
from tests.system.callers import logged_payloads

MOST_STATEMENTS = 8


def path(show: Show, entity: str) -> str:
    """Where an entity's casting is."""
    return f"/data/projects/{show.project}/entities/{entity}/casting"


def items(*assets: str, **more: Any) -> list[dict[str, Any]]:
    """A body that casts each of these once."""
    return [{"asset_id": asset, "nb_occurences": 1, **more} for asset in assets]


def cast(caller: Caller, show: Show, entity: str) -> list[str]:
    """The names cast in an entity."""
    return [row["asset_name"] for row in caller.get(path(show, entity)).json()]


# --- reading --------------------------------------------------------------------------------------


def test_a_casting_comes_by_type_and_name_without_the_cancelled(
    system: System, show: Show, admin: Caller
) -> None:
    """All its fields; a cancelled asset stays cast but isn't shown."""
    gone = show.entity("Gone", "Props", canceled=True)
    show.cast(show.shots[0], show.prop, show.asset, show.boat, gone)
    system.load(show.tables)
    rows = admin.get(path(show, show.shots[0])).json()
    assert [row["asset_name"] for row in rows] == ["Hero", "Boat", "Tree"]
    assert rows[2] == {
        "asset_id": show.prop,
        "asset_name": "Tree",
        "asset_type_name": "Props",
        "ready_for": None,
        "episode_id": None,
        "preview_file_id": None,
        "nb_occurences": 1,
        "label": "",
        "is_shared": False,
        "project_id": show.project,
    }
    assert admin.get(f"/data/assets/{show.shots[0]}/casting").status_code == 404


# --- replacing ------------------------------------------------------------------------------------


def test_a_replaced_casting_is_echoed_and_told(show: Show, admin: Caller) -> None:
    """The first world's own link is between Hero and SH1, so Hero is what is removed."""
    body = items(show.prop, label="fixed") + items(show.boat)
    response = admin.put(path(show, show.shot), body)
    assert (response.status_code, response.json()) == (200, body)
    assert cast(admin, show, show.shot) == ["Boat", "Tree"]
    [event] = logged_payloads(admin, "shot:casting-update")
    assert event == {
        "shot_id": show.shot,
        "nb_entities_out": 2,
        "project_id": show.project,
        "added_asset_ids": sorted([show.prop, show.boat]),
        "removed_asset_ids": [show.asset],
    }
    links = logged_payloads(admin, "entity-link:new", 2)
    assert [link["entity_out_id"] for link in links] == [show.prop, show.boat]
    assert set(links[0]) == {
        "entity_link_id",
        "entity_in_id",
        "entity_out_id",
        "nb_occurences",
        "project_id",
    }
    assert admin.get(f"/data/entities/{show.shot}").json()["nb_entities_out"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"asset_id": "nonsense", "nb_occurences": 1},
        {"asset_id": str(UUID(int=7)), "nb_occurences": "many"},
        {"asset_id": str(UUID(int=7)), "nb_occurences": 1, "label": "x" * 81},
        "text",
    ],
)
def test_a_failing_item_changes_nothing(show: Show, admin: Caller, wrong: Any) -> None:
    """The casting stays what it was."""
    assert admin.put(path(show, show.shot), [*items(show.prop), wrong]).status_code == 400
    assert cast(admin, show, show.shot) == ["Hero"]
    both = {show.shots[0]: items(show.prop), show.shot: [wrong]}
    every = f"/data/projects/{show.project}/entities/casting"
    assert admin.put(every, both).status_code == 400
    assert cast(admin, show, show.shots[0]) == []


def test_a_body_that_is_no_array_is_refused_in_the_words_of_its_route(
    show: Show, admin: Caller
) -> None:
    """One body has a data key, the other none."""
    refused = admin.put(path(show, show.shot), {"a": 1})
    assert refused.status_code == 400
    assert refused.json() == {"error": True, "message": "Request body must be a JSON array"}
    refused = admin.put(f"/data/assets/{show.asset}/casting", {"a": 1})
    message = "Request body must be a JSON array."
    assert refused.json() == {"error": True, "message": message, "data": None}


def test_an_entity_of_another_production_is_refused(system: System, show: Show) -> None:
    """An unknown one isn't found, nor is a malformed one."""
    manager = system.caller(show.people["manager"])
    assert manager.put(path(show, show.foreign), []).status_code == 403
    assert manager.put(path(show, str(UUID(int=7))), []).status_code == 404
    assert manager.put(path(show, "nonsense"), []).status_code == 404
    assert manager.get(path(show, show.foreign)).status_code == 403


# --- episodes -------------------------------------------------------------------------------------


def test_two_who_cast_the_same_shots_at_once_both_succeed(system: System, show: Show) -> None:
    """Episode and shots against each other: nobody deadlocks, and the counts are right."""
    answers: list[int] = []

    def replace(entity: str, assets: tuple[str, ...]) -> None:
        caller = system.caller(show.admin)
        for _ in range(8):
            answers.append(caller.put(path(show, entity), items(*assets)).status_code)
            answers.append(caller.put(path(show, entity), []).status_code)

    work = [
        (show.shots[0], (show.prop, show.boat)),
        (show.shots[1], (show.boat, show.prop)),
        (show.episode, (show.prop,)),
    ]
    threads = [threading.Thread(target=replace, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 48
    admin = system.caller(show.admin)
    for entity in (*show.shots, show.episode):
        size = admin.get(f"/data/entities/{entity}").json()["nb_entities_out"]
        assert size == len(cast(admin, show, entity))


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 20, 200])
def test_a_replacement_takes_the_same_few_statements_whatever_its_size(
    system: System, parts: Parts, show: Show, size: int
) -> None:
    """For a shot that changes all it casts, in an episode that gains and loses."""
    assets = [show.entity(f"Crowd {n}", "Props") for n in range(size)]
    show.cast(show.shots[0], show.asset)
    show.cast(show.episode, show.asset)
    system.load(show.tables)
    service = AssetsService()
    with recorded_statements(service, parts) as statements:
        changes = changes_of(service.database, [UUID(show.shots[0])])
        [change] = changes.values()
        change.items, change.size = complete(bodies.read(list[Casting], items(*assets))), size
        replace_castings(service.tx, changes)
        service.tx.flush_events()
        service.tx.commit()
    assert len(change.added) == size
    assert len(statements) <= MOST_STATEMENTS, statements


@pytest.mark.parametrize("size", [1, 40])
def test_castings_are_read_in_the_same_few_statements_whatever_their_size(
    system: System, parts: Parts, show: Show, size: int
) -> None:
    """One for the version where there is one, one for the rights, one for the rows.

    A whole production's casting needs no look at an entity.
    """
    for number in range(size):
        shot = show.entity(f"P{number + 100}", "Shot", parent_id=show.opening)
        show.cast(shot, show.asset, show.prop)
    system.load(show.tables)
    opening = {"project_id": show.project, "sequence_id": show.opening}
    hero = {"project_id": show.project, "entity_id": show.asset}
    service = AssetsService()
    with recorded_statements(service, parts) as statements:
        for method, given, most in (
            ("list_casting_of_sequence", opening, 3),
            ("list_casting_of_sequences", {"project_id": show.project}, 2),
            ("list_casting_of_episodes", {"project_id": show.project}, 2),
            ("read_casting", hero, 3),
            ("list_cast_in", {"ident": show.asset}, 4),
            ("read_casting_readiness", {"shot_ids": show.shots}, 1),
            ("list_shots_casting", {"asset_ids": [show.asset]}, 1),
        ):
            statements.clear()
            service.call = {"route": method}
            assert getattr(service, method)(**given)
            assert len(statements) == most, (method, statements)


def test_shots_tell_what_their_assets_are_ready_for(
    system: System, show: Show, ask: Ask, admin: Caller
) -> None:
    """One entry for each asset, null while it is ready for nothing; a change is told of."""
    show.cast(show.shots[0], show.prop, show.boat)
    system.load(show.tables)
    events = Subscriber(system.parts.amqp_uri)
    admin.put(f"/data/entities/{show.prop}", {"ready_for": show.task_type})
    reply = ask("admin", "read_casting_readiness", shot_ids=show.shots)
    assert set(reply[show.shots[0]]) == {show.task_type, None}
    assert reply[show.shots[1]] == []
    assert ask("admin", "list_shots_casting", asset_ids=[show.prop]) == [show.shots[0]]
    until(lambda: events.payloads_of("asset:ready-changed"), what="the event")
    assert events.payloads_of("asset:ready-changed") == [
        {"asset_id": show.prop, "ready_for": show.task_type, "project_id": show.project}
    ]
