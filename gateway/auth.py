"""Who is calling: the token is checked here, the actor comes from ``auth`` and a small cache.

The cache is emptied by events the moment a person, a team or a session changes, and wholly when
the connection to the broker breaks; a short age bounds it in any case. A refusal is never decided
on a cached actor: ``Endpoint`` asks again and retries once (see ``app``).
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import jwt
import msgspec

from gateway.errors import TokenUnreadable
from gateway.metrics import ACTORS
from services.common.errors import Unauthenticated, Unavailable
from services.common.wire.topology import GATEWAYS, HEARD, IMPORT_DONE, exchange_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import falcon

    from services.common.access.signing_keys import KeyRing
    from services.common.wire.frames import Incoming
    from services.common.wire.rpc_client import RpcClient
    from services.common.wire.session import Session

ACCESS, REFRESH = "access", "refresh"
COOKIES: Final = {ACCESS: "access_token_cookie", REFRESH: "refresh_token_cookie"}
MISSING: Final = (
    'Missing JWT in cookies or headers (Missing cookie "{}"; Missing Authorization Header)'
)
EXPIRED: Final = {"error": True, "message": "Signature has expired"}
WRONG_KIND: Final = {
    ACCESS: "Only non-refresh tokens are allowed",
    REFRESH: "Only refresh tokens are allowed",
}
ENDLESS: Final = 'Token is missing the "exp" claim'
CACHE_SIZE: Final = 4096
HIT, MISS = ACTORS.labels("hit"), ACTORS.labels("miss")
EXCHANGES: Final = (exchange_of("auth"), exchange_of("crud"))


class Identity(NamedTuple):
    """The verified token, the actor it stands for and the person, as services receive them."""

    claims: dict[str, Any]
    actor: str
    people: str | None
    """Their whole person; None from an ``auth`` of the last release."""
    fetched: float


class Tokens:
    """Verifies tokens, and remembers the verified ones until they expire."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self._verified: dict[str, dict[str, Any]] = {}

    def read(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a token of that kind. Raises TokenUnreadable, Unauthenticated."""
        claims = self._verified.get(token)
        if claims is None or claims.get("exp", math.inf) <= time.time():
            claims = self._verify(token)
            if len(self._verified) >= CACHE_SIZE:
                self._verified.clear()
            self._verified[token] = claims
        if claims.get("type") != kind:
            raise TokenUnreadable(WRONG_KIND[kind])
        return claims

    def _verify(self, token: str) -> dict[str, Any]:
        try:
            claims = self.keys.read(token, ("sub", "jti", "type"))
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(data=EXPIRED) from None
        except jwt.InvalidTokenError as error:
            raise TokenUnreadable(str(error)) from None
        if "exp" not in claims and claims.get("identity_type") != "bot":
            raise TokenUnreadable(ENDLESS)
        return claims


class Gate:
    """Establishes the identity behind each request."""

    def __init__(self, keys: KeyRing, seconds: float, client: Callable[[], RpcClient]) -> None:
        self.tokens = Tokens(keys)
        self.seconds = seconds
        self.client = client
        self._known: dict[str, Identity] = {}
        self._age = 0

    def identify(self, req: falcon.Request, kind: str = ACCESS, *, fresh: bool = False) -> Identity:
        """Who sent this request. Raises Unauthenticated or TokenUnreadable.

        ``fresh`` asks ``auth`` even if the answer is cached.
        """
        claims = self.tokens.read(self._token(req, kind), kind)
        known = self._known.get(claims["jti"])
        if known and not fresh and time.monotonic() - known.fetched < self.seconds:
            HIT.inc()
            return known
        MISS.inc()
        asked, age = time.monotonic(), self._age
        reply = self.client().call("auth", "identify", msgspec.json.encode({"claims": claims}))
        identity = Identity(claims, reply.body.decode(), reply.headers.get("people"), asked)
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        if age == self._age:  # else the answer may be of before what made us forget
            self._known[claims["jti"]] = identity
        return identity

    @staticmethod
    def _token(req: falcon.Request, kind: str) -> str:
        cookie = COOKIES[kind]
        if req.get_header("Cookie"):
            values = req.get_cookie_values(cookie)
            if values:
                return values[0]
        scheme, _, token = (req.get_header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated(MISSING.format(cookie))
        return token.strip()

    # --- invalidation: runs on the client's reading thread -------------------------------------

    def listen(self, session: Session) -> None:
        """Consume what ``auth`` and ``crud`` announce, for as long as the connection lives."""
        queue = f"gateway-{uuid4()}"
        session.queue_declare(queue, durable=False, exclusive=True, auto_delete=True)
        for exchange in EXCHANGES:
            session.exchange_declare(exchange, "topic")
            session.queue_bind(queue, exchange, "#")
        session.consume(queue, self._changed, tag="changes", no_ack=True)
        # Nothing is sent there: whoever imports counts its consumers, to know how many we are.
        session.queue_declare(GATEWAYS, auto_delete=True)
        session.consume(GATEWAYS, lambda _message: None, tag="gateways", no_ack=True)
        session.exchange_declare(HEARD, "fanout")

    def _changed(self, message: Incoming) -> None:
        name = message.routing_key
        subject = name.partition(":")[0]
        if subject == "person":
            person = msgspec.json.decode(message.body).get("person_id")
            self._forget(lambda identity: identity.claims["sub"] == person)
        elif subject == "session":
            jti = msgspec.json.decode(message.body).get("jti")
            self._forget(lambda identity: jti in {identity.claims["jti"], None})
        elif subject in {"project", "project-status", "import"}:
            self.forget_all()
            if name == IMPORT_DONE:
                self._say_fresh(message)

    def _say_fresh(self, message: Incoming) -> None:
        """Tell whoever imported that nothing older is served from here."""
        headers = message.headers
        with suppress(Unavailable):
            self.client().link.publish(str(headers.get("event_id", "")), HEARD, "")

    def _forget(self, test: Callable[[Identity], bool]) -> None:
        self._age += 1
        for jti, identity in list(self._known.items()):
            if test(identity):
                self._known.pop(jti, None)

    def forget_all(self) -> None:
        """Drop every cached actor."""
        self._age += 1
        self._known.clear()
