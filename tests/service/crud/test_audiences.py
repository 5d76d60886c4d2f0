"""Whose words are a client's is decided by the team, else by the role in the studio."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.common.contracts.full_events import Audience, Description
from services.crud.history.audiences import decided
from services.crud.history.names import Names
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

STUDIO = ("manager", "supervisor", "user", "vendor")
LED = ("manager", "supervisor", "client")


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; ``auth`` knows everybody's role in the studio."""
    service = make_service("crud")
    service.fill(world)
    people = {row["id"]: row for row in world.tables["person"]}
    service.fakes.replies["auth.list_short_persons"] = lambda ids, **_: {
        ident: {"full_name": "Somebody", "role": people[ident]["role"]}
        for ident in ids
        if ident in people
    }
    return service


def audience(crud: OneService, world: World, author: str) -> dict[str, Any]:
    """The audience of a comment by somebody."""
    person = UUID(world.people[author])
    described = [
        Description(
            audience=Audience(roles=STUDIO),
            by_client=Audience(roles=LED, people=(person,)),
            project_id=UUID(world.project),
            person_id=person,
        )
    ]
    service, names = crud.instance(), Names()
    names.learn(service, described, [])
    (found,) = decided(service, names, described)
    return {"roles": found.roles, "people": found.people}


def seat(crud: OneService, world: World, person: str, role: str | None) -> None:
    """Give somebody a role in the production."""
    crud.database.raw.cursor().execute(
        "UPDATE project_person_link SET role = %s WHERE person_id = %s AND project_id = %s",
        (role, world.people[person], world.project),
    )


def test_the_role_in_the_studio_counts_without_one_in_the_team(
    crud: OneService, world: World
) -> None:
    """Both ways."""
    seat(crud, world, "client", None)
    assert audience(crud, world, "client")["roles"] == LED
    assert audience(crud, world, "artist")["roles"] == STUDIO


def test_the_role_in_the_team_comes_first(crud: OneService, world: World) -> None:
    """A client of the studio may be an artist here, and an artist a client."""
    seat(crud, world, "client", "user")
    seat(crud, world, "artist", "client")
    assert audience(crud, world, "client")["roles"] == STUDIO
    assert audience(crud, world, "artist")["roles"] == LED


def test_an_isolated_productions_clients_hear_only_their_own_words(
    crud: OneService, world: World
) -> None:
    """The author hears of it by name."""
    crud.database.raw.cursor().execute("UPDATE project SET is_clients_isolated = true")
    found = audience(crud, world, "client")
    assert found == {
        "roles": ("manager", "supervisor"),
        "people": (UUID(world.people["client"]),),
    }


def test_of_words_of_somebody_deleted_those_hear_who_hear_everybodys(
    crud: OneService, world: World
) -> None:
    """Nobody knows any more whether they were a client."""
    world.people["deleted"] = str(uuid4())
    found = audience(crud, world, "deleted")
    assert found == {"roles": ("manager", "supervisor"), "people": ()}
