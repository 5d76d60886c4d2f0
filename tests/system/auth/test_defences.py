"""Lockouts, rate limits, enforced 2FA, key rotation, and user enumeration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import gazu
import jwt
import psycopg2
import pytest
import requests

from services.common.access.signing_keys import key_id
from services.common.database.pools import plain_url
from tests.running import SECRET, Caller, System, token_for, until
from tests.system.auth.test_factor import with_totp
from tests.system.auth.visitor import LOGIN, events_of, letters, log_in, signed_in
from tests.world import World

NEWER = "a newer secret, brought in without logging anybody out"
TOO_MANY = {"error": True, "login": False, "message": "Too many attempts, try again later."}


@contextmanager
def restarted(system: System, *names: str, **extra: str) -> Iterator[None]:
    """Restart these processes with other settings, and restore them afterwards."""
    before = dict(system.extra)

    def start_with(settings: dict[str, str]) -> None:
        system.extra.clear()
        system.extra.update(settings)
        for name in names:
            system.kill(name)
        until(lambda: not system.is_ready(), what="their absence to be noticed")
        for name in names:
            system.start(name)
        system.wait()

    start_with({**before, **extra})
    try:
        yield
    finally:
        start_with(before)


# --- locks and limits -----------------------------------------------------------------------------


def test_unknown_accounts_are_locked_out_like_known_ones(system: System, world: World) -> None:
    """Otherwise the lockout would reveal which accounts exist."""
    answers = []
    for email in (LOGIN["email"], "nobody@example.com"):
        body = [log_in(system, email=email, password="no").json() for _ in range(6)]
        answers.append(body)
    assert answers[0] == answers[1]
    assert answers[0][-1]["too_many_failed_login_attemps"] is True


def test_concurrent_failures_are_all_counted(system: System, world: World) -> None:
    """The right password among five wrong ones doesn't get through."""
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: log_in(system, password="no"), range(12)))
    assert log_in(system).json()["too_many_failed_login_attemps"] is True


def test_a_lockout_expires_and_emits_one_event(system: System, world: World) -> None:
    """A minute after the last failure; then the count starts again."""
    with events_of(system, "login:locked") as events:
        for _ in range(7):
            log_in(system, password="no")
    assert len(events) == 1
    with psycopg2.connect(plain_url(system.parts.urls["auth"])) as connection:
        connection.cursor().execute(
            "UPDATE person SET last_login_failed = last_login_failed - interval '61 seconds'"
        )
    assert log_in(system, password="no").json() == {
        "login": False,
        "message": "Wrong email or password.",
    }
    assert log_in(system).status_code == 200


def test_failures_across_accounts_limit_the_address(system: System, world: World) -> None:
    """429 with ``Retry-After``, also for other accounts; gazu raises."""
    with restarted(system, "auth", FAILURES_PER_ADDRESS="6"):
        for number in range(6):
            log_in(system, email=f"guess{number}@example.com", password="no")
        answer = log_in(system)
        assert (answer.status_code, answer.json()) == (429, TOO_MANY)
        assert int(answer.headers["Retry-After"]) == 60
        client = gazu.client.create_client(system.base)
        with pytest.raises(gazu.exception.AuthFailedException):
            gazu.log_in(LOGIN["email"], LOGIN["password"], client=client)


def test_public_routes_are_rate_limited_by_account_and_address(
    system: System, world: World
) -> None:
    """Against flooding a mailbox, and enumerating accounts."""
    with restarted(system, "auth", MAILS_PER_ACCOUNT="2", PUBLIC_CALLS_PER_ADDRESS="5"):

        def ask(email: str) -> requests.Response:
            url = f"{system.base}/auth/reset-password"
            return requests.post(url, json={"email": email}, timeout=20)

        before = len(letters(system))
        assert [ask(LOGIN["email"]).status_code for _ in range(3)] == [200, 200, 429]
        assert [ask(f"a{n}@example.com").status_code for n in range(3)] == [200, 200, 429]
        until(lambda: len(letters(system)) == before + 2, what="two letters")


def test_only_trusted_proxies_set_the_client_address(system: System, world: World) -> None:
    """``X-Real-IP`` of other peers is ignored."""

    def logged(address: str) -> Any:
        headers = {"X-Real-IP": address}
        response = requests.post(
            f"{system.base}/auth/login", json=LOGIN, headers=headers, timeout=20
        )
        assert response.status_code == 200
        admin = system.caller(world.admin)
        return admin.get("/data/events/login-logs/last?limit=1").json()[0]["ip_address"]

    assert logged("192.0.2.7") == "192.0.2.7"
    with restarted(system, "gateway", TRUSTED_PROXIES="10.0.0.0/8"):
        assert logged("192.0.2.8") == "127.0.0.1"


def test_log_in_events_contain_no_secrets(system: System, world: World) -> None:
    """No event has the e-mail, password or code that was entered."""
    with events_of(system, "#") as events:
        log_in(system)
        log_in(system, password="a secret typed by mistake")
        log_in(system, email="a secret typed as a name")
    assert sorted({name for name, _ in events}) == ["login:failed", "login:succeeded"]
    assert "secret" not in str(events)


# --- enforced second factors ----------------------------------------------------------------------


def test_enforced_2fa_allows_nothing_before_its_set_up(system: System, world: World) -> None:
    """Tokens issued by the set-up are unrestricted; earlier ones stay restricted."""
    with restarted(system, "auth", ENFORCE_2FA="true"):
        answer = log_in(system)
        assert answer.json()["two_factor_authentication_required"] is True
        bound = Caller(system.base, answer.json()["access_token"])
        for path in ("/data/projects", "/data/persons", "/auth/change-password"):
            refused = bound.get(path) if path.startswith("/data") else bound.post(path, {})
            assert refused.status_code == 403
            assert refused.json()["two_factor_authentication_required"] is True
        refresh = Caller(system.base, answer.json()["refresh_token"])
        renewed = refresh.get("/auth/refresh-token").json()["access_token"]
        assert Caller(system.base, renewed).get("/data/projects").status_code == 403
        assert bound.get("/auth/authenticated").status_code == 200
        free, _, _ = with_totp(system, bound)
        assert free.get("/data/projects").status_code == 200
        assert bound.get("/data/projects").status_code == 403


def test_a_session_that_loses_its_factor_is_confined_within_a_second(
    system: System, world: World, admin: Caller
) -> None:
    """By an administrator; its owner can't take the last one off."""
    boss = next(row for row in world.tables["person"] if row["id"] == world.admin)
    boss["email_otp_enabled"] = True
    system.load(world.tables)
    with restarted(system, "auth", ENFORCE_2FA="true"):
        free, _, codes = with_totp(system, signed_in(system))
        assert free.get("/data/projects").status_code == 200
        kept = free.send("DELETE", "/auth/totp", {"recovery_code": codes[0]})
        assert kept.status_code == 400
        assert free.get("/data/projects").status_code == 200
        path = f"/actions/persons/{world.people['artist']}/disable-two-factor-authentication"
        assert admin.send("DELETE", path).status_code == 204
        until(lambda: free.get("/data/projects").status_code == 403, 1.0, "the restriction")
        assert free.get("/auth/authenticated").status_code == 200


# --- tokens ---------------------------------------------------------------------------------------


def test_rotating_the_signing_key_keeps_sessions(system: System, world: World) -> None:
    """Tokens of the former key are valid while it is configured, and no longer."""
    old = signed_in(system)
    with restarted(system, "auth", "gateway", SECRET_KEY=NEWER, PREVIOUS_SECRET_KEYS=SECRET):
        assert old.get("/auth/authenticated").status_code == 200
        token = log_in(system).json()["access_token"]
        assert jwt.get_unverified_header(token)["kid"] == key_id(NEWER)
        assert Caller(system.base, token).get("/auth/authenticated").status_code == 200
    with restarted(system, "auth", "gateway", SECRET_KEY=NEWER):
        assert old.get("/auth/authenticated").status_code == 422


def forged(world: World, **change: Any) -> str:
    """An administrator's token with one defect."""
    headers = change.pop("headers", None)
    algorithm = change.pop("algorithm", "HS256")
    key = change.pop("key", SECRET)
    claims = jwt.decode(token_for(world.admin), SECRET, algorithms=["HS256"])
    claims = {k: v for k, v in {**claims, **change}.items() if v is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"algorithm": "none", "key": ""}, 422),
        ({"algorithm": "HS384", "key": SECRET * 2}, 422),
        ({"key": "another secret that is long enough to sign"}, 422),
        ({"headers": {"kid": "nobody's"}}, 422),
        ({"headers": {"kid": "../../dev/null"}}, 422),
        ({"jti": None}, 422),
        ({"sub": None}, 422),
        ({"exp": None}, 422),
        ({"type": None}, 422),
        ({"type": "refresh"}, 422),
        ({"type": "fido-prove"}, 422),
        ({"nbf": int(time.time()) + 3600}, 422),
        ({"exp": 1}, 401),
        ({"identity_type": "ghost"}, 401),
        ({"sub": "no id"}, 401),
        ({"sub": "00000000-0000-4000-8000-000000000000"}, 401),
    ],
)
def test_defective_tokens_are_rejected(
    system: System, world: World, change: dict[str, Any], status: int
) -> None:
    """Each with its documented answer."""
    response = Caller(system.base, forged(world, **change)).get("/data/persons")
    assert response.status_code == status, response.text
    assert set(response.json()) <= {"msg", "error", "message"}


def test_role_and_membership_changes_apply_within_a_second(
    system: System, world: World, admin: Caller
) -> None:
    """Also to sessions that are cached."""
    manager = system.caller(world.people["manager"])
    task = f"/data/tasks/{world.task}"
    assert manager.put(task, {"priority": 1}).status_code == 200
    admin.put(f"/data/persons/{world.people['manager']}", {"role": "user"})
    until(lambda: manager.put(task, {"priority": 2}).status_code == 403, 1.0, "the smaller role")
    artist = system.caller(world.people["artist"])
    assert artist.get(task).status_code == 200
    seat = f"/data/projects/{world.project}/team/{world.people['artist']}"
    assert admin.delete(seat).status_code == 204
    until(lambda: artist.get(task).status_code == 403, 1.0, "the refusal")


def test_answers_with_secrets_are_not_stored_for_idempotency(
    system: System, world: World, admin: Caller
) -> None:
    """Neither tokens nor recovery codes, whatever the ``Idempotency-Key``."""
    headers = {"Idempotency-Key": "once"}
    first = requests.post(f"{system.base}/auth/login", json=LOGIN, headers=headers, timeout=20)
    second = requests.post(f"{system.base}/auth/login", json=LOGIN, headers=headers, timeout=20)
    assert first.json()["access_token"] != second.json()["access_token"]
    bot = {"first_name": "B", "last_name": "B", "is_bot": True}
    assert admin.post("/data/persons", bot, headers=headers).status_code == 200
    with psycopg2.connect(plain_url(system.parts.urls["auth"])) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM idempotency_key WHERE key LIKE '%once'")
            assert cursor.fetchone() == (0,)


def test_an_unmodified_gazu_logs_in_refreshes_and_logs_out(system: System, world: World) -> None:
    """With its own functions."""
    client = gazu.client.create_client(system.base, use_refresh_token=True)
    gazu.log_in(LOGIN["email"], LOGIN["password"], client=client)
    assert gazu.client.get_current_user(client=client)["email"] == LOGIN["email"]
    client.tokens["access_token"] = token_for(world.people["artist"], exp=1)
    assert gazu.client.get_current_user(client=client)["email"] == LOGIN["email"]
    assert (
        gazu.user.log_desktop_session_log_in(client=client)["person_id"] == world.people["artist"]
    )
    assert len(gazu.user.all_desktop_login_logs(client=client)) == 1
    gazu.log_out(client=client)
    with pytest.raises(gazu.exception.NotAuthenticatedException):
        gazu.client.get_current_user(client=client)
