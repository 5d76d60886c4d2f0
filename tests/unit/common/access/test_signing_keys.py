"""Signing keys and their rotation."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from services.common.access.signing_keys import KeyRing, key_id

NEW, OLD, FORGER = ("n" * 32, "o" * 32, "f" * 32)


def token(secret: str, *, kid: str | None = None, **claims: Any) -> str:
    """A token signed with the secret, whose header names ``kid``."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode({"sub": "ann", **claims}, secret, "HS256", headers=headers)


@pytest.mark.parametrize("secret", [NEW, OLD])
@pytest.mark.parametrize("named", [True, False])
def test_tokens_of_the_current_and_previous_keys_are_valid(secret: str, named: bool) -> None:
    """Whether or not they name their key."""
    kid = key_id(secret) if named else None
    assert KeyRing(NEW, [OLD]).read(token(secret, kid=kid)) == {"sub": "ann"}


def test_tokens_of_a_removed_key_are_forged() -> None:
    """Once it is no longer among the previous ones."""
    with pytest.raises(jwt.InvalidSignatureError):
        KeyRing(NEW).read(token(OLD, kid=key_id(OLD)))


@pytest.mark.parametrize(
    ("secret", "kid"),
    [(FORGER, None), (FORGER, key_id(NEW)), (FORGER, key_id(FORGER)), (NEW, key_id(FORGER))],
)
def test_a_token_must_be_signed_by_the_key_it_names(secret: str, kid: str | None) -> None:
    """An unknown key is none of ours, even if the signature is."""
    with pytest.raises(jwt.InvalidSignatureError):
        KeyRing(NEW, [OLD]).read(token(secret, kid=kid))


def test_an_expired_token_is_refused() -> None:
    """The signature is right."""
    with pytest.raises(jwt.ExpiredSignatureError):
        KeyRing(NEW).read(token(NEW, exp=1))


def test_a_required_claim_must_be_there() -> None:
    """Else a token without expiry would live for ever."""
    with pytest.raises(jwt.MissingRequiredClaimError):
        KeyRing(NEW).read(token(NEW), require=["exp"])


def test_a_key_id_does_not_reveal_the_key() -> None:
    """It is public."""
    assert key_id(NEW) != key_id(OLD)
    assert NEW[:6] not in key_id(NEW)


def test_keys_for_other_purposes_differ() -> None:
    """The current secret's is first."""
    ring = KeyRing(NEW, [OLD])
    assert ring.derived("cookie")[0] == KeyRing(NEW).derived("cookie")[0]
    assert len({*ring.derived("cookie"), *ring.derived("position")}) == 4
