"""Password hashing: bcrypt of the first 72 bytes, on a few native threads.

Hashing threads have a lower priority, so that a burst of log-ins doesn't slow other requests. When
too many are waiting, further ones are refused (Unavailable) instead of occupying workers.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import bcrypt
from eventlet.semaphore import Semaphore

from services.auth.credentials.hash_threads import HashThreads
from services.common.database.transaction import refuse_in_transaction
from services.common.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.auth.config import AuthSettings

T = TypeVar("T")
COST: Final = 12
#: The bytes of a password that bcrypt uses; the library refuses longer ones.
BYTES: Final = 72
#: Hashes that may wait for a thread.
WAITING: Final = 16


class Hashing:
    """Runs ``at_once`` hashes concurrently on threads, and limits how many wait."""

    def __init__(self, at_once: int) -> None:
        self.free = Semaphore(at_once)
        self.threads = HashThreads(at_once)
        self.most = at_once + WAITING
        self.present = 0

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function on a thread. Raises Unavailable if too many are waiting.

        Raises RuntimeError inside an open transaction: a hash takes a quarter of a second.
        """
        refuse_in_transaction("hashing")
        with self._place(), self.free:
            return self.threads.run(partial(function, *args))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.present >= self.most:
            message = "Too many people log in at this moment."
            raise Unavailable(message)
        self.present += 1
        try:
            yield
        finally:
            self.present -= 1


@lru_cache(maxsize=4)
def hashing(at_once: int) -> Hashing:
    """The instance of this process."""
    return Hashing(at_once)


def digest(password: str, cost: int = COST) -> bytes:
    """The hash to store; blocks the eventlet hub."""
    return bcrypt.hashpw(password.encode()[:BYTES], bcrypt.gensalt(cost))


def hashed(settings: AuthSettings, password: str) -> bytes:
    """The hash to store. Raises Unavailable."""
    return hashing(settings.hashes_at_once).run(digest, password, settings.bcrypt_cost)


def matches(settings: AuthSettings, password: str, stored: bytes | None) -> bool:
    """Whether the password matches the stored hash; takes the same time without one.

    Raises Unavailable.
    """
    run = hashing(settings.hashes_at_once).run
    expected = bytes(stored) if stored else dummy_hash(settings.bcrypt_cost)
    try:
        equal = run(bcrypt.checkpw, password.encode()[:BYTES], expected)
    except ValueError:
        return False
    return equal and stored is not None


@lru_cache(maxsize=4)
def dummy_hash(cost: int) -> bytes:
    """A hash to compare with if there is no account, so that the response time is the same."""
    return b"$2b$%02d$C6UzMDM.H6dfI/f/IKcEeOcLXSZIYSRSXLUDDqLeIsGhAqvoIvZPC" % cost


def check_new(settings: AuthSettings, password: str, again: str) -> None:
    """Raise Refused for a password that is too short or not confirmed."""
    if len(password) < settings.min_password_length:
        message = "Password is too short."
        raise Refused(message)
    if password != again:
        message = "Confirmation password doesn't match."
        raise Refused(message)
