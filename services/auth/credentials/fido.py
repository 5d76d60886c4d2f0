"""Security keys (WebAuthn): registration and authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAttachment,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.auth.credentials.challenges import PROVE, REGISTER, cookie
from services.common.json_types import JsonObject

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

#: The name that browsers show in the key's prompt; registered keys know it.
RP_NAME: Final = "Kitsu"
#: COSE identifiers of the signature algorithms that are accepted.
ALGORITHMS: Final = frozenset({-7, -8, -35, -36, -37, -257, -47})
ID_BYTES: Final = 16
Device = JsonObject


class BadAnswer(ValueError):
    """The authenticator's answer is malformed or not verified."""


def _server(settings: AuthSettings) -> Fido2Server:
    site = urlsplit(settings.site_url)
    rp = PublicKeyCredentialRpEntity(name=RP_NAME, id=settings.site_host)

    def is_site(origin: str) -> bool:
        parts = urlsplit(origin)
        if site.hostname == "localhost":  # the web interface may be served from another port
            return parts.hostname == "localhost" and parts.scheme in {"http", "https"}
        return (parts.scheme, parts.netloc) == (site.scheme, site.netloc)

    server = Fido2Server(rp, verify_origin=is_site)
    server.allowed_algorithms = [
        allowed for allowed in server.allowed_algorithms if allowed.alg in ALGORITHMS
    ]
    return server


# --- registering ----------------------------------------------------------------------------------


def creation(settings: AuthSettings, person: Any, devices: list[Device]) -> tuple[JsonObject, str]:
    """Creation options for a new key, and the cookie to send back with its answer."""
    options, state = _server(settings).register_begin(
        PublicKeyCredentialUserEntity(
            id=str(person["id"]).encode(),
            name=person["email"] or "",
            display_name=f"{person['first_name']} {person['last_name']}".strip(),
        ),
        [_descriptor(device) for device in devices],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
        authenticator_attachment=AuthenticatorAttachment.CROSS_PLATFORM,
    )
    public = dict(options.public_key)
    public.setdefault("excludeCredentials", [])
    return public, cookie(settings, REGISTER, str(person["id"]), state)


def registered(settings: AuthSettings, state: Any, response: JsonObject, name: str) -> Device:
    """The device to store. Raises BadAnswer."""
    try:
        registration = _server(settings).register_complete(state, response)
        data = registration.credential_data
        if data is None:
            raise BadAnswer
    # The library raises all of these for malformed input.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadAnswer from error
    return {
        "device_name": name,
        "credential_id": websafe_encode(data.credential_id),
        "public_key": websafe_encode(cbor.encode(dict(data.public_key))),
        "aaguid": bytes(data.aaguid).hex(),
        "sign_count": registration.counter,
    }


# --- proving --------------------------------------------------------------------------------------


def challenge(settings: AuthSettings, person: str, devices: list[Device]) -> tuple[JsonObject, str]:
    """A challenge for the person's keys, and the cookie to send back with the answer."""
    options, state = _server(settings).authenticate_begin([_descriptor(d) for d in devices])
    public = options.public_key
    request = {
        "challenge": websafe_encode(public.challenge),
        "rpId": public.rp_id,
        "allowCredentials": [
            {"type": "public-key", "id": websafe_encode(credential.id)}
            for credential in public.allow_credentials or []
        ],
    }
    return request, cookie(settings, PROVE, person, state)


def proved(
    settings: AuthSettings, state: Any, devices: list[Device], response: Any
) -> tuple[int, int]:
    """The index of the device that signed the challenge, and its counter. Raises BadAnswer."""
    try:
        answer = AuthenticationResponse.from_dict(response)
        ids = [_credential_id(device) for device in devices]
        index = next(i for i, stored in enumerate(ids) if _is_same_id(stored, answer.raw_id))
        key = AttestedCredentialData.create(
            b"\x00" * 16, answer.raw_id, _public_key(devices[index])
        )
        _server(settings).authenticate_complete(state, [key], answer)
        counter = answer.response.authenticator_data.counter
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration) as error:
        raise BadAnswer from error
    # A counter that doesn't increase means a cloned key. Keys without a counter send 0.
    if counter and counter <= (devices[index].get("sign_count") or 0):
        raise BadAnswer
    return index, counter


def _descriptor(device: Device) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY, id=_credential_id(device)
    )


def _credential_id(device: Device) -> bytes:
    """The credential id: base64 text, or from an import the integer of its bytes."""
    stored = device["credential_id"]
    if isinstance(stored, str):
        return websafe_decode(stored)
    size = -(-max(1, (int(stored).bit_length() + 7) // 8) // ID_BYTES) * ID_BYTES
    return int(stored).to_bytes(size, "big")


def _is_same_id(stored: bytes, raw_id: bytes) -> bool:
    """Compare ids without leading zeros, which an imported integer has lost."""
    return stored.lstrip(b"\x00") == raw_id.lstrip(b"\x00")


def _public_key(device: Device) -> CoseKey:
    stored = device["public_key"]
    if isinstance(stored, str):
        decoded: Any = cbor.decode(websafe_decode(stored))
        return CoseKey.parse(decoded)
    # From an import: COSE parameters by number, with byte strings as integers.
    parameters = {int(name): value for name, value in stored.items()}
    big = {name for name, value in parameters.items() if isinstance(value, int) and value > 2**63}
    return CoseKey.parse(
        {
            name: value.to_bytes(-(-value.bit_length() // 256) * 32, "big")
            if name in big
            else value
            for name, value in parameters.items()
        }
    )
