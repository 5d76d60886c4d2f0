"""Bots: their tokens and permissions."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.running import SECRET, Caller, System, until
from tests.system.auth.visitor import events_of
from tests.world import World

BOT = {"first_name": "Render", "last_name": "Bot", "is_bot": True, "email": "bot@example.com"}


def make(admin: Caller, **more: Any) -> dict[str, Any]:
    """A new bot, as its creation returns it."""
    response = admin.post("/data/persons", {**BOT, **more})
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def test_a_bot_token_is_returned_once_and_does_not_expire(
    system: System, world: World, admin: Caller
) -> None:
    """Without an expiration date."""
    with events_of(system, "bot-token:issued") as events:
        bot = make(admin)
    assert events[0][1] == {"person_id": bot["id"]}
    claims = jwt.decode(bot["access_token"], SECRET, algorithms=["HS256"])
    assert claims["identity_type"] == "bot"
    assert "exp" not in claims
    caller = Caller(system.base, bot["access_token"])
    assert caller.get("/auth/authenticated").json()["user"]["id"] == bot["id"]
    body = admin.get(f"/data/persons/{bot['id']}").json()
    assert not {"access_token", "jti", "password"} & set(body)


def test_a_token_is_valid_to_the_end_of_its_expiration_date(
    system: System, world: World, admin: Caller
) -> None:
    """A date in the past is rejected."""
    bot = make(admin, expiration_date="2099-05-01")
    claims = jwt.decode(bot["access_token"], SECRET, algorithms=["HS256"])
    assert claims["exp"] == 4081363200  # 2099-05-02T00:00:00Z
    assert admin.post("/data/persons", {**BOT, "expiration_date": "2020-01-01"}).status_code == 400
    past = admin.put(f"/data/persons/{bot['id']}", {"expiration_date": "2020-01-01"})
    assert past.status_code == 400


def test_a_new_expiration_date_replaces_the_token(
    system: System, world: World, admin: Caller
) -> None:
    """The old one is rejected within a second, even if it is cached."""
    bot = make(admin)
    old = Caller(system.base, bot["access_token"])
    assert old.get("/auth/authenticated").status_code == 200
    renewed = admin.put(f"/data/persons/{bot['id']}", {"expiration_date": "2099-05-01"}).json()
    new = Caller(system.base, renewed["access_token"])
    assert new.get("/auth/authenticated").status_code == 200
    until(lambda: old.get("/auth/authenticated").status_code == 401, 1.0, "the old token's end")
    unrelated = admin.put(f"/data/persons/{bot['id']}", {"first_name": "Rendering"}).json()
    assert "access_token" not in unrelated
    assert new.get("/auth/authenticated").status_code == 200


def test_a_bot_cannot_extend_its_own_expiration(
    system: System, world: World, admin: Caller
) -> None:
    """Only administrators set the date."""
    bot = make(admin, expiration_date="2099-05-01")
    caller = Caller(system.base, bot["access_token"])
    response = caller.put(f"/data/persons/{bot['id']}", {"expiration_date": None})
    assert "access_token" not in response.json()
    assert admin.get(f"/data/persons/{bot['id']}").json()["expiration_date"] == "2099-05-01"


def test_a_deactivated_bot_is_rejected(system: System, world: World, admin: Caller) -> None:
    """Its token stays invalid after it is activated again."""
    bot = make(admin)
    caller = Caller(system.base, bot["access_token"])
    admin.put(f"/data/persons/{bot['id']}", {"active": False})
    until(lambda: caller.get("/auth/authenticated").status_code == 401, 1.0, "the refusal")
    admin.put(f"/data/persons/{bot['id']}", {"active": True})
    assert caller.get("/auth/authenticated").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/logout"),
        ("POST", "/auth/change-password"),
        ("PUT", "/auth/totp"),
        ("POST", "/auth/totp"),
        ("DELETE", "/auth/totp"),
        ("PUT", "/auth/email-otp"),
        ("POST", "/auth/email-otp"),
        ("DELETE", "/auth/email-otp"),
        ("PUT", "/auth/fido"),
        ("POST", "/auth/fido"),
        ("DELETE", "/auth/fido"),
        ("PUT", "/auth/recovery-codes"),
        ("GET", "/data/user/desktop-login-logs"),
        ("POST", "/data/user/desktop-login-logs"),
    ],
)
def test_routes_for_people_reject_bots(
    system: System, world: World, admin: Caller, method: str, path: str
) -> None:
    """With 403, whatever the body."""
    caller = Caller(system.base, make(admin)["access_token"])
    body = {
        "old_password": "x",
        "password": "long enough",
        "password_2": "long enough",
        "totp": "1",
        "email_otp": "1",
        "device_name": "x",
        "registration_response": {},
    }
    response = caller.send(method, path, None if method == "GET" else body)
    assert response.status_code == 403, response.text


def test_a_bot_cannot_log_in_with_a_password(system: System, world: World, admin: Caller) -> None:
    """Even if it was created with one."""
    bot = make(admin, password="mypassword")
    response = Caller(system.base, None).post(
        "/auth/login", {"email": bot["email"], "password": "mypassword"}
    )
    wrong = {"login": False, "message": "Wrong email or password."}
    assert (response.status_code, response.json()) == (400, wrong)
