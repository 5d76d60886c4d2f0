"""Signatures, verified by the reference implementation of Standard Webhooks."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.crud.policy.webhook_rules import new_secret
from services.crud.webhooks.signing import key_of, sign

BODY = '{"name":"task:update","actor":"Žofie"}'.encode()


def headers(signature: str, at: int) -> dict[str, str]:
    """The headers of a request."""
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }


def test_a_receiver_verifies_the_signature() -> None:
    """And no other body, id or secret."""
    secret, now = new_secret(), int(time.time())
    given = headers(sign([key_of(secret)], "msg_1", now, BODY), now)
    assert Webhook(secret).verify(BODY, given)["name"] == "task:update"
    for wrong, body, changed in (
        (secret, BODY + b" ", {}),
        (secret, BODY, {"webhook-id": "msg_2"}),
        (secret, BODY, {"webhook-timestamp": str(now - 1)}),
        (new_secret(), BODY, {}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body, given | changed)


def test_both_secrets_verify_while_one_replaces_the_other() -> None:
    """Each has a signature of its own."""
    old, new, now = new_secret(), new_secret(), int(time.time())
    given = headers(sign([key_of(new), key_of(old)], "msg_1", now, BODY), now)
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, given)


def test_a_secret_of_other_studios_may_lack_the_prefix() -> None:
    """It is base64 in any case."""
    assert key_of(b64encode(b"key").decode()) == b"key"
    with pytest.raises(ValueError, match="base64"):
        key_of("whsec_?")
