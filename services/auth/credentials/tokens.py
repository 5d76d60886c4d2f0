"""Access and refresh tokens: JWT, HS256, with the claims that existing clients read."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Final

import jwt

from services.common.access.signing_keys import key_id
from services.common.json_types import JsonObject, Row

if TYPE_CHECKING:
    from services.auth.config import AuthSettings

DAY: Final = 86400
PERSON, BOT, PERSON_API = "person", "bot", "person_api"
IDENTITIES: Final = frozenset({PERSON, BOT, PERSON_API})
#: The claim of a session that may only set up a second factor.
RESTRICTED: Final = "requires_2fa_setup"
#: The claim that all tokens have which descend from one log-in: its id.
SESSION: Final = "sid"
#: The claim with the account's token version when it logged in.
VERSION: Final = "token_version"


def signed(settings: AuthSettings, payload: JsonObject) -> str:
    """Sign claims with the current key, whose id is in the header."""
    secret = settings.secret_key
    return jwt.encode(payload, secret, algorithm="HS256", headers={"kid": key_id(secret)})


def claims(subject: str, kind: str, expires: float | None, **more: Any) -> JsonObject:
    """The claims every token has; ``expires`` is seconds since 1970, None for never."""
    now = int(time.time())
    payload = {
        "sub": subject,
        "type": kind,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "fresh": False,
        "identity_type": PERSON,
        **more,
    }
    return payload if expires is None else {**payload, "exp": int(expires)}


def pair(
    settings: AuthSettings, account: Row, session: str | None = None, *, restricted: bool = False
) -> dict[str, str]:
    """An access token and its refresh token, of an open session or a new one."""
    expires = time.time() + settings.refresh_token_days * DAY
    more = {RESTRICTED: True} if restricted else {}
    version = {VERSION: account["token_version"]}
    refresh = claims(str(account["id"]), "refresh", expires, **version, **more)
    refresh[SESSION] = session or refresh["jti"]
    access = renewed(settings, refresh)
    return {"access_token": access, "refresh_token": signed(settings, refresh)}


def renewed(settings: AuthSettings, refresh: JsonObject, *, restricted: bool = False) -> str:
    """An access token that belongs to a refresh token, with these claims of its."""
    expires = time.time() + settings.access_token_days * DAY
    more = {name: refresh[name] for name in (SESSION, VERSION, RESTRICTED) if name in refresh}
    if restricted:
        more[RESTRICTED] = True
    own = claims(refresh["sub"], "access", expires, refresh_jti=refresh["jti"], **more)
    return signed(settings, own)


def session_of(claims: JsonObject) -> str:
    """The id of a token's session; tokens of the last release are known by their refresh token."""
    session: str = claims.get(SESSION) or claims.get("refresh_jti") or claims["jti"]
    return session


def ids_of(claims: JsonObject) -> list[str]:
    """The ids by which a token may be revoked: its own, its refresh token's, its session's."""
    ids = (claims["jti"], claims.get("refresh_jti"), session_of(claims))
    return list(dict.fromkeys(ident for ident in ids if ident))
