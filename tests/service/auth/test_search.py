"""The search in people: names, who is in it, and what each role sees of them."""

from __future__ import annotations

from typing import Any

import pytest

from services.auth.policy.account_fields import BRIEF, REDUCED
from services.common.errors import InvalidInput
from tests.service.one_service import OneService
from tests.world import World


def rows(auth: OneService, typed: str, who: str = "admin", **more: Any) -> list[dict[str, Any]]:
    """The people found."""
    data = {"query": typed, "limit": 20, **more}
    found: dict[str, list[dict[str, Any]]] = auth.call(who, "search_persons", data=data)
    return found["persons"]


def find(auth: OneService, typed: str, who: str = "admin", **more: Any) -> list[str]:
    """Their names."""
    return [row["full_name"] for row in rows(auth, typed, who, **more)]


@pytest.fixture
def auth(auth: OneService, world: World) -> OneService:
    """The studio with some more people."""
    for first, last, values in (
        ("Ángela", "Müller-Straße", {}),
        ("Bot", "Render", {"is_bot": True, "email": None}),
        ("Gone", "Render", {"active": False}),
        ("Guest", "Render", {"is_guest": True}),
        ("Angelo", "Render", {}),
    ):
        ident = world.person(f"{first} {last}".replace(" ", "."), "user")
        row = next(row for row in world.tables["person"] if row["id"] == ident)
        row |= {"first_name": first, "last_name": last, "desktop_login": None, **values}
    auth.fill(world)
    return auth


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("angela", ["Ángela Müller-Straße", "Angelo Render"]),
        ("ANGEL", ["Angelo Render", "Ángela Müller-Straße"]),
        ("muller", ["Ángela Müller-Straße"]),
        ("strasse mulle", ["Ángela Müller-Straße"]),
        ("mulelr", ["Ángela Müller-Straße"]),
        ("render", ["Angelo Render", "Bot Render"]),
        ("gone render", []),
        ("%%%", []),
        ("@example", []),
    ],
)
def test_active_people_and_bots_are_found(auth: OneService, typed: str, names: list[str]) -> None:
    """By their names only; no guests."""
    found = find(auth, typed)
    assert [name for name in found if "Example" not in name] == names


def test_who_is_renamed_or_deactivated_is_found_accordingly(auth: OneService, world: World) -> None:
    """At once."""
    artist = {"path": "persons", "ident": world.people["artist"]}
    auth.call("admin", "update_row", **artist, data={"last_name": "Kowalska"})
    assert find(auth, "kowalska") == ["Artist Kowalska"]
    assert find(auth, "artist example", limit=1) != ["Artist Example"]
    auth.call("admin", "update_row", **artist, data={"active": False})
    assert find(auth, "kowalska") == []
    auth.call("admin", "update_row", **artist, data={"active": True})
    assert find(auth, "kowalska") == ["Artist Kowalska"]


def test_each_role_sees_of_people_what_their_list_shows(auth: OneService, world: World) -> None:
    """Administrators all of it, clients the people of their productions in brief."""
    team = [world.people["artist"], world.people["manager"]]
    auth.fakes.replies["crud.list_team"] = team
    (full,) = rows(auth, "artist", "admin", limit=1)
    assert full["email"] == "artist@example.com"
    assert (full["matched_terms"], full["type"]) == (["name"], "Person")
    assert not {"departments", "password", "jti"} & full.keys()
    for who in ("manager", "supervisor", "artist", "vendor", "stranger"):
        (row,) = rows(auth, "artist", who, limit=1)
        assert row.keys() == REDUCED | {"matched_terms"}, who
        assert row["departments"] == []
    (brief,) = rows(auth, "artist", "client", limit=1)
    assert brief.keys() == BRIEF | {"matched_terms"}
    assert find(auth, "example", "client") == [
        "Artist Example",
        "Client Example",
        "Manager Example",
    ]
    assert find(auth, "stranger", "client") == []


def test_productions_don_t_narrow_the_people(auth: OneService, world: World) -> None:
    """Whichever is named."""
    assert find(auth, "vendor", project_id=world.past, limit=1) == ["Vendor Example"]


def test_people_are_found_only_if_they_are_asked_for(auth: OneService) -> None:
    """By a long enough question."""
    for data in ({"query": "artist", "index_names": ["assets"]}, {"query": "ar"}):
        assert auth.call("admin", "search_persons", data=data) == {}
    pages = [find(auth, "example", offset=offset, limit=2) for offset in (0, 2, 4, 6, 8)]
    names = [name for page in pages for name in page]
    assert names == sorted(names)
    assert [len(page) for page in pages] == [2, 2, 2, 1, 0]
    with pytest.raises(InvalidInput):
        find(auth, "example", limit=0)
