"""Preview accounts: one a production, with which somebody may look at it while it is open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from services.common.errors import Forbidden, InvalidInput, NotFound, Refused, Unauthenticated
from services.common.runtime.service import CONFIG
from tests.service.auth.test_log_in import claims_of
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor", "stranger")
CALLER: Final = {"address": "10.0.0.1", "browser": True}


@pytest.fixture
def auth(auth: OneService, world: World) -> OneService:
    """The service; ``crud`` knows the film, and who is in it."""
    auth.fakes.replies |= {
        "crud.list_project_names": lambda ids: {one: "Film" for one in ids if one == world.project},
        "crud.list_memberships": {world.project: [None, True]},
    }
    return auth


def make(auth: OneService) -> dict[str, Any]:
    """The account with a new password."""
    made: dict[str, Any] = auth.call(
        "manager", "renew_preview_account", project_id=auth.world.project
    )
    return made


def switch(auth: OneService, *, is_open: bool) -> dict[str, Any]:
    """The account, opened or closed."""
    data = {"is_open": is_open}
    arguments: dict[str, Any] = {"project_id": auth.world.project, "data": data}
    account: dict[str, Any] = auth.call("manager", "open_preview_account", **arguments)
    return account


def log_in(auth: OneService, account: dict[str, Any]) -> dict[str, Any]:
    """What a log-in answers."""
    data = {name: account[name] for name in ("email", "password")}
    opened: dict[str, Any] = auth.call("stranger", "log_in", data=data, caller=CALLER)
    return opened


def identified(auth: OneService, opened: dict[str, Any]) -> Any:
    """What the gateway is told of a session."""
    claims = claims_of(opened["access_token"])
    return auth.answer("stranger", "identify", claims=claims)


def test_a_production_gets_an_account(auth: OneService, world: World) -> None:
    """Closed at first; ``crud`` seats it, and no event tells of a new person."""
    arguments = {"project_id": world.project}
    assert auth.call("manager", "read_preview_account", **arguments) is None
    account = make(auth)
    assert re.fullmatch(r"preview-[0-9a-f]{12}@preview\.kitsu\.invalid", account["email"])
    assert re.fullmatch(r"[\w-]{16}", account["password"])
    assert (account["full_name"], account["preview_open_until"]) == ("Preview Film", None)
    told = {"person_id": account["id"], "project_id": world.project}
    assert auth.emitted() == [("preview-account:new", told)]
    read = auth.call("admin", "read_preview_account", **arguments)
    assert read == {name: value for name, value in account.items() if name != "password"}
    (row,) = auth.rows("person", id=account["id"])
    assert (row["role"], row["active"], row["is_bot"]) == ("client", True, False)


def test_another_password_is_the_same_accounts(auth: OneService) -> None:
    """It is closed with it."""
    first = make(auth)
    switch(auth, is_open=True)
    second = make(auth)
    assert (second["id"], second["email"]) == (first["id"], first["email"])
    assert second["password"] != first["password"]
    assert second["preview_open_until"] is None
    switch(auth, is_open=True)
    with pytest.raises(Refused):
        log_in(auth, first)
    assert log_in(auth, second)["login"]


def test_it_is_open_for_an_hour(auth: OneService) -> None:
    """Then, and before, it is as one that is inactive."""
    account = make(auth)
    with pytest.raises(Refused) as refused:
        log_in(auth, account)
    assert refused.value.data is not None
    assert refused.value.data["unactive"]
    until = datetime.fromisoformat(switch(auth, is_open=True)["preview_open_until"])
    left = until - datetime.now(UTC).replace(tzinfo=None)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    opened = log_in(auth, account)
    reply = identified(auth, opened)
    assert float(reply.headers["until"]) == until.replace(tzinfo=UTC).timestamp()
    assert b'"client"' in reply.body
    table = auth.container.service_cls.metadata.tables["person"]
    ended = sa.update(table).where(table.c.id == sa.cast(account["id"], sa.Uuid))
    with auth.database.engine.begin() as connection:
        connection.execute(ended.values(preview_open_until=until - 2 * timedelta(hours=1)))
    with pytest.raises(Unauthenticated):
        identified(auth, opened)


def test_tokens_are_of_one_opening(auth: OneService) -> None:
    """Opening it again while it is open only makes it longer."""
    account = make(auth)
    first = switch(auth, is_open=True)
    opened = log_in(auth, account)
    second = switch(auth, is_open=True)
    assert second["preview_open_until"] > first["preview_open_until"]
    assert identified(auth, opened)
    switch(auth, is_open=False)
    with pytest.raises(Unauthenticated):
        identified(auth, opened)
    switch(auth, is_open=True)
    with pytest.raises(Unauthenticated):
        identified(auth, opened)
    assert identified(auth, log_in(auth, account))


def test_no_second_factor_is_asked_for(auth: OneService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if all accounts must have one."""
    strict = replace(auth.container.config[CONFIG], enforce_2fa=True)
    monkeypatch.setitem(auth.container.config, CONFIG, strict)
    account = make(auth)
    switch(auth, is_open=True)
    opened = log_in(auth, account)
    assert "two_factor_authentication_required" not in opened
    assert "restricted" not in identified(auth, opened).headers


def test_it_is_removed(auth: OneService, world: World) -> None:
    """With what refers to it; twice is once."""
    account = make(auth)
    arguments = {"project_id": world.project}
    assert auth.answer("manager", "remove_preview_account", **arguments).body == b""
    assert ("person:delete", {"person_id": account["id"]}) in auth.emitted()
    assert auth.rows("person", id=account["id"]) == []
    number = len(auth.emitted())
    assert auth.answer("manager", "remove_preview_account", **arguments).body == b""
    assert len(auth.emitted()) == number
    with pytest.raises(NotFound, match="No preview account for this project"):
        switch(auth, is_open=True)


def test_it_goes_with_its_production(auth: OneService, world: World) -> None:
    """As ``crud`` announces it."""
    account = make(auth)
    gone = {"service": "crud", "table": "project", "ids": [world.project]}
    auth.deliver("rows:gone", gone)
    assert auth.rows("person", id=account["id"]) == []


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("read_preview_account", {}),
        ("renew_preview_account", {}),
        ("open_preview_account", {"data": {"is_open": False}}),
        ("remove_preview_account", {}),
    ],
)
def test_it_is_its_managers_business(
    auth: OneService, world: World, method: str, more: dict[str, Any]
) -> None:
    """And nobody else's; an unknown production isn't found."""
    make(auth)
    outcomes = auth.outcomes(EVERYBODY, method, project_id=world.project, **more)
    assert {who for who, outcome in outcomes.items() if outcome != FORBIDDEN} == {
        "admin",
        "manager",
    }
    for unknown in (NOWHERE, "x"):
        found = auth.outcomes(["admin", "manager"], method, project_id=unknown, **more)
        assert set(found.values()) == {NOT_FOUND}


def test_a_window_is_open_or_not(auth: OneService, world: World) -> None:
    """Nothing else."""
    make(auth)
    for data in ({}, {"is_open": None}, {"is_open": "maybe"}):
        with pytest.raises(InvalidInput) as refused:
            auth.call("manager", "open_preview_account", project_id=world.project, data=data)
        assert refused.value.data is not None
        assert [error["field"] for error in refused.value.data["errors"]] == ["is_open"]


def test_it_is_hidden_and_stays_what_it_is(auth: OneService, world: World) -> None:
    """From lists of people, mentions and their number; nobody changes it as a person."""
    count = auth.call("admin", "read_context_part")["persons"]
    account = make(auth)["id"]
    everybody = [*world.people.values(), account]
    for who in ("admin", "manager", "artist"):
        for query in ({}, {"page": "1"}, {"role": "client"}):
            listed = auth.call(who, "list_rows", path="persons", query=query)
            rows = listed["data"] if isinstance(listed, dict) else listed
            assert account not in {row["id"] for row in rows}
            assert rows
    paged = auth.call("admin", "list_rows", path="persons", query={"page": "1"})
    assert paged["total"] == len(world.people)
    assert len(auth.call("admin", "read_context_part")["persons"]) == len(count)
    shown = auth.call("admin", "list_persons_shown", ids=everybody)
    assert account not in {row["id"] for row in shown}
    assert account not in auth.call("admin", "list_mentionable", ids=everybody)["people"]
    arguments: dict[str, Any] = {"path": "persons", "ident": account, "data": {"phone": "1"}}
    with pytest.raises(Forbidden):
        auth.call("admin", "update_row", **arguments)
    (row,) = auth.rows("person", id=account)
    assert row["phone"] is None
    for name in ("preview_project_id", "preview_open_until"):
        body = {"first_name": "N", "last_name": "N", "email": "n@example.com"}
        body |= {name: world.project if name.endswith("id") else "2030-01-01T00:00:00"}
        made = auth.call("admin", "create_row", path="persons", data=body)
        assert made[name] is None
        auth.call("admin", "delete_row", path="persons", ident=made["id"])


def test_only_administrators_read_until_when_one_is_open(auth: OneService) -> None:
    """Managers read the rest of an account, with its departments."""
    account = make(auth)["id"]
    times = {"preview_project_id", "preview_opened_at", "preview_open_until"}
    read = {
        who: auth.call(who, "read_row", path="persons", ident=account)
        for who in ("admin", "manager", "artist")
    }
    assert read["admin"].keys() - read["manager"].keys() == times
    assert read["manager"]["departments"] == []
    assert not times & read["artist"].keys()
    brief = auth.call(
        "manager", "read_row", path="persons", ident=account, query={"relations": "false"}
    )
    assert "departments" not in brief
    for who, shown in (("admin", times), ("manager", set())):
        for row in auth.call(who, "list_persons_shown", ids=list(auth.world.people.values())):
            assert times & row.keys() == shown
            assert "departments" in row


def test_clients_are_told_that_there_are_such(auth: OneService) -> None:
    """Before anybody logs in."""
    assert auth.call("stranger", "show_config")["preview_accounts_enabled"] is True


# --- elsewhere ------------------------------------------------------------------------------------


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """Productions; ``auth`` knows the film's account."""
    crud = make_service("crud")
    crud.fakes.replies["auth.list_full_persons"] = {
        ACCOUNT: {"id": ACCOUNT, "preview_project_id": world.project}
    }
    crud.fill(world)
    return crud


ACCOUNT: Final = ident("person preview")


def test_an_account_has_a_seat(crud: OneService, world: World) -> None:
    """Once; not in a production that is gone."""
    told = {"person_id": ACCOUNT, "project_id": world.project}
    for _ in range(2):
        crud.deliver("preview-account:new", told)
    crud.deliver("preview-account:new", {**told, "project_id": NOWHERE})
    (seat,) = crud.rows("project_person_link", person_id=ACCOUNT)
    assert (str(seat["project_id"]), seat["role"]) == (world.project, None)
    assert [name for name, _ in crud.emitted()] == ["project:update"]


def test_an_account_stays_a_client_of_its_production(crud: OneService, world: World) -> None:
    """Nobody gives it another team or role."""
    crud.deliver("preview-account:new", {"person_id": ACCOUNT, "project_id": world.project})
    data: dict[str, Any] = {"person_id": ACCOUNT}
    with pytest.raises(InvalidInput, match="only belong to its own project"):
        crud.call("admin", "join_team", project_id=world.past, data=data)
    arguments: dict[str, Any] = {"project_id": world.project}
    keeps = "keeps its client role"
    with pytest.raises(InvalidInput, match=keeps):
        crud.call("manager", "join_team", data={**data, "role": "user"}, **arguments)
    arguments["person_id"] = ACCOUNT
    with pytest.raises(InvalidInput, match=keeps):
        crud.call("manager", "change_seat", data={"role": "manager"}, **arguments)
    seat = crud.call("manager", "change_seat", data={"role": "client"}, **arguments)
    assert seat["role"] == "client"


def test_an_account_gets_no_work(make_service: MakeService, world: World) -> None:
    """By none of the ways to assign."""
    tasks = make_service("tasks")
    account = {"id": ACCOUNT, "is_bot": False, "preview_project_id": world.project}
    tasks.fakes.replies |= {
        "auth.list_full_persons": {ACCOUNT: {**account, "departments": []}},
        "auth.find_existing_rows": {"person": [ACCOUNT]},
    }
    tasks.fill(world)
    task = world.tables["task"][0]["id"]
    for method, arguments in (
        ("assign_task", {"task_id": task, "data": {"person_id": ACCOUNT}}),
        ("assign_tasks", {"person_id": ACCOUNT, "data": {"task_ids": [task]}}),
        ("update_row", {"path": "tasks", "ident": task, "data": {"assignees": [ACCOUNT]}}),
    ):
        with pytest.raises(InvalidInput, match="A preview account can't be assigned"):
            tasks.call("admin", method, **arguments)
    assert tasks.rows("task_person_link", person_id=ACCOUNT) == []
