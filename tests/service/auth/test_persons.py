"""Validation of accounts, and disabling second factors."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Integrity, InvalidInput, Refused, ServiceError
from tests.service.one_service import OneService
from tests.world import World


def change(auth: OneService, who: str, world: World, **body: Any) -> dict[str, Any]:
    """Change the artist's account."""
    arguments = {"path": "persons", "ident": world.people["artist"], "data": body}
    reply: dict[str, Any] = auth.call(who, "update_row", **arguments)
    return reply


@pytest.mark.parametrize("code", ["FR", "gb", "AX", "BQ"])
def test_a_country_is_one_that_iso_3166_assigns(auth: OneService, world: World, code: str) -> None:
    """In capitals."""
    assert change(auth, "admin", world, country=code)["country"] == code.upper()


@pytest.mark.parametrize(
    "body",
    [
        {"country": "EU"},
        {"country": "XK"},
        {"country": "ZZ"},
        {"country": "F1"},
        {"country": "FRA"},
        {"locale": "xx_XX"},
        {"locale": "en-US"},
        {"locale": ""},
        {"timezone": "Mars/Olympus"},
        {"data": "x"},
        {"data": [1]},
        {"expiration_date": "someday"},
        {"expiration_date": "2001-01-01"},
        {"last_presence": "someday"},
    ],
)
def test_account_fields_are_validated(auth: OneService, world: World, body: dict[str, Any]) -> None:
    """When it is made, and when it is changed."""
    with pytest.raises(ServiceError) as refused:
        change(auth, "admin", world, **body)
    assert refused.value.kind in {InvalidInput.kind, "integrity"}
    person = {"first_name": "New", "last_name": "One", "email": "new@example.com", **body}
    with pytest.raises(ServiceError):
        auth.call("admin", "create_row", path="persons", data=person)


def test_disabling_second_factors_needs_an_enabled_one(auth: OneService, world: World) -> None:
    """Once."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["email_otp_enabled"] = True
    auth.fill(world)
    arguments = {"ident": world.people["artist"]}
    auth.answer("admin", "remove_factors", **arguments)
    assert auth.emitted() == [
        ("factor:removed", {"person_id": world.people["artist"], "factor": "email_otp"})
    ]
    with pytest.raises(Refused):
        auth.answer("admin", "remove_factors", **arguments)


def test_no_reset_link_is_mailed_to_an_inactive_account(auth: OneService, world: World) -> None:
    """An inactive account has no use for a password."""
    row = next(one for one in world.tables["person"] if one["id"] == world.people["artist"])
    row["active"] = False
    auth.fill(world)
    for invite in (False, True):
        with pytest.raises(Refused):
            auth.call("admin", "mail_reset_link", ident=world.people["artist"], invite=invite)
    assert auth.rows("outgoing_mail") == []


def test_a_new_password_must_match_its_confirmation(auth: OneService, world: World) -> None:
    """Otherwise the old one stays."""
    arguments = {"ident": world.people["artist"]}
    with pytest.raises(Refused):
        data = {"password": "long enough", "password_2": "long enouhg"}
        auth.call("admin", "set_password", **arguments, data=data)
    assert auth.emitted() == []


@pytest.mark.parametrize("password", [[], ["secret words"], {"a": 1}, True])
def test_a_password_that_is_no_text_makes_no_account(
    auth: OneService, world: World, password: Any
) -> None:
    """Rather than one that nobody can log in to; it isn't repeated in the refusal."""
    email = "new@example.com"
    body = {"first_name": "N", "last_name": "N", "email": email, "password": password}
    with pytest.raises(Integrity, match=r"'password'\. Expected a text") as refused:
        auth.call("admin", "create_row", path="persons", data=body)
    assert "secret" not in refused.value.message
    assert auth.rows("person", email=email) == []
