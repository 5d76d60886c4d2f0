"""Changing a password, resetting it by mail, and the default password."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.running import Caller, System, until
from tests.system.auth.visitor import (
    LOGIN,
    events_of,
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
    """Try to use a reset token."""
    return requests.put(f"{system.base}/auth/reset-password", json={**RESET, **more}, timeout=20)


def ask(system: System, email: str = LOGIN["email"]) -> requests.Response:
    """Request a reset link."""
    return requests.post(f"{system.base}/auth/reset-password", json={"email": email}, timeout=20)


def test_a_changed_password_applies_and_keeps_sessions(system: System, world: World) -> None:
    """The owner gets an e-mail; the event contains no secret."""
    artist = signed_in(system)
    with events_of(system, "password:changed") as events, next_letter(system) as letter:
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
def test_a_rejected_change_gives_the_reason_and_changes_nothing(
    system: System, world: World, change: dict[str, str], message: str
) -> None:
    """Checked in order: old password, length, confirmation."""
    response = signed_in(system).post("/auth/change-password", {**NEW, **change})
    assert response.status_code == 400
    assert response.json() == {"error": True, "message": message}
    assert log_in(system).status_code == 200


@pytest.mark.parametrize("missing", ["old_password", "password", "password_2"])
def test_every_field_of_a_change_is_required(system: System, world: World, missing: str) -> None:
    """The answer names the missing field."""
    response = signed_in(system).post("/auth/change-password", {**NEW, missing: ""})
    assert response.status_code == 400
    assert [e["field"] for e in response.json()["data"]["errors"]] == [missing]


def test_wrong_old_passwords_count_as_failed_log_ins(system: System, world: World) -> None:
    """They share a counter."""
    artist = signed_in(system)
    for _ in range(5):
        artist.post("/auth/change-password", {**NEW, "old_password": "no"})
    response = artist.post("/auth/change-password", NEW)
    assert response.json()["too_many_failed_login_attemps"] is True
    assert log_in(system).json()["too_many_failed_login_attemps"] is True


def test_only_the_first_72_bytes_are_significant(system: System, world: World) -> None:
    """As bcrypt hashes of existing installations require."""
    long = "x" * 72
    body = {**NEW, "password": long + "a", "password_2": long + "a"}
    assert signed_in(system).post("/auth/change-password", body).status_code == 200
    assert log_in(system, password=long + "b").status_code == 200
    assert log_in(system, password=long[:-1]).status_code == 400


def test_a_reset_link_works_once(system: System, world: World) -> None:
    """It invalidates all earlier links."""
    with next_letter(system) as first:
        assert ask(system).json() == {"success": "Reset token sent"}
    with next_letter(system) as second:
        ask(system)
    with events_of(system, "password:changed") as events:
        assert reset(system, token=token_in(second[0])).json() == {"success": True}
    assert events[0][1]["means"] == "reset"
    assert log_in(system, password="another one").status_code == 200
    for letter in (first, second):
        refused = reset(system, token=token_in(letter[0]))
        assert refused.status_code == 400
        assert refused.json() == {"error": True, "message": "Wrong or expired token."}


def test_a_rejected_password_does_not_use_up_the_token(system: System, world: World) -> None:
    """The link stays valid."""
    with next_letter(system) as letter:
        ask(system)
    token = token_in(letter[0])
    assert reset(system, token=token, password="x").json()["message"] == "Password is too short."
    mismatch = reset(system, token=token, password2="something")
    assert mismatch.json()["message"] == "Confirmation password doesn't match."
    assert reset(system, token=token).status_code == 200


def test_a_reset_token_is_bound_to_its_account(system: System, world: World) -> None:
    """Another account in the request isn't reset."""
    with next_letter(system) as letter:
        ask(system)
    answer = reset(system, token=token_in(letter[0]), email="manager@example.com")
    assert answer.status_code == 400


def test_requesting_a_link_does_not_reveal_accounts(system: System, world: World) -> None:
    """Same answer and response time, and no e-mail."""
    before = len(letters(system))
    known, unknown = ask(system), ask(system, "nobody@example.com")
    assert known.json() == unknown.json()
    assert abs(known.elapsed.total_seconds() - unknown.elapsed.total_seconds()) < 0.1
    until(lambda: len(letters(system)) > before, what="the one letter")
    assert all(LOGIN["email"] == letter["To"] for letter in letters(system)[before:])


def test_the_default_password_only_leads_to_a_reset(
    system: System, world: World, admin: Caller
) -> None:
    """Also if the body has no password."""
    body = {"password": "default", "email": "fresh@example.com", "first_name": "F", "last_name": ""}
    assert admin.post("/data/persons", body).status_code == 200
    for given in ({"password": "default"}, {}):
        response = requests.post(
            f"{system.base}/auth/login", json={"email": "fresh@example.com", **given}, timeout=20
        )
        assert response.status_code == 400
        assert response.json()["login"] is False
        assert response.json()["default_password"] is True
        assert len(response.json()["token"]) == 64
    token = response.json()["token"]
    assert reset(system, email="fresh@example.com", token=token).status_code == 200


def test_only_an_administrator_sets_another_s_password(
    system: System, world: World, admin: Caller
) -> None:
    """Password and confirmation are required."""
    path = f"/actions/persons/{world.people['artist']}/change-password"
    body = {"password": "chosen for them", "password_2": "chosen for them"}
    assert system.caller(world.people["manager"]).post(path, body).status_code == 403
    assert admin.post(path, body).json() == {"success": True}
    assert log_in(system, password="chosen for them").status_code == 200


def test_an_administrator_mails_reset_links_and_invitations(
    system: System, world: World, admin: Caller
) -> None:
    """To set a password, or to log in for the first time."""
    person = f"/actions/persons/{world.people['artist']}"
    with next_letter(system) as letter:
        assert admin.send("POST", f"{person}/reset-password-link").status_code == 200
    assert reset(system, token=token_in(letter[0])).status_code == 200
    with next_letter(system, "invited") as invitation:
        assert admin.get(f"{person}/invite").status_code == 200
    assert len(token_in(invitation[0])) == 64
