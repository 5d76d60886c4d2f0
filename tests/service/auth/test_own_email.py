"""A changed e-mail address: what its owner must prove, and who is told."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
import sqlalchemy as sa

from services.auth import vault
from services.common.errors import Refused
from services.common.runtime.service import CONFIG
from tests.running import ENCRYPTION
from tests.service.auth.test_log_in import refusal_of
from tests.service.one_service import OneService
from tests.world import World

OLD, NEW = "artist@example.com", "new@example.com"
CODE = "ABCDE12345"
SECRET = pyotp.random_base32()


def account(auth: OneService, world: World) -> dict[str, Any]:
    """The artist's row."""
    (row,) = auth.rows("person", id=world.people["artist"])
    return row


def change(auth: OneService, world: World, who: str = "artist", **data: Any) -> Any:
    """Change the artist's account, as the gateway sends it."""
    asked = {"path": "persons", "ident": world.people["artist"], "data": data}
    return auth.call(who, "update_row", **asked, caller={"address": "192.0.2.7"})


def letters(auth: OneService) -> list[tuple[str, str]]:
    """Recipients and texts of the queued letters."""
    settings: Any = auth.container.config[CONFIG]
    return [
        (row["recipient"], vault.unseal(settings, row["sealed_body"]) or "")
        for row in auth.rows("outgoing_mail")
    ]


@pytest.fixture
def with_factor(auth: OneService, world: World) -> OneService:
    """The service; the artist has an authenticator app."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    codes = [vault.code_hash(ENCRYPTION, CODE)]
    row |= {"totp_enabled": True, "totp_secret": SECRET, "otp_recovery_codes": codes}
    auth.fill(world)
    return auth


@pytest.mark.parametrize(
    "proof", [{}, {"password": "no"}, {"password": 3}, {"totp": "000000"}], ids=str
)
def test_one_s_own_address_is_not_changed_without_a_proof(
    auth: OneService, world: World, proof: dict[str, Any]
) -> None:
    """A stolen session is not enough; the owner is told of the attempt, once an hour."""
    for _ in range(2):
        with pytest.raises(Refused, match="requires a proof"):
            change(auth, world, email=NEW, **proof)
    assert account(auth, world)["email"] == OLD
    ((recipient, text),) = letters(auth)
    assert recipient == OLD
    assert "tried to change" in text


def test_administrators_prove_who_they_are_as_well(auth: OneService, world: World) -> None:
    """Before they change their own address."""
    asked = {"path": "persons", "ident": world.admin, "data": {"email": NEW}}
    with pytest.raises(Refused, match="requires a proof"):
        auth.call("admin", "update_row", **asked)


@pytest.mark.parametrize("field", ["password", "old_password"])
def test_the_password_proves_it(auth: OneService, world: World, field: str) -> None:
    """The old address is told, and what was mailed there is void."""
    auth.call("stranger", "request_reset", data={"email": OLD}, caller={})
    assert change(auth, world, email="New@Example.com", **{field: "mypassword"})
    assert account(auth, world)["email"] == NEW
    assert auth.rows("reset_token") == []
    recipient, text = letters(auth)[-1]
    assert recipient == OLD
    assert NEW in text
    told = {"person_id": world.people["artist"], "means": "change"}
    assert ("email:changed", told) in auth.emitted()


def test_wrong_passwords_count_as_failed_log_ins(auth: OneService, world: World) -> None:
    """They can't be guessed here either."""
    for _ in range(5):
        with pytest.raises(Refused):
            change(auth, world, email=NEW, password="no")
    with pytest.raises(Refused, match="Too many"):
        change(auth, world, email=NEW, password="mypassword")
    assert refusal_of(auth)["too_many_failed_login_attemps"] is True


def test_an_account_with_a_factor_proves_that(with_factor: OneService, world: World) -> None:
    """Its password make_service is not enough, as for taking the factor off."""
    for proof in ({"password": "mypassword"}, {"totp": "000000"}):
        with pytest.raises(Refused, match="requires a proof"):
            change(with_factor, world, email=NEW, **proof)
    assert account(with_factor, world)["login_failed_attemps"] == 1
    assert change(with_factor, world, email=NEW, totp=pyotp.TOTP(SECRET).now())
    assert account(with_factor, world)["email"] == NEW


def test_a_recovery_code_proves_it_once(with_factor: OneService, world: World) -> None:
    """It is spent."""
    assert change(with_factor, world, email=NEW, recovery_code=CODE)
    with pytest.raises(Refused):
        change(with_factor, world, email=OLD, recovery_code=CODE)


def test_an_account_without_a_password_keeps_its_address(auth: OneService, world: World) -> None:
    """Only an administrator changes it: its owner can prove nothing."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["password"] = None
    auth.fill(world)
    with pytest.raises(Refused, match="requires a proof"):
        change(auth, world, email=NEW, password="mypassword")
    assert change(auth, world, "admin", email=NEW)


@pytest.mark.parametrize("email", [OLD, "Artist@Example.com"])
def test_the_same_address_needs_no_proof(auth: OneService, world: World, email: str) -> None:
    """Clients send a profile back as they read it."""
    assert change(auth, world, email=email, first_name="Ann")
    assert account(auth, world)["first_name"] == "Ann"
    assert account(auth, world)["email"] == OLD
    assert letters(auth) == []


@pytest.mark.parametrize("email", [NEW, None])
def test_the_old_address_is_told_what_an_administrator_changed(
    auth: OneService, world: World, email: str | None
) -> None:
    """No proof is asked for; a factor that is mailed there is void."""
    state = auth.container.service_cls.metadata.tables["factor_state"]
    code = {"person_id": world.people["artist"], "email_counter": 7}
    with auth.database.engine.begin() as connection:
        connection.execute(sa.insert(state).values(code))
    assert change(auth, world, "admin", email=email)
    ((recipient, text),) = letters(auth)
    assert recipient == OLD
    assert (email or "none") in text
    assert [row["email_counter"] for row in auth.rows("factor_state")] == [None]


def test_a_bot_does_not_change_its_address(auth: OneService, world: World) -> None:
    """It has nothing to prove with."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["is_bot"] = True
    auth.fill(world)
    with pytest.raises(Refused, match="requires a proof"):
        change(auth, world, email=NEW)
