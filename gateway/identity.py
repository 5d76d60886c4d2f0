"""Authentication: tokens are verified here, actors come from ``auth`` and a cache.

Events invalidate an actor when a person, a team or a session changes; a lost connection to the
broker clears the cache, as events may have been missed; a short maximum age covers the rest. No
request is refused on a cached actor: it is retried once with a fresh one.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jwt
import msgspec

from gateway.errors import TokenUnreadable
from gateway.metrics import ACTORS
from services.common.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    import falcon.asgi

    from services.common.access.signing_keys import KeyRing
    from services.common.wire.rpc_protocol import Reply

    #: Tells by the claims of a token whether it is meant.
    Matches = Callable[[dict[str, Any]], bool]

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
#: The claims that hold an id by which a token may be revoked.
SESSION_IDS: Final = ("jti", "refresh_jti", "sid")
ENDLESS: Final = 'Token is missing the "exp" claim'
CACHE_SIZE: Final = 4096
HIT, MISS = ACTORS.labels("hit"), ACTORS.labels("miss")


class Identity(NamedTuple):
    """A verified token, its actor and its person, as services receive them."""

    claims: dict[str, Any]
    actor: str
    #: The person as JSON; None from an ``auth`` of the previous release.
    people: str | None
    fetched: float
    #: Whether the account lacks the second factor that it must have.
    restricted: bool = False
    #: Until when (seconds since 1970) the session lasts of an account that only reads; else None.
    until: float | None = None

    def is_fresh(self, seconds: float) -> bool:
        """Whether it was fetched so lately, and has not ended since."""
        lasts = self.until is None or time.time() < self.until
        return lasts and time.monotonic() - self.fetched < seconds


class Tokens:
    """Verifies tokens, and caches the claims until they expire."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self._verified: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def read(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a token of that kind. Raises TokenUnreadable, Unauthenticated."""
        claims = self._verified.get(token)
        if claims is None or claims.get("exp", math.inf) <= time.time():
            claims = self._verified[token] = self._verify(token)
            if len(self._verified) > CACHE_SIZE:
                self._verified.popitem(last=False)
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


def token_of(req: falcon.asgi.Request, kind: str) -> str:
    """The token of a request, from its cookie or header. Raises Unauthenticated without one."""
    cookie = COOKIES[kind]
    if req.get_header("Cookie"):
        values = req.get_cookie_values(cookie)
        if values:
            return values[0]
    scheme, _, token = (req.get_header("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(MISSING.format(cookie))
    return token.strip()


class _Fetch:
    """A call to ``auth`` in progress, and whether an invalidation came meanwhile."""

    __slots__ = ("claims", "outdated")

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims, self.outdated = claims, False


class Authenticator:
    """Authenticates requests.

    ``call(service, method, arguments)`` makes the RPC calls to ``auth``; ``seconds`` is the maximum
    age of a cached actor.
    """

    def __init__(
        self, keys: KeyRing, seconds: float, call: Callable[[str, str, bytes], Awaitable[Reply]]
    ) -> None:
        self.tokens = Tokens(keys)
        self.seconds, self.call = seconds, call
        #: The actors by session, the one used last at the end.
        self._cached: OrderedDict[str, Identity] = OrderedDict()
        #: Calls in progress, by session.
        self._calls: dict[str, asyncio.Task[Identity]] = {}
        #: What is being fetched: a reply requested before an invalidation must not be cached.
        self._fetches: set[_Fetch] = set()
        #: Told which claims' actors are dropped, after they are.
        self.watchers: list[Callable[[Matches], None]] = []

    async def identify(
        self, req: falcon.asgi.Request, kind: str = ACCESS, *, fresh: bool = False
    ) -> Identity:
        """The identity of a request. Raises Unauthenticated, TokenUnreadable, Unavailable.

        ``fresh`` bypasses the cache.
        """
        return await self.of_token(token_of(req, kind), kind, fresh=fresh)

    async def of_token(self, token: str, kind: str = ACCESS, *, fresh: bool = False) -> Identity:
        """The identity of a token. Raises Unauthenticated, TokenUnreadable, Unavailable."""
        claims = self.tokens.read(token, kind)
        cached = self._cached.get(claims["jti"])
        if cached and not fresh and cached.is_fresh(self.seconds):
            HIT.inc()
            self._cached.move_to_end(claims["jti"])
            return cached
        MISS.inc()
        return await (self._fetch(claims) if fresh else self._share(claims))

    async def of_claims(self, claims: dict[str, Any]) -> Identity:
        """The identity of claims that were verified before, also if they have expired since.

        Raises Unauthenticated, Unavailable.
        """
        cached = self._cached.get(claims["jti"])
        if cached and cached.is_fresh(self.seconds):
            return cached
        return await self._share(claims)

    async def _share(self, claims: dict[str, Any]) -> Identity:
        """Make one call for all concurrent requests of a session."""
        jti = claims["jti"]
        call = self._calls.get(jti)
        if call is None:
            call = self._calls[jti] = asyncio.create_task(self._fetch(claims))
            call.add_done_callback(lambda task: self._fetched(jti, task))
        # Shielded: a client that disconnects must not cancel the call of the others.
        return await asyncio.shield(call)

    def _fetched(self, jti: str, call: asyncio.Task[Identity]) -> None:
        if self._calls.get(jti) is call:  # unless an invalidation started a new call
            del self._calls[jti]
        if not call.cancelled():
            # Retrieved, else asyncio logs it if every waiter has been cancelled.
            call.exception()

    async def _fetch(self, claims: dict[str, Any]) -> Identity:
        requested, fetch = time.monotonic(), _Fetch(claims)
        self._fetches.add(fetch)
        try:
            reply = await self.call("auth", "identify", msgspec.json.encode({"claims": claims}))
        finally:
            self._fetches.discard(fetch)
        people, restricted = reply.headers.get("people"), "restricted" in reply.headers
        until = float(reply.headers["until"]) if "until" in reply.headers else None
        identity = Identity(claims, reply.body.decode(), people, requested, restricted, until)
        if not fetch.outdated:  # else the reply may be older than the invalidation
            self._cached[claims["jti"]] = identity
            self._cached.move_to_end(claims["jti"])
            if len(self._cached) > CACHE_SIZE:
                self._cached.popitem(last=False)
        return identity

    # --- invalidation ---------------------------------------------------------------------------

    def forget_people(self, people: Collection[str | None]) -> None:
        """Drop the actors of these people."""
        self._forget(lambda claims: claims["sub"] in people)

    def forget_session(self, ident: str | None) -> None:
        """Drop the actors of a session's tokens, by its id or that of one of them."""
        self._forget(lambda claims: ident in {claims.get(name) for name in SESSION_IDS})

    def forget_all(self) -> None:
        """Drop every actor."""
        self._forget(lambda _: True)

    def _forget(self, matches: Matches) -> None:
        for fetch in self._fetches:
            if matches(fetch.claims):
                fetch.outdated = True
                # Later requests must not share a call from before the change.
                self._calls.pop(fetch.claims["jti"], None)
        for jti in [jti for jti, known in self._cached.items() if matches(known.claims)]:
            del self._cached[jti]
        for watcher in self.watchers:
            watcher(matches)
