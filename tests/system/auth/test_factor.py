"""Second factors: TOTP, e-mailed codes, security keys, recovery codes."""

from __future__ import annotations

import time
from typing import Any

import psycopg2
import pyotp
import pytest
import requests

from services.common.database.pools import plain_url
from tests.running import Caller, System, until
from tests.system.auth.authenticator import SoftKey
from tests.system.auth.visitor import (
    LOGIN,
    code_in,
    events_of,
    letters,
    log_in,
    next_letter,
    signed_in,
)
from tests.world import World

WRONG_LOG_IN = {
    "error": True,
    "login": False,
    "wrong_OTP": True,
    "message": "Wrong two-factor authentication code.",
}
UNPROVEN = {"error": True, "message": "OTP verification failed.", "wrong_OTP": True}


def code(secret: str, steps: int = 0) -> str:
    """The TOTP code now, or at an offset of time steps; valid long enough to be used."""
    until(lambda: time.time() % 30 < 26, 5, "the next half minute")
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def with_totp(system: System, caller: Caller | None = None) -> tuple[Caller, str, list[str]]:
    """An account with an authenticator app: its session, its secret, its recovery codes.

    The code of the step before was used up by it.
    """
    caller = caller or signed_in(system)
    secret = caller.send("PUT", "/auth/totp").json()["otp_secret"]
    answer = caller.post("/auth/totp", {"totp": code(secret, -1)}).json()
    return Caller(system.base, answer["access_token"]), secret, answer["otp_recovery_codes"]


def with_key(system: System, name: str = "red key") -> tuple[Caller, SoftKey]:
    """An account with a security key."""
    caller, key = signed_in(system), SoftKey()
    options = caller.send("PUT", "/auth/fido").json()
    body = {"registration_response": key.register(options), "device_name": name}
    response = caller.post("/auth/fido", body)
    assert response.status_code == 200, response.text
    return caller, key


def challenge(system: System) -> tuple[requests.Session, dict[str, Any]]:
    """A challenge for the artist, in a session that keeps the cookie."""
    session = requests.Session()
    path = f"{system.base}/auth/fido"
    return session, session.get(path, params={"email": LOGIN["email"]}, timeout=20).json()


def answer_challenge(
    system: System, session: requests.Session, proof: dict[str, Any]
) -> requests.Response:
    """Log in with a signed challenge."""
    body = {**LOGIN, "fido_authentication_response": proof}
    return session.post(f"{system.base}/auth/login", json=body, timeout=20)


# --- time codes -----------------------------------------------------------------------------------


def test_totp_is_enabled_with_a_code_of_the_new_secret(system: System, world: World) -> None:
    """The answer has sixteen recovery codes and new tokens."""
    caller = signed_in(system)
    prepared = caller.send("PUT", "/auth/totp").json()
    assert prepared["totp_provisionning_uri"] == (
        "otpauth://totp/Kitsu%20The%20Studio:artist%40example.com"
        f"?secret={prepared['otp_secret']}&issuer=Kitsu%20The%20Studio"
    )
    assert log_in(system).status_code == 200, "not in force before a code was given"
    with events_of(system, "factor:added") as events:
        answer = caller.post("/auth/totp", {"totp": code(prepared["otp_secret"])}).json()
    assert events == [("factor:added", {"person_id": world.people["artist"], "factor": "totp"})]
    assert len(set(answer["otp_recovery_codes"])) == 16
    assert all(len(c) == 10 and c.isalnum() for c in answer["otp_recovery_codes"])
    user = Caller(system.base, answer["access_token"]).get("/auth/authenticated").json()["user"]
    assert user["totp_enabled"] is True
    assert user["preferred_two_factor_authentication"] == "totp"
    assert "totp_secret" not in user


def test_a_wrong_code_does_not_enable_totp(system: System, world: World) -> None:
    """Nor does an empty body, or a second set-up."""
    caller = signed_in(system)
    secret = caller.send("PUT", "/auth/totp").json()["otp_secret"]
    refused = caller.post("/auth/totp", {"totp": "000000"})
    assert refused.status_code == 400
    assert refused.json()["message"] == "TOTP verification failed."
    assert refused.json()["wrong_OTP"] is True
    assert caller.post("/auth/totp", {}).json()["data"]["errors"][0]["field"] == "totp"
    assert log_in(system).status_code == 200
    assert caller.post("/auth/totp", {"totp": code(secret)}).status_code == 200
    for again in (caller.send("PUT", "/auth/totp"), caller.post("/auth/totp", {"totp": "1"})):
        assert again.json() == {"error": True, "message": "TOTP already enabled."}


def test_a_code_works_once_within_one_time_step_of_skew(system: System, world: World) -> None:
    """An accepted code invalidates all earlier ones."""
    caller = signed_in(system)
    secret = caller.send("PUT", "/auth/totp").json()["otp_secret"]
    first = code(secret, -1)
    assert caller.post("/auth/totp", {"totp": first}).status_code == 200
    assert log_in(system, totp=first).json() == WRONG_LOG_IN, "used when set up"
    assert log_in(system, totp=code(secret, 3)).json() == WRONG_LOG_IN
    late = code(secret, 1)
    assert log_in(system, totp=late).status_code == 200
    assert log_in(system, totp=late).json() == WRONG_LOG_IN, "replayed"
    assert log_in(system, totp=code(secret)).json() == WRONG_LOG_IN, "older than the newest"


def test_a_log_in_without_a_code_lists_the_enabled_factors(system: System, world: World) -> None:
    """It doesn't count as a failure."""
    with_totp(system)
    for _ in range(7):
        answer = log_in(system)
        assert answer.status_code == 400
        assert answer.json() == {
            "error": True,
            "login": False,
            "missing_OTP": True,
            "message": "A two-factor authentication code is required.",
            "preferred_two_factor_authentication": "totp",
            "two_factor_authentication_enabled": ["recovery_code", "totp"],
        }


def test_a_code_with_a_wrong_password_is_rejected(system: System, world: World) -> None:
    """The code isn't used up."""
    _, secret, _ = with_totp(system)
    now = code(secret)
    assert log_in(system, password="no", totp=now).json() == {
        "login": False,
        "message": "Wrong email or password.",
    }
    assert log_in(system, totp=now).status_code == 200


def test_wrong_codes_lock_out_the_account(system: System, world: World) -> None:
    """They share a counter with wrong passwords."""
    _, secret, _ = with_totp(system)
    for _ in range(5):
        assert log_in(system, totp="000000").json() == WRONG_LOG_IN
    assert log_in(system, totp=code(secret)).json()["too_many_failed_login_attemps"] is True


def test_disabling_totp_requires_a_proof(system: System, world: World) -> None:
    """A stolen session isn't enough; wrong codes count as failed log-ins."""
    caller, secret, _ = with_totp(system)
    for proof in (None, {"totp": "000000"}, {"recovery_code": "NO"}):
        response = caller.send("DELETE", "/auth/totp", proof)
        assert (response.status_code, response.json()) == (400, UNPROVEN)
    with events_of(system, "factor:removed") as events:
        assert caller.send("DELETE", "/auth/totp", {"totp": code(secret)}).json() == {
            "success": True
        }
    assert events[0][1]["factor"] == "totp"
    user = caller.get("/auth/authenticated").json()["user"]
    assert user["totp_enabled"] is False
    assert user["preferred_two_factor_authentication"] is None
    assert log_in(system).status_code == 200
    off = caller.send("DELETE", "/auth/totp", {"totp": code(secret)})
    assert off.json() == {"error": True, "message": "TOTP not enabled."}


def test_wrong_proofs_in_a_session_lock_out_the_account(system: System, world: World) -> None:
    """After five."""
    caller, secret, _ = with_totp(system)
    for _ in range(5):
        caller.send("DELETE", "/auth/totp", {"totp": "000000"})
    response = caller.send("DELETE", "/auth/totp", {"totp": code(secret)})
    assert response.json()["too_many_failed_login_attemps"] is True


# --- recovery codes -------------------------------------------------------------------------------


def test_a_recovery_code_works_once(system: System, world: World) -> None:
    """It is case-insensitive."""
    _, _, codes = with_totp(system)
    with events_of(system, "recovery-codes:used") as events:
        assert log_in(system, recovery_code=codes[3].lower()).status_code == 200
    assert events[0][1]["left"] == 15
    assert log_in(system, recovery_code=codes[3]).json() == WRONG_LOG_IN
    assert log_in(system, recovery_code=codes[4]).status_code == 200


def test_renewing_recovery_codes_requires_a_proof(system: System, world: World) -> None:
    """The old codes become invalid; an account without a factor has none."""
    bare = signed_in(system).put("/auth/recovery-codes", {"totp": "000000"})
    assert bare.json() == {"error": True, "message": "No two factor authentication enabled."}
    caller, _, old = with_totp(system)
    assert caller.put("/auth/recovery-codes", {}).json() == UNPROVEN
    new = caller.put("/auth/recovery-codes", {"recovery_code": old[0]}).json()["otp_recovery_codes"]
    assert not set(new) & set(old)
    assert log_in(system, recovery_code=old[1]).json() == WRONG_LOG_IN
    assert log_in(system, recovery_code=new[0]).status_code == 200


# --- mailed codes ---------------------------------------------------------------------------------


def codes_mailed(system: System) -> int:
    """How many codes were mailed; letters of other tests may still come."""
    return sum("Your code" in letter["Subject"] for letter in letters(system))


def with_mailed_codes(system: System) -> Caller:
    """An account with e-mailed codes enabled."""
    caller = signed_in(system)
    with next_letter(system, "Your code") as letter:
        assert caller.send("PUT", "/auth/email-otp").json() == {"success": True}
    response = caller.post("/auth/email-otp", {"email_otp": code_in(letter[0])})
    assert response.status_code == 200, response.text
    return caller


def ask_for_code(system: System) -> str:
    """Request a code by mail, as the log-in page does."""
    with next_letter(system, "Your code") as letter:
        path = f"{system.base}/auth/email-otp"
        response = requests.get(path, params={"email": LOGIN["email"]}, timeout=20)
        assert response.json() == {"success": True}
    return code_in(letter[0])


def test_a_mailed_code_works_once_until_a_newer_one_is_sent(system: System, world: World) -> None:
    """Each code is for one log-in."""
    with_mailed_codes(system)
    assert log_in(system).json()["preferred_two_factor_authentication"] == "email_otp"
    old, new = ask_for_code(system), ask_for_code(system)
    assert log_in(system, email_otp=old).json() == WRONG_LOG_IN
    assert log_in(system, email_otp=new).status_code == 200
    assert log_in(system, email_otp=new).json() == WRONG_LOG_IN


def test_no_code_is_mailed_to_accounts_without_the_factor(system: System, world: World) -> None:
    """Answer and response time are the same."""
    before = codes_mailed(system)
    path = f"{system.base}/auth/email-otp"
    for email in (LOGIN["email"], "nobody@example.com"):
        response = requests.get(path, params={"email": email}, timeout=20)
        assert (response.status_code, response.json()) == (200, {"success": True})
    missing = requests.get(path, timeout=20)
    assert missing.status_code == 400
    assert missing.json()["message"] == "Missing required parameter: email"
    with_mailed_codes(system)
    assert codes_mailed(system) == before + 1


def test_disabling_mailed_codes_requires_a_proof(system: System, world: World) -> None:
    """Of any enabled factor."""
    caller = with_mailed_codes(system)
    assert caller.send("DELETE", "/auth/email-otp", {"email_otp": "000000"}).json() == UNPROVEN
    proof = {"email_otp": ask_for_code(system)}
    assert caller.send("DELETE", "/auth/email-otp", proof).json() == {"success": True}
    assert log_in(system).status_code == 200
    off = caller.send("DELETE", "/auth/email-otp", proof)
    assert off.json() == {"error": True, "message": "OTP by email not enabled."}


def test_a_wrong_set_up_code_does_not_enable_mailed_codes(system: System, world: World) -> None:
    """The account still logs in without a code."""
    caller = signed_in(system)
    caller.send("PUT", "/auth/email-otp")
    wrong = caller.post("/auth/email-otp", {"email_otp": "000000"}).json()
    assert wrong["message"] == "OTP by email verification failed."
    assert log_in(system).status_code == 200


# --- security keys --------------------------------------------------------------------------------


def test_a_key_is_registered_used_and_removed(system: System, world: World) -> None:
    """It is removed by name, with a proof."""
    caller, key = with_key(system)
    user = caller.get("/auth/authenticated").json()["user"]
    assert user["fido_devices"] == ["red key"]
    assert user["fido_enabled"] is True
    assert log_in(system).json()["two_factor_authentication_enabled"] == ["fido", "recovery_code"]
    session, options = challenge(system)
    assert options["rpId"] == "localhost"
    assert answer_challenge(system, session, key.sign(options)).status_code == 200
    refused = caller.send("DELETE", "/auth/fido", {"device_name": "red key"})
    assert refused.json() == {"error": True, "message": "Wrong OTP."}
    caller.session.cookies.clear()
    options = caller.get("/auth/fido", params={"email": LOGIN["email"]}).json()
    proof = {"fido_authentication_response": key.sign(options), "device_name": "red key"}
    assert caller.send("DELETE", "/auth/fido", proof).json() == {"success": True}
    assert log_in(system).status_code == 200
    response = requests.get(
        f"{system.base}/auth/fido", params={"email": LOGIN["email"]}, timeout=20
    )
    assert (response.status_code, response.json()["message"]) == (400, "FIDO not enabled.")


def test_a_challenge_is_valid_once_and_with_its_cookie(system: System, world: World) -> None:
    """Neither replayed, nor stolen, nor for another challenge."""
    _, key = with_key(system)
    session, options = challenge(system)
    proof = key.sign(options)
    assert answer_challenge(system, requests.Session(), proof).json() == WRONG_LOG_IN
    cookie = session.cookies["session"]
    assert answer_challenge(system, session, proof).status_code == 200
    replaying = requests.Session()
    replaying.cookies.set("session", cookie)
    assert answer_challenge(system, replaying, proof).json() == WRONG_LOG_IN
    other, _ = challenge(system)
    assert answer_challenge(system, other, proof).json() == WRONG_LOG_IN


@pytest.mark.parametrize("fault", ["origin", "key", "counter", "garbage"])
def test_invalid_assertions_are_rejected(system: System, world: World, fault: str) -> None:
    """Another origin, another key, a counter that goes back, malformed data."""
    _, key = with_key(system)
    session, options = challenge(system)
    if fault == "origin":
        proof = key.sign(options, "https://evil.example")
    elif fault == "key":
        stranger = SoftKey()
        stranger.id, stranger.counter = key.id, key.counter
        proof = stranger.sign(options)
    elif fault == "counter":
        key.counter = 0
        proof = key.sign(options)
    else:
        proof = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"signature": 3}}
    assert answer_challenge(system, session, proof).json() == WRONG_LOG_IN


def test_registration_requires_an_unused_challenge(system: System, world: World) -> None:
    """A failed attempt spends it."""
    caller, key = signed_in(system), SoftKey()
    options = caller.send("PUT", "/auth/fido").json()
    good = {"registration_response": key.register(options), "device_name": "a"}
    foreign = key.register(options, "https://evil.example")
    bad = {"registration_response": foreign, "device_name": "a"}
    assert "registration response" in caller.post("/auth/fido", bad).json()["message"]
    assert caller.post("/auth/fido", good).json()["message"] == "No preregistration before."
    fields = caller.post("/auth/fido", {}).json()["data"]["errors"]
    assert {e["field"] for e in fields} == {"device_name", "registration_response"}


def test_an_account_may_have_several_keys_with_unique_names(system: System, world: World) -> None:
    """Removing one leaves the others."""
    caller, red = with_key(system)
    blue = SoftKey()
    for name, key in (("red key", blue), ("blue key", red), ("blue key", blue)):
        options = caller.send("PUT", "/auth/fido").json()
        assert len(options["excludeCredentials"]) == 1
        body = {"registration_response": key.register(options), "device_name": name}
        response = caller.post("/auth/fido", body)
    assert response.json()["otp_recovery_codes"] is None, "the account has some already"
    assert caller.get("/auth/authenticated").json()["user"]["fido_devices"] == [
        "red key",
        "blue key",
    ]
    options = caller.get("/auth/fido", params={"email": LOGIN["email"]}).json()
    proof = {"fido_authentication_response": blue.sign(options), "device_name": "red key"}
    assert caller.send("DELETE", "/auth/fido", proof).status_code == 200
    session, options = challenge(system)
    assert answer_challenge(system, session, red.sign(options)).json() == WRONG_LOG_IN
    session, options = challenge(system)
    assert answer_challenge(system, session, blue.sign(options)).status_code == 200


def test_a_challenge_is_bound_to_its_account(system: System, world: World) -> None:
    """By its cookie."""
    _, key = with_key(system)
    session, options = challenge(system)
    body = {
        "email": "manager@example.com",
        "password": "mypassword",
        "fido_authentication_response": key.sign(options),
    }
    answer = session.post(f"{system.base}/auth/login", json=body, timeout=20).json()
    assert answer["user"]["email"] == "manager@example.com", "who has no factor needs none"
    with_totp(system, Caller(system.base, answer["access_token"]))
    session, options = challenge(system)
    body["fido_authentication_response"] = key.sign(options)
    refused = session.post(f"{system.base}/auth/login", json=body, timeout=20).json()
    assert refused["missing_OTP"] is True


# --- together -------------------------------------------------------------------------------------


def test_disabling_the_preferred_factor_prefers_another(system: System, world: World) -> None:
    """Keys first, then mailed codes; recovery codes stay while a factor does."""
    caller = with_mailed_codes(system)
    _, secret, codes = with_totp(system, caller)
    assert codes is None
    caller.put(
        f"/data/persons/{world.people['artist']}", {"preferred_two_factor_authentication": "totp"}
    )
    assert caller.send("DELETE", "/auth/totp", {"totp": code(secret)}).status_code == 200
    user = caller.get("/auth/authenticated").json()["user"]
    assert user["preferred_two_factor_authentication"] == "email_otp"


def test_secrets_are_stored_encrypted_and_recovery_codes_hashed(
    system: System, world: World
) -> None:
    """Read access to the database allows no log-in."""
    _, secret, codes = with_totp(system)
    with psycopg2.connect(plain_url(system.parts.urls["auth"])) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT totp_secret, otp_recovery_codes FROM person WHERE totp_enabled")
            stored, hashes = cursor.fetchone()
    assert secret not in stored
    assert stored.startswith("sealed:")
    assert not set(hashes) & set(codes)


def test_an_administrator_removes_a_person_s_factors(
    system: System, world: World, admin: Caller
) -> None:
    """Nobody else can, nor does an update of the person."""
    with_totp(system)
    path = f"/actions/persons/{world.people['artist']}/disable-two-factor-authentication"
    assert system.caller(world.people["manager"]).delete(path).status_code == 403
    admin.put(f"/data/persons/{world.people['artist']}", {"totp_enabled": False})
    assert log_in(system).json()["missing_OTP"] is True
    assert admin.delete(path).status_code == 204
    until(lambda: log_in(system).status_code == 200, what="a log-in without a code")
