"""Changing a password, resetting it by mail, and the default one."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.running import Caller, System, until
from tests.system.auth.visitor import (
    LOGIN,
    announced,
    letters,
    log_in,
    next_letter,
    signed_in,
    token_in,
)
from tests.world import World

NEW = {"old_password": "mypassword", "password": "correct horse", "password_2": "correct horse"}
RESET = {"email": LOGIN["email"], "password": "another one", "password2": "another one"}


def reset(system: System, **more: Any) -> requests.Response:
    """One try to use a token."""
    return requests.put(f"{system.base}/auth/reset-password", json={**RESET, **more}, timeout=20)


def ask(system: System, email: str = LOGIN["email"]) -> requests.Response:
    """One request for a mailed link."""
    return requests.post(f"{system.base}/auth/reset-password", json={"email": email}, timeout=20)


def test_a_changed_password_works_from_then_on_and_sessions_go_on(
    system: System, world: World
) -> None:
    """The owner gets a letter, a subscriber an event without secrets."""
    artist = signed_in(system)
    with announced(system, "password:changed") as events, next_letter(system) as letter:
        assert artist.post("/auth/change-password", NEW).json() == {"success": True}
    assert events == [
        ("password:changed", {"person_id": world.people["artist"], "means": "change"})
    ]
    assert "was changed" in letter[0]
    assert artist.get("/auth/authenticated").status_code == 200
    assert log_in(system).status_code == 400
    assert log_in(system, password="correct horse").status_code == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"old_password": "wrong", "password": "short"}, "Old password is wrong."),
        ({"password": "short", "password_2": "other"}, "Password is too short."),
        ({"password_2": "something else"}, "Confirmation password doesn't match."),
    ],
)
def test_a_refused_change_says_why_and_changes_nothing(
    system: System, world: World, change: dict[str, str], message: str
) -> None:
    """The old password is looked at first, then the length, then the confirmation."""
    answer = signed_in(system).post("/auth/change-password", {**NEW, **change})
    assert answer.status_code == 400
    assert answer.json() == {"error": True, "message": message}
    assert log_in(system).status_code == 200


@pytest.mark.parametrize("missing", ["old_password", "password", "password_2"])
def test_every_field_of_a_change_is_required(system: System, world: World, missing: str) -> None:
    """And named when it is empty."""
    answer = signed_in(system).post("/auth/change-password", {**NEW, missing: ""})
    assert answer.status_code == 400
    assert [e["field"] for e in answer.json()["data"]["errors"]] == [missing]


def test_wrong_old_passwords_lock_the_account_like_failed_log_ins(
    system: System, world: World
) -> None:
    """One counter for both."""
    artist = signed_in(system)
    for _ in range(5):
        artist.post("/auth/change-password", {**NEW, "old_password": "no"})
    answer = artist.post("/auth/change-password", NEW)
    assert answer.json()["too_many_failed_login_attemps"] is True
    assert log_in(system).json()["too_many_failed_login_attemps"] is True


def test_only_the_first_72_bytes_count(system: System, world: World) -> None:
    """As for all bcrypt hashes in the field."""
    long = "x" * 72
    body = {**NEW, "password": long + "a", "password_2": long + "a"}
    assert signed_in(system).post("/auth/change-password", body).status_code == 200
    assert log_in(system, password=long + "b").status_code == 200
    assert log_in(system, password=long[:-1]).status_code == 400


def test_a_mailed_link_sets_the_password_once(system: System, world: World) -> None:
    """And no link mailed before it is good any more."""
    with next_letter(system) as first:
        assert ask(system).json() == {"success": "Reset token sent"}
    with next_letter(system) as second:
        ask(system)
    with announced(system, "password:changed") as events:
        assert reset(system, token=token_in(second[0])).json() == {"success": True}
    assert events[0][1]["means"] == "reset"
    assert log_in(system, password="another one").status_code == 200
    for letter in (first, second):
        refused = reset(system, token=token_in(letter[0]))
        assert refused.status_code == 400
        assert refused.json() == {"error": True, "message": "Wrong or expired token."}


def test_a_refused_password_does_not_use_the_token_up(system: System, world: World) -> None:
    """The link in the letter stays good."""
    with next_letter(system) as letter:
        ask(system)
    token = token_in(letter[0])
    assert reset(system, token=token, password="x").json()["message"] == "Password is too short."
    mismatch = reset(system, token=token, password2="something")
    assert mismatch.json()["message"] == "Confirmation password doesn't match."
    assert reset(system, token=token).status_code == 200


def test_a_token_is_good_for_its_own_account_only(system: System, world: World) -> None:
    """Whoever else it names is not reset."""
    with next_letter(system) as letter:
        ask(system)
    answer = reset(system, token=token_in(letter[0]), email="manager@example.com")
    assert answer.status_code == 400


def test_asking_for_a_link_tells_nobody_which_accounts_exist(system: System, world: World) -> None:
    """The same answer after the same time, and no letter."""
    before = len(letters(system))
    known, unknown = ask(system), ask(system, "nobody@example.com")
    assert known.json() == unknown.json()
    assert abs(known.elapsed.total_seconds() - unknown.elapsed.total_seconds()) < 0.1
    until(lambda: len(letters(system)) > before, what="the one letter")
    assert all(LOGIN["email"] == letter["To"] for letter in letters(system)[before:])


def test_the_default_password_leads_to_a_reset_and_not_in(
    system: System, world: World, admin: Caller
) -> None:
    """Also when the body holds no password at all."""
    body = {"password": "default", "email": "fresh@example.com", "first_name": "F", "last_name": ""}
    assert admin.post("/data/persons", body).status_code == 200
    for given in ({"password": "default"}, {}):
        answer = requests.post(
            f"{system.base}/auth/login", json={"email": "fresh@example.com", **given}, timeout=20
        )
        assert answer.status_code == 400
        assert answer.json()["login"] is False
        assert answer.json()["default_password"] is True
        assert len(answer.json()["token"]) == 64
    token = answer.json()["token"]
    assert reset(system, email="fresh@example.com", token=token).status_code == 200


def test_an_administrator_sets_a_password_and_others_may_not(
    system: System, world: World, admin: Caller
) -> None:
    """Both fields, as for one's own."""
    path = f"/actions/persons/{world.people['artist']}/change-password"
    body = {"password": "chosen for them", "password_2": "chosen for them"}
    assert system.caller(world.people["manager"]).post(path, body).status_code == 403
    assert admin.post(path, body).json() == {"success": True}
    assert log_in(system, password="chosen for them").status_code == 200


def test_an_administrator_mails_links(system: System, world: World, admin: Caller) -> None:
    """To choose a password, or to come in at all."""
    person = f"/actions/persons/{world.people['artist']}"
    with next_letter(system) as letter:
        assert admin.send("POST", f"{person}/reset-password-link").status_code == 200
    assert reset(system, token=token_in(letter[0])).status_code == 200
    with next_letter(system, "invited") as invitation:
        assert admin.get(f"{person}/invite").status_code == 200
    assert len(token_in(invitation[0])) == 64
