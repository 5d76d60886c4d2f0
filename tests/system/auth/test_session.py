"""Log-in, log-out, refresh, and how fast a revocation applies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
import requests

from tests.running import SECRET, Caller, System, free_port, token_for, until
from tests.world import World

LOGIN = {"email": "artist@example.com", "password": "mypassword"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def log_in(system: System, body: Any = None, **options: Any) -> requests.Response:
    """A log-in attempt."""
    return requests.post(f"{system.base}/auth/login", json=body or LOGIN, timeout=20, **options)


def test_form_fields_and_query_parameters_are_accepted(system: System, world: World) -> None:
    """If the request has no JSON."""
    url = f"{system.base}/auth/login"
    assert requests.post(url, data=LOGIN, timeout=20).status_code == 200
    assert requests.post(url, params=LOGIN, timeout=20).status_code == 200


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"email": None}, {"email": [3]}])
def test_a_log_in_without_an_email_names_the_field(system: System, world: World, body: Any) -> None:
    """As a validation error."""
    response = requests.post(f"{system.base}/auth/login", json=body, timeout=20)
    assert response.status_code == 400
    assert response.json()["data"]["errors"][0]["field"] == "email"


def test_an_inactive_account_is_reported_after_the_password_check(
    system: System, world: World, admin: Caller
) -> None:
    """400, with the flag that clients read."""
    admin.put(f"/data/persons/{world.people['artist']}", {"active": False})
    answer = log_in(system)
    assert answer.status_code == 400
    assert answer.json()["unactive"] is True
    assert answer.json()["login"] is False


@contextmanager
def second_gateway(system: System) -> Iterator[str]:
    """Its URL."""
    second = System(system.parts, system.folder, port=free_port())
    second.start("gateway")
    try:
        until(second.is_ready, what="a second gateway")
        yield second.base
    finally:
        second.stop()


def seconds_until_refused(*callers: Caller) -> float:
    """How long the callers' tokens, which the gateway has cached, work on."""
    began = time.monotonic()
    for caller in callers:
        until(lambda c=caller: c.get("/auth/authenticated").status_code == 401, what="the end")
    return time.monotonic() - began


def test_tokens_end_in_every_gateway_within_a_second(
    system: System, world: World, admin: Caller
) -> None:
    """Those of a session at log-out, an account's when it is deactivated, a bot's former one."""
    bot = {"first_name": "Render", "last_name": "Bot", "is_bot": True}
    body, other = log_in(system).json(), log_in(system).json()
    made = admin.post("/data/persons", bot).json()
    renewed = Caller(system.base, body["refresh_token"]).get("/auth/refresh-token").json()
    with second_gateway(system) as there:
        tokens = (body, other, renewed, made)
        first, other_one, second, robot = (Caller(there, one["access_token"]) for one in tokens)
        for caller in (first, other_one, second, robot):
            assert caller.get("/auth/authenticated").status_code == 200
        here = Caller(system.base, renewed["access_token"])
        assert here.get("/auth/logout").json() == {"logout": True}
        assert seconds_until_refused(first, second) < 1.0
        assert first.get("/auth/authenticated").json() == {"msg": "Token has been revoked"}
        assert Caller(there, body["refresh_token"]).get("/auth/refresh-token").status_code == 401
        assert other_one.get("/auth/authenticated").status_code == 200
        admin.put(f"/data/persons/{made['id']}", {"expiration_date": "2099-05-01"})
        assert seconds_until_refused(robot) < 1.0
        path = f"/data/persons/{world.people['artist']}"
        admin.put(path, {"active": False})
        assert seconds_until_refused(other_one) < 1.0
        admin.put(path, {"active": True})
        refresh = Caller(there, other["refresh_token"])
        assert refresh.get("/auth/refresh-token").status_code == 401
        assert other_one.get("/auth/authenticated").status_code == 401


def test_a_head_of_log_out_ends_nothing(system: System, world: World) -> None:
    """As a browser or a monitor may send it."""
    caller = Caller(system.base, log_in(system).json()["access_token"])
    assert caller.send("HEAD", "/auth/logout").status_code == 200
    assert caller.get("/auth/authenticated").status_code == 200


def test_a_revocation_survives_restarts(system: System, world: World) -> None:
    """It is stored in the database."""
    body = log_in(system).json()
    caller = Caller(system.base, body["access_token"])
    caller.get("/auth/logout")
    system.kill("auth")
    system.start("auth")
    until(lambda: caller.get("/auth/authenticated").status_code == 401, 20, "the refusal")


def test_a_refresh_token_works_until_log_out(system: System, world: World) -> None:
    """It is not rotated."""
    body = log_in(system).json()
    refresh = Caller(system.base, body["refresh_token"])
    for _ in range(2):
        token = refresh.get("/auth/refresh-token").json()["access_token"]
        assert Caller(system.base, token).get("/auth/authenticated").status_code == 200


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        ("None", 422, {"msg": "Not enough segments"}),
        (
            token_for("x", secret="another secret of sufficient length!"),
            422,
            {"msg": "Signature verification failed"},
        ),
        (token_for("x", "refresh"), 422, {"msg": "Only non-refresh tokens are allowed"}),
        (token_for("x", exp=1), 401, {"error": True, "message": "Signature has expired"}),
    ],
)
def test_invalid_tokens_are_rejected(
    system: System, world: World, token: str, status: int, body: dict[str, Any]
) -> None:
    """Each with the answer on which clients act; gazu refreshes on one of them only."""
    response = Caller(system.base, token).get("/auth/authenticated")
    assert response.status_code == status
    assert response.json() == body


def test_an_unsigned_token_is_rejected(system: System, world: World) -> None:
    """``alg: none`` is no algorithm."""
    claims = jwt.decode(token_for(world.admin), SECRET, algorithms=["HS256"])
    forged = jwt.encode(claims, "", algorithm="none")
    assert Caller(system.base, forged).get("/data/departments").status_code == 422


def test_browsers_get_cookies_and_scripts_get_none(system: System, world: World) -> None:
    """HttpOnly; the refresh cookie is limited to its route."""
    session = requests.Session()
    session.headers["User-Agent"] = BROWSER
    response = session.post(f"{system.base}/auth/login", json=LOGIN, timeout=20)
    cookies = response.headers["Set-Cookie"]
    assert "access_token_cookie=" in cookies
    assert "HttpOnly" in cookies
    assert "Path=/auth/refresh-token" in cookies
    assert session.get(f"{system.base}/auth/authenticated", timeout=20).status_code == 200
    assert session.get(f"{system.base}/auth/logout", timeout=20).json() == {"logout": True}
    assert session.get(f"{system.base}/auth/authenticated", timeout=20).status_code == 401
    # A write's answer may set the position cookie, but none with a token.
    assert "token_cookie" not in log_in(system).headers.get("Set-Cookie", "")


def test_deactivation_revokes_sessions_at_once(system: System, world: World, admin: Caller) -> None:
    """The token stays invalid after the person is activated again."""
    caller = system.caller(world.people["artist"])
    assert caller.get("/data/departments").status_code == 200
    path = f"/data/persons/{world.people['artist']}"
    admin.put(path, {"active": False})
    until(lambda: caller.get("/data/departments").status_code == 401, 1.0, "the refusal")
    admin.put(path, {"active": True})
    assert caller.get("/data/departments").status_code == 401


def test_a_changed_role_applies_within_a_second(
    system: System, world: World, admin: Caller
) -> None:
    """Promotion and demotion."""
    caller = system.caller(world.people["stranger"])
    assert caller.get("/data/hardware-items").status_code == 403
    admin.put(f"/data/persons/{world.people['stranger']}", {"role": "admin"})
    assert caller.get("/data/hardware-items").status_code == 200
    admin.put(f"/data/persons/{world.people['stranger']}", {"role": "user"})
    until(lambda: caller.get("/data/hardware-items").status_code == 403, 1.0, "the refusal")
