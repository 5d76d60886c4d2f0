"""Log-in, log-out, token renewal, and the actors of tokens."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any
from uuid import uuid4

import jwt
import pytest
from msgspec.structs import replace

from services.auth.credentials.passwords import digest
from services.common.errors import InvalidInput, Refused, Unauthenticated
from services.common.runtime.service import CONFIG
from tests.running import SECRET
from tests.service.one_service import OneService
from tests.world import World, ident

LOGIN = {"email": "artist@example.com", "password": "mypassword"}
WRONG = {"login": False, "message": "Wrong email or password."}
CALLER = {"address": "192.0.2.7", "browser": False}


def log_in(auth: OneService, **more: Any) -> Any:
    """Log in from an unauthenticated client."""
    return auth.call("stranger", "log_in", data={**LOGIN, **more}, caller=CALLER)


def refusal_of(auth: OneService, **more: Any) -> Any:
    """The refusal's data of a log-in that must fail."""
    with pytest.raises(Refused) as refusal:
        log_in(auth, **more)
    return refusal.value.data


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token."""
    claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])
    return claims


def test_an_account_is_found_by_email_in_any_case_and_by_desktop_login(
    auth: OneService, world: World
) -> None:
    """In ``email``, or in ``desktop_login`` if no e-mail matches."""
    for more in (
        {},
        {"email": "ARTIST@Example.com"},
        {"email": "artist.desk"},
        {"email": "nobody@example.com", "desktop_login": "artist.desk"},
    ):
        answer = log_in(auth, **more)
        assert answer["login"] is True
        assert answer["user"]["id"] == world.people["artist"]
        assert "password" not in answer["user"]
        assert "chat_token_slack" not in answer["organisation"]


def test_a_wrong_password_and_an_unknown_account_are_indistinguishable(auth: OneService) -> None:
    """The answer doesn't reveal which accounts exist."""
    assert refusal_of(auth, password="no") == WRONG
    assert refusal_of(auth, email="nobody@example.com") == WRONG


@pytest.mark.parametrize("email", ["", None, [3]])
def test_a_log_in_without_an_email_names_the_field(auth: OneService, email: Any) -> None:
    """As a validation error."""
    with pytest.raises(InvalidInput) as refusal:
        log_in(auth, email=email)
    assert refusal.value.data is not None
    assert refusal.value.data["errors"][0]["field"] == "email"


def test_five_failures_lock_the_account(auth: OneService) -> None:
    """Also for the right password; one event is emitted."""
    for _ in range(5):
        assert refusal_of(auth, password="no") == WRONG
    locked = {
        "error": True,
        "login": False,
        "too_many_failed_login_attemps": True,
        "message": "Too many failed login attempts, retry in a minute.",
    }
    assert refusal_of(auth) == locked
    names = [name for name, _ in auth.emitted()]
    assert names.count("login:failed") == 6
    assert names.count("login:locked") == 1


def test_a_successful_log_in_resets_the_failures(auth: OneService) -> None:
    """Four failures, a success, four failures: not locked."""
    for _ in range(2):
        for _ in range(4):
            refusal_of(auth, password="no")
        assert log_in(auth)["login"] is True


def test_an_inactive_account_is_reported_only_with_the_right_password(
    auth: OneService, world: World
) -> None:
    """With the flag that clients read."""
    artist = world.people["artist"]
    auth.call("admin", "update_row", path="persons", ident=artist, data={"active": False})
    refusal = refusal_of(auth)
    assert (refusal["unactive"], refusal["login"]) == (True, False)
    assert refusal_of(auth, password="no") == WRONG


def test_a_second_factor_is_required_if_enabled(auth: OneService, world: World) -> None:
    """The answer lists the enabled factors."""
    artist = next(row for row in world.tables["person"] if row["id"] == world.people["artist"])
    artist |= {"totp_enabled": True, "totp_secret": "A" * 32}
    auth.fill(world)
    refusal = refusal_of(auth)
    assert refusal["missing_OTP"] is True
    assert refusal["message"] == "A two-factor authentication code is required."
    assert refusal["two_factor_authentication_enabled"] == ["recovery_code", "totp"]


def test_the_default_password_only_yields_a_reset_token(auth: OneService, world: World) -> None:
    """The token is stored although the log-in is refused."""
    artist = next(row for row in world.tables["person"] if row["id"] == world.people["artist"])
    artist["password"] = {"b64": b64encode(digest("default", 4)).decode()}
    auth.fill(world)
    refusal = refusal_of(auth, password="default")
    assert (refusal["login"], refusal["default_password"]) == (False, True)
    (row,) = auth.rows("reset_token")
    assert str(row["person_id"]) == world.people["artist"]
    assert refusal["token"]


def test_the_default_password_opens_nothing_at_all_unless_a_setting_says_so(
    auth: OneService, world: World
) -> None:
    """No token is handed out for it, and none of nothing is taken for it."""
    artist = next(row for row in world.tables["person"] if row["id"] == world.people["artist"])
    artist["password"] = {"b64": b64encode(digest("default", 4)).decode()}
    auth.fill(world)
    config = auth.container.config
    config[CONFIG] = replace(config[CONFIG], accept_default_password=False)
    told = refusal_of(auth, password="default")
    assert told == {"login": False, "default_password": True}
    assert auth.rows("reset_token") == []
    with pytest.raises(InvalidInput) as refusal:
        auth.call("stranger", "log_in", data={"email": artist["email"]}, caller={})
    assert refusal.value.data is not None
    assert refusal.value.data["errors"][0]["field"] == "password"


def test_a_log_in_is_logged_and_emits_an_event(auth: OneService, world: World) -> None:
    """With the address, and whether it is a browser."""
    log_in(auth)
    (row,) = auth.rows("login_log")
    assert (str(row["person_id"]), row["origin"]) == (world.people["artist"], "script")
    assert auth.emitted() == [
        (
            "login:succeeded",
            {
                "person_id": world.people["artist"],
                "origin": "script",
                "address": CALLER["address"],
            },
        )
    ]


def test_identify_returns_the_actor_of_a_token(auth: OneService, world: World) -> None:
    """Departments come from ``auth``, memberships from ``crud``."""
    token = log_in(auth)["access_token"]
    actor = auth.call("stranger", "identify", claims=claims_of(token))
    assert actor["id"] == world.people["artist"]
    assert actor["role"] == "user"
    assert actor["departments"] == [world.department]
    assert actor["projects"] == {world.project: "supervisor"}
    assert actor["open_projects"] == [world.project]
    asked = {"person_id": world.people["artist"]}
    assert auth.fakes.calls == [("crud.list_memberships", asked)]


def test_log_out_revokes_both_tokens(auth: OneService) -> None:
    """The access token and its refresh token."""
    body = log_in(auth)
    claims = claims_of(body["access_token"])
    assert auth.call("artist", "log_out", caller={"claims": claims}) == {"logout": True}
    for token in (body["access_token"], body["refresh_token"]):
        with pytest.raises(Unauthenticated):
            auth.call("stranger", "identify", claims=claims_of(token))
    revoked = [payload["jti"] for name, payload in auth.emitted() if name == "session:revoked"]
    assert revoked == [claims["jti"], claims["refresh_jti"]]


@pytest.mark.parametrize("who", [None, "nonsense", ident("nobody")])
def test_a_token_of_an_unknown_person_is_refused(auth: OneService, who: str | None) -> None:
    """Whatever its subject is."""
    claims = {"sub": who, "jti": str(uuid4()), "identity_type": "person"}
    with pytest.raises(Unauthenticated):
        auth.call("stranger", "identify", claims=claims)


def test_an_imported_recovery_code_serves_once(auth: OneService, world: World) -> None:
    """Its slow hash is compared before the account is locked."""
    (row,) = (row for row in world.tables["person"] if row["id"] == world.people["artist"])
    codes = [digest("ABCDE", 4).decode(), digest("FGHIJ", 4).decode()]
    row |= {"totp_enabled": True, "otp_recovery_codes": codes}
    auth.fill(world)
    assert refusal_of(auth, recovery_code="WRONG")["wrong_OTP"] is True
    assert log_in(auth, recovery_code="fghij")["login"] is True
    (person,) = auth.rows("person", id=row["id"])
    assert person["otp_recovery_codes"] == codes[:1]
    assert refusal_of(auth, recovery_code="fghij")["wrong_OTP"] is True


def test_what_was_typed_as_an_address_can_not_be_guessed(auth: OneService) -> None:
    """It may have been a password."""
    typed = "my password"
    refusal_of(auth, email=typed)
    (row,) = (row for row in auth.rows("attempt") if row["scope"] == "unknown account")
    assert row["key"] != hashlib.sha256(typed.encode()).hexdigest()
    assert typed not in str(auth.rows("attempt"))
