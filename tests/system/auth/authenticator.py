"""A software authenticator: registers and signs as WebAuthn specifies."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

ORIGIN = "http://localhost:8080"
FLAG = AuthenticatorData.FLAG


class SoftKey:
    """A key with one credential; its counter grows with every signature."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.counter = 0

    def _state(self, rp_id: str, flags: Any, data: bytes = b"") -> AuthenticatorData:
        self.counter += 1
        digest = hashlib.sha256(rp_id.encode()).digest()
        return AuthenticatorData.create(digest, flags, self.counter, data)

    def register(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        """The response to creation options."""
        challenge = websafe_decode(options["challenge"])
        client = CollectedClientData.create("webauthn.create", challenge, origin)
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._state(options["rp"]["id"], FLAG.UP | FLAG.AT, credential)
        attested = AttestationObject.create("none", data, {})
        return self._answer(clientDataJSON=client, attestationObject=attested)

    def sign(self, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        """The response to a challenge."""
        challenge = websafe_decode(options["challenge"])
        client = CollectedClientData.create("webauthn.get", challenge, origin)
        data = self._state(options["rpId"], FLAG.UP)
        signature = self.private.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _answer(self, **response: bytes) -> dict[str, Any]:
        name = websafe_encode(self.id)
        encoded = {key: websafe_encode(bytes(value)) for key, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": encoded}
