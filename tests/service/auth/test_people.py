"""People: their names, and how many there may be."""

from __future__ import annotations

import msgspec
import pytest

from services.common.errors import InvalidInput, NotFound
from services.common.runtime.service import CONFIG
from tests.service.one_service import OneService
from tests.world import World


def hire(auth: OneService, number: int) -> None:
    """One more active person."""
    data = {"first_name": "New", "last_name": "", "email": f"new{number}@example.com"}
    auth.call("admin", "create_row", path="persons", data=data)


@pytest.mark.parametrize(
    ("first", "last", "full"), [("Cher", "", "Cher"), ("", "Dali", "Dali"), ("A", "B", "A B")]
)
def test_a_missing_name_leaves_no_space(auth: OneService, first: str, last: str, full: str) -> None:
    """In answers of writes and of reads."""
    data = {"first_name": first, "last_name": last, "email": "cher@example.com"}
    reply = auth.call("admin", "create_row", path="persons", data=data)
    assert reply["full_name"] == full
    read = auth.call("admin", "read_row", path="persons", ident=reply["id"])
    assert read["full_name"] == full
    arguments = {"path": "persons", "query": {"full_name": full}}
    assert [one["id"] for one in auth.call("admin", "list_rows", **arguments)] == [reply["id"]]


def test_without_a_user_limit_accounts_are_unlimited(auth: OneService, world: World) -> None:
    """Clients are told a number above that of the people there are."""
    for number in range(101):
        hire(auth, number)
    active = sum(row["active"] for row in auth.rows("person"))
    assert active > 100
    assert auth.call("admin", "read_context_part")["user_limit"] > active
    assert world.admin


def test_the_user_limit_is_enforced(auth: OneService, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts active people."""
    limited = msgspec.structs.replace(auth.container.config[CONFIG], user_limit=8)
    monkeypatch.setitem(auth.container.config, CONFIG, limited)
    hire(auth, 1)
    with pytest.raises(InvalidInput, match="User limit reached"):
        hire(auth, 2)
    assert auth.call("admin", "read_context_part")["user_limit"] == 8


def test_clients_of_the_studio_are_told_by_their_role(auth: OneService, world: World) -> None:
    """And nobody else."""
    assert auth.call("admin", "list_clients") == [world.people["client"]]


def test_members_of_a_department_are_listed_by_name(auth: OneService, world: World) -> None:
    """In full to administrators; clients see those of their productions, in brief."""
    for name in ("vendor", "stranger"):
        world.link("department_link", person_id=world.people[name], department_id=world.department)
    auth.fill(world)
    auth.fakes.replies["crud.list_team"] = {world.people["artist"]: None}
    arguments = {"department_id": world.department}
    rows = auth.call("admin", "list_persons_of_department", **arguments)
    assert [row["first_name"] for row in rows] == ["Artist", "Stranger", "Vendor"]
    assert [row["departments"] for row in rows] == [[world.department]] * 3
    assert rows[0]["email"] == "artist@example.com"
    for who in ("manager", "artist", "vendor"):
        reduced = auth.call(who, "list_persons_of_department", **arguments)
        assert len(reduced) == 3
        assert reduced[0]["departments"] == [world.department]
        assert "email" not in reduced[0]
    (seen,) = auth.call("client", "list_persons_of_department", **arguments)
    assert seen["first_name"] == "Artist"
    assert reduced[0].keys() - seen.keys() == {"desktop_login"}
    with pytest.raises(InvalidInput, match="Wrong UUID format"):
        auth.call("admin", "list_persons_of_department", department_id="x")
    with pytest.raises(NotFound):
        auth.call("artist", "list_persons_of_department", department_id=world.studio)


def test_figures_are_told_what_they_need_of_people(auth: OneService, world: World) -> None:
    """The caller's time zone; whether somebody is a bot; who is of a studio."""
    rows = {name: world.tables["person"][n] for n, name in enumerate(world.people)}
    rows["artist"]["timezone"] = "Asia/Tokyo"
    rows["manager"]["timezone"] = None
    rows["supervisor"]["timezone"] = "Mars/Crater"  # an import may bring any text
    rows["vendor"] |= {"is_bot": True, "studio_id": world.studio}
    rows["client"]["studio_id"] = world.studio
    auth.fill(world)

    def told(who: str, **arguments: str) -> dict[str, object]:
        found: dict[str, object] = auth.call(who, "read_counting_facts", **arguments)
        return found

    assert told("artist") == {"time_zone": "Asia/Tokyo", "is_bot": None, "studio": None}
    for who in ("manager", "supervisor"):
        assert told(who)["time_zone"] == "Europe/Paris"
    assert told("artist", person_id=world.people["vendor"])["is_bot"] is True
    assert told("artist", person_id=world.people["client"])["is_bot"] is False
    assert told("artist", person_id=world.studio)["is_bot"] is None
    studio = told("artist", studio_id=world.studio)["studio"]
    assert isinstance(studio, list)
    assert set(studio) == {world.people[name] for name in ("client", "vendor")}
    assert told("artist", studio_id=world.project)["studio"] == []
