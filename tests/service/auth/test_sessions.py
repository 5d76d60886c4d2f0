"""When tokens end: log-out, deactivation, another bot token, a second factor that is missing."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from services.auth import vault
from services.common.errors import Refused, Unauthenticated
from services.common.runtime.service import CONFIG
from tests.running import ENCRYPTION
from tests.service.auth.test_log_in import claims_of, log_in
from tests.service.one_service import OneService
from tests.world import World

BOT = {"first_name": "Render", "last_name": "Bot", "is_bot": True}
CODE = "ABCDE12345"


def works(auth: OneService, token: str) -> bool:
    """Whether the gateway would get an actor for the token."""
    try:
        auth.call("stranger", "identify", claims=claims_of(token))
    except Unauthenticated:
        return False
    return True


def refreshed(auth: OneService, refresh: str) -> str:
    """A new access token."""
    caller = {"claims": claims_of(refresh)}
    token: str = auth.call("artist", "refresh_token", caller=caller)["access_token"]
    return token


def log_out(auth: OneService, access: str) -> None:
    """Log out with that access token."""
    auth.call("artist", "log_out", caller={"claims": claims_of(access)})


def change(auth: OneService, ident: str, **data: Any) -> dict[str, Any]:
    """Change an account as an administrator."""
    person: dict[str, Any] = auth.call(
        "admin", "update_row", path="persons", ident=ident, data=data
    )
    return person


# --- log-out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [False, True], ids=["the first token", "the renewed token"])
def test_log_out_ends_every_token_of_the_session(auth: OneService, last: bool) -> None:
    """Whichever of its access tokens logs out; other sessions live on."""
    body, other = log_in(auth), log_in(auth)
    renewed = [refreshed(auth, body["refresh_token"]) for _ in range(2)]
    log_out(auth, renewed[-1] if last else body["access_token"])
    assert not any(
        works(auth, token) for token in (body["access_token"], body["refresh_token"], *renewed)
    )
    assert works(auth, other["access_token"])
    assert works(auth, other["refresh_token"])


def test_the_tokens_of_a_new_factor_belong_to_the_session(auth: OneService, world: World) -> None:
    """Both pairs end together."""
    secret = pyotp.random_base32()
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["totp_secret"] = secret
    auth.fill(world)
    before = log_in(auth)
    proof = {"totp": pyotp.TOTP(secret).now()}
    caller = {"claims": claims_of(before["access_token"])}
    after = auth.call("artist", "enable_totp", data=proof, caller=caller)
    log_out(auth, after["access_token"])
    for pair in (before, after):
        assert not works(auth, pair["access_token"])
        assert not works(auth, pair["refresh_token"])


# --- deactivation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("used", [False, True])
def test_deactivation_ends_all_tokens_for_good(auth: OneService, world: World, used: bool) -> None:
    """Also those that nobody used before the account was activated again."""
    body = log_in(auth)
    tokens = (body["access_token"], body["refresh_token"])
    change(auth, world.people["artist"], active=False)
    if used:
        assert not any(works(auth, token) for token in tokens)
    change(auth, world.people["artist"], active=True)
    assert not any(works(auth, token) for token in tokens)
    again = log_in(auth)
    assert works(auth, again["access_token"])
    assert works(auth, refreshed(auth, again["refresh_token"]))


def test_deactivation_ends_tokens_whoever_writes_it(auth: OneService, world: World) -> None:
    """A process of the last release, or SQL."""
    token = log_in(auth)["access_token"]
    table = auth.container.service_cls.metadata.tables["person"]
    this = table.c.id == sa.cast(world.people["artist"], sa.Uuid)
    for active in (False, True):
        with auth.database.engine.begin() as connection:
            connection.execute(sa.update(table).where(this).values(active=active))
    assert not works(auth, token)


def test_an_unrelated_change_ends_no_token(auth: OneService, world: World) -> None:
    """Nor does activating who is active."""
    token = log_in(auth)["access_token"]
    change(auth, world.people["artist"], active=True, first_name="Ann", role="supervisor")
    assert works(auth, token)


# --- bots -----------------------------------------------------------------------------------------


def test_a_superseded_bot_token_never_works_again(auth: OneService) -> None:
    """Whatever is made of the account."""
    bot = auth.call("admin", "create_row", path="persons", data=BOT)
    first = bot["access_token"]
    assert works(auth, first)
    second = change(auth, bot["id"], expiration_date="2099-05-01")["access_token"]
    assert [works(auth, token) for token in (first, second)] == [False, True]
    change(auth, bot["id"], is_bot=False)
    assert not any(works(auth, token) for token in (first, second))
    third = change(auth, bot["id"], is_bot=True)["access_token"]
    assert [works(auth, token) for token in (first, second, third)] == [False, False, True]


def test_a_reactivated_bot_needs_a_new_token(auth: OneService) -> None:
    """It gets one with a new expiration date."""
    bot = auth.call("admin", "create_row", path="persons", data=BOT)
    for active in (False, True):
        change(auth, bot["id"], active=active)
    assert not works(auth, bot["access_token"])
    assert works(auth, change(auth, bot["id"], expiration_date="2099-05-01")["access_token"])


def test_a_person_s_tokens_end_when_the_account_becomes_a_bot_s(
    auth: OneService, world: World
) -> None:
    """They don't come back with the person."""
    token = log_in(auth)["access_token"]
    for is_bot in (True, False):
        change(auth, world.people["artist"], is_bot=is_bot)
        assert not works(auth, token)


# --- the second factor that is a duty -------------------------------------------------------------


def with_duty(auth: OneService, world: World, *factors: str) -> OneService:
    """A second factor is a duty; the artist has these, and a recovery code."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row |= {f"{name}_enabled": True for name in factors}
    row["otp_recovery_codes"] = [vault.code_hash(ENCRYPTION, CODE)]
    auth.fill(world)
    config = auth.container.config
    config[CONFIG] = replace(config[CONFIG], enforce_2fa=True)
    return auth


def is_restricted(auth: OneService, token: str) -> bool:
    """Whether the gateway is told to confine the session."""
    return "restricted" in auth.answer("stranger", "identify", claims=claims_of(token)).headers


def take_off(auth: OneService, method: str = "disable_totp") -> Any:
    """Take a factor off with a recovery code."""
    return auth.call("artist", method, data={"recovery_code": CODE, "device_name": "it"}, caller={})


def test_the_last_factor_is_not_taken_off_under_duty(auth: OneService, world: World) -> None:
    """Not with a recovery code either, which stays valid."""
    with_duty(auth, world, "totp")
    with pytest.raises(Refused, match="requires a second factor"):
        take_off(auth)
    (row,) = auth.rows("person", id=world.people["artist"])
    assert row["totp_enabled"] is True
    assert row["otp_recovery_codes"] == [vault.code_hash(ENCRYPTION, CODE)]
    assert [name for name, _ in auth.emitted()] == []


def test_the_last_key_is_not_taken_off_under_duty(auth: OneService, world: World) -> None:
    """Nor is the only factor if it is a key."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["fido_credentials"] = [{"device_name": "it", "credential_id": "a"}]
    with_duty(auth, world, "fido")
    with pytest.raises(Refused, match="requires a second factor"):
        take_off(auth, "disable_fido")


def test_one_of_two_factors_may_be_taken_off_under_duty(auth: OneService, world: World) -> None:
    """The other one is left."""
    with_duty(auth, world, "totp", "email_otp")
    assert take_off(auth) == {"success": True}


def test_a_session_that_loses_its_factor_is_restricted_again(
    auth: OneService, world: World
) -> None:
    """With what it renews; an administrator took the factor off."""
    with_duty(auth, world, "totp")
    body = log_in(auth, recovery_code=CODE)
    assert "two_factor_authentication_required" not in body
    assert not is_restricted(auth, body["access_token"])
    auth.answer("admin", "remove_factors", ident=world.people["artist"])
    assert is_restricted(auth, body["access_token"])
    renewed = refreshed(auth, body["refresh_token"])
    assert is_restricted(auth, renewed)
    assert claims_of(renewed)["requires_2fa_setup"] is True


def test_bots_have_no_such_duty(auth: OneService, world: World) -> None:
    """They can't set up a factor."""
    with_duty(auth, world)
    bot = auth.call("admin", "create_row", path="persons", data=BOT)
    assert not is_restricted(auth, bot["access_token"])
