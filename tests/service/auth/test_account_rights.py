"""Who changes which accounts and which of their fields, and whom clients see."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.routes import ROUTES
from services.auth.policy import account_fields
from services.common.errors import Forbidden, InvalidInput
from services.common.runtime.service import CONFIG
from tests.service.one_service import OneService
from tests.world import World

PASSWORDS = {"password": "long enough", "password_2": "long enough"}
BRIEF = {
    "id",
    "type",
    "first_name",
    "last_name",
    "full_name",
    "has_avatar",
    "active",
    "role",
    "is_bot",
}


def person(world: World, name: str) -> dict[str, Any]:
    """The row of a person of the world."""
    return next(row for row in world.tables["person"] if row["id"] == world.people[name])


def change(auth: OneService, who: str, ident: str, **data: Any) -> Any:
    """Change an account by generic CRUD."""
    return auth.call(who, "update_row", path="persons", ident=ident, data=data)


# --- protected accounts ---------------------------------------------------------------------------


@pytest.fixture
def protecting(auth: OneService, world: World) -> OneService:
    """The service; the artist's account is protected, and has a second factor."""
    person(world, "artist").update(totp_enabled=True, has_avatar=True)
    auth.fill(world)
    config = auth.container.config
    config[CONFIG] = replace(config[CONFIG], protected_accounts="a@b.c; Artist@example.com ,x@y.z")
    return auth


@pytest.mark.parametrize("column", sorted(account_fields.ALL))
def test_nobody_else_changes_a_column_of_a_protected_account(
    protecting: OneService, world: World, column: str
) -> None:
    """Whatever the column; nor sends back what there is."""
    ident = world.people["artist"]
    sent = {"is_guest": False, **person(world, "artist")}.get(column)
    with pytest.raises(Forbidden, match="protected"):
        change(protecting, "admin", ident, **{column: sent})
    assert protecting.emitted() == []


#: The routes that change an account by its id, and what they need.
CHANGES: dict[str, dict[str, Any]] = {
    "auth.update_row": {"path": "persons", "data": {}},
    "auth.delete_row": {"path": "persons", "query": {"force": "true"}},
    "auth.set_password": {"data": PASSWORDS},
    "auth.mail_reset_link": {},
    "auth.remove_factors": {},
    "auth.join_department": {"data": {}},
    "auth.leave_department": {},
    "auth.log_desktop_login": {},
    "auth.clear_avatar": {"kind": "persons"},
    "auth.upload_avatar": {"kind": "persons", "data": {}, "files": []},
}


def test_every_route_that_changes_an_account_is_tried_below() -> None:
    """So that a new one is not forgotten."""
    methods = {
        route.rpc
        for route in ROUTES
        if "/persons/{" in route.path
        and route.service == "auth"
        and (route.method != "GET" or route.effect)
    }
    assert methods == CHANGES.keys()


@pytest.mark.parametrize("rpc", sorted(CHANGES))
def test_nobody_else_changes_a_protected_account(
    protecting: OneService, world: World, rpc: str
) -> None:
    """In any way."""
    asked = {"ident": world.people["artist"], **CHANGES[rpc]}
    if rpc == "auth.leave_department":
        asked["department_id"] = world.department
    elif rpc == "auth.join_department":
        asked["data"] = {"department_id": world.department}
    with pytest.raises(Forbidden, match="protected"):
        protecting.call("admin", rpc.partition(".")[2], **asked)
    assert protecting.emitted() == []
    assert protecting.rows("outgoing_mail") == []


def test_the_owner_of_a_protected_account_changes_it(protecting: OneService, world: World) -> None:
    """As anybody does theirs."""
    assert change(protecting, "artist", world.people["artist"], first_name="Ann")
    assert change(protecting, "admin", world.people["vendor"], first_name="Bob")


# --- who writes which field -----------------------------------------------------------------------

#: Another value than there is, by field.
OTHER: dict[str, Any] = {
    "role": "admin",
    "departments": [],
    "studio_id": None,
    "active": False,
    "archived": True,
    "is_bot": True,
    "is_guest": True,
    "expiration_date": "2099-01-01",
    "contract_type": "freelance",
    "position": "lead",
    "seniority": "senior",
    "daily_salary": 4711,
    "last_presence": "2020-01-01",
    "login_failed_attemps": 4,
    "last_login_failed": "2020-01-01T00:00:00",
    "is_generated_from_ldap": True,
    "ldap_uid": "ann",
    "shotgun_id": 7,
    "password": "another",
    "jti": "a",
    "totp_enabled": True,
    "totp_secret": "A" * 32,
    "email_otp_enabled": True,
    "email_otp_secret": "A" * 32,
    "fido_enabled": True,
    "fido_credentials": [{"device_name": "it"}],
    "otp_recovery_codes": ["a"],
    "has_avatar": True,
    "preview_project_id": "9a4f1f0e-3c5b-4d0e-8f6a-2f1f4a1c7b10",
    "preview_opened_at": "2020-01-01T00:00:00",
    "preview_open_until": "2099-01-01T00:00:00",
}


def test_every_field_has_a_writer_or_is_kept_by_other_routes() -> None:
    """A new column is written by nobody before somebody says who writes it."""
    assert set() == account_fields.PROFILE & account_fields.STANDING
    assert account_fields.PROFILE | account_fields.STANDING <= account_fields.ALL
    assert OTHER.keys() == account_fields.ALL - account_fields.PROFILE


@pytest.mark.parametrize("field", sorted(OTHER))
@pytest.mark.parametrize("who", ["artist", "manager"])
def test_people_write_only_their_profile(
    auth: OneService, world: World, who: str, field: str
) -> None:
    """What the studio says about them is ignored; so is what other routes change."""
    person(world, who)["studio_id"] = world.studio
    world.link("department_link", person_id=world.people["manager"], department_id=world.department)
    auth.fill(world)
    ident = world.people[who]
    before, departments = auth.rows("person", id=ident), auth.rows("department_link")
    change(auth, who, ident, **{field: OTHER[field]})
    (after,) = auth.rows("person", id=ident)
    assert {k: v for k, v in before[0].items() if v != after[k]}.keys() <= {"updated_at"}
    assert auth.rows("department_link") == departments


def test_managers_change_no_accounts_of_others(auth: OneService, world: World) -> None:
    """Only administrators do."""
    with pytest.raises(Forbidden):
        change(auth, "manager", world.people["artist"], first_name="X")


# --- names to log in by ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claim",
    [
        {"desktop_login": "vendor.desk"},
        {"desktop_login": "Vendor.Desk"},
        {"desktop_login": "vendor@example.com"},
        {"email": "vendor@example.com"},
    ],
    ids=str,
)
def test_a_name_to_log_in_by_is_not_taken_from_somebody(
    auth: OneService, world: World, claim: dict[str, str]
) -> None:
    """Neither by a change nor by a new account."""
    with pytest.raises(InvalidInput, match="already in use"):
        change(auth, "admin", world.people["artist"], **claim)
    data = {"first_name": "New", "last_name": "", "email": "new@example.com", **claim}
    with pytest.raises(InvalidInput, match="already in use"):
        auth.call("admin", "create_row", path="persons", data=data)
    bot = auth.call("admin", "create_row", path="persons", data={**data, "is_bot": True})
    with pytest.raises(InvalidInput, match="already in use"):
        change(auth, "admin", bot["id"], is_bot=False)


def test_an_address_is_not_somebody_s_desktop_login(auth: OneService, world: World) -> None:
    """It would be found first."""
    person(world, "vendor")["desktop_login"] = "Shared@example.com"
    auth.fill(world)
    with pytest.raises(InvalidInput, match="Email already in use"):
        change(auth, "admin", world.people["artist"], email="shared@example.com")


def test_one_account_may_have_a_name_twice(auth: OneService, world: World) -> None:
    """It is still one account; and none is no name."""
    ident = world.people["artist"]
    assert change(auth, "artist", ident, desktop_login="artist@example.com")
    for name in ("artist", "vendor"):
        assert change(auth, name, world.people[name], desktop_login="")


def test_imported_duplicates_stay_and_the_oldest_is_found(auth: OneService, world: World) -> None:
    """Whoever has one saves the account as it is."""
    older, newer = person(world, "vendor"), person(world, "artist")
    older |= {"desktop_login": "shared", "created_at": "2020-01-01T00:00:00"}
    newer["desktop_login"] = "shared"
    auth.fill(world)
    data = {"email": "shared", "password": "mypassword"}
    for _ in range(2):
        answer = auth.call("stranger", "log_in", data=data, caller={})
        assert answer["user"]["id"] == older["id"]
        assert change(auth, "artist", newer["id"], desktop_login="shared", first_name="A")


# --- people as clients see them -------------------------------------------------------------------


@pytest.fixture
def with_teams(auth: OneService, world: World) -> OneService:
    """The service; ``crud`` tells the teams."""
    auth.fakes.replies["crud.read_change_version"] = 1
    auth.fakes.replies["crud.list_team"] = lambda project_id: {
        seat["person_id"]: None
        for seat in world.tables["project_person_link"]
        if seat["project_id"] == project_id
    }
    return auth


def test_clients_see_the_people_of_their_productions_in_brief(
    with_teams: OneService, world: World
) -> None:
    """In lists, one by one, in teams and in the context."""
    team = {world.people[name] for name in ("manager", "supervisor", "artist", "client", "vendor")}
    listed = with_teams.call("client", "list_rows", path="persons", query={"relations": "true"})
    context = with_teams.call("client", "read_context_part")["persons"]
    shown = with_teams.call("client", "list_persons_shown", ids=list(team))
    for people in (listed, context, shown):
        assert {one["id"] for one in people} == team
        assert all(one.keys() == BRIEF for one in people)
    artist = with_teams.call("client", "read_row", path="persons", ident=world.people["artist"])
    assert artist.keys() == BRIEF


@pytest.mark.parametrize("name", ["stranger", "admin"])
def test_clients_do_not_see_others(with_teams: OneService, world: World, name: str) -> None:
    """Nor their pictures."""
    person(world, name)["has_avatar"] = True
    with_teams.fill(world)
    with pytest.raises(Forbidden):
        with_teams.call("client", "read_row", path="persons", ident=world.people[name])
    with pytest.raises(Forbidden):
        file = f"{world.people[name]}.png"
        with_teams.call("client", "send_avatar", kind="persons", file=file)
    with pytest.raises(Forbidden):
        tables = {"person": [world.people[name]]}
        with_teams.call("client", "find_existing_rows", tables=tables)


@pytest.mark.parametrize("hidden", ["email", "desktop_login", "departments", "studio_id", "phone"])
def test_hidden_fields_are_no_filters_for_clients(
    with_teams: OneService, world: World, hidden: str
) -> None:
    """Else they would tell who has the value."""
    value = world.department if hidden == "departments" else person(world, "artist").get(hidden)
    with pytest.raises(InvalidInput, match="not allowed"):
        with_teams.call("client", "list_rows", path="persons", query={hidden: str(value)})


def test_a_client_without_productions_sees_themselves(with_teams: OneService, world: World) -> None:
    """And nobody else."""
    world.tables["project_person_link"].clear()
    listed = with_teams.call("client", "list_rows", path="persons", query={})
    assert [one["id"] for one in listed] == [world.people["client"]]


def test_a_changed_team_changes_the_version_of_a_client_s_list(
    with_teams: OneService, world: World
) -> None:
    """The list is not what it was, though no account has changed."""
    tags = []
    for version in (1, 1, 2):
        with_teams.fakes.replies["crud.read_change_version"] = version
        reply = with_teams.answer("client", "list_rows", path="persons", query={})
        tags.append(reply.headers["etag"])
    assert tags[0] == tags[1] != tags[2]
    with_teams.fakes.calls.clear()
    with_teams.call("artist", "list_rows", path="persons", query={})
    assert with_teams.fakes.calls == []
