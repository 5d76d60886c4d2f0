"""The answer cache and its invalidation."""

from __future__ import annotations

import time

import pytest

from gateway import answers
from gateway.answers import AnswerCache, Key
from gateway.identity import Identity
from gateway.routes.table import Route
from services.common.wire.rpc_protocol import Reply

OWN = Route("GET", "/auth/authenticated", "auth.show_caller", kept=("person", "organisation"))
STUDIO = Route("GET", "/config", "auth.show_config", kept=("organisation",))
REPLY = Reply(b'{"a":1}')


def caller(name: str) -> Identity:
    """A person with one session."""
    return Identity({"sub": name, "jti": f"{name}'s"}, "{}", "{}", time.monotonic())


def kept(cache: AnswerCache, route: Route, who: Identity | None, query: str = "") -> Key:
    """The key of an answer in the cache."""
    key = Key(route.path, who.claims["jti"] if who else "", query)
    cache.keep(key, route, who, REPLY, cache.age)
    return key


@pytest.fixture
def cache() -> AnswerCache:
    """An empty cache."""
    return AnswerCache(10.0, (OWN, STUDIO))


def test_an_answer_is_cached_by_session_and_query(cache: AnswerCache) -> None:
    """Others miss."""
    key = kept(cache, OWN, caller("ann"), "a=1")
    response = cache.get(key)
    assert response is not None
    assert response.body == REPLY.body
    assert response.headers["etag"]
    assert cache.get(key._replace(session="bob's")) is None
    assert cache.get(key._replace(query="a=2")) is None


def test_a_persons_event_invalidates_only_their_answers(cache: AnswerCache) -> None:
    """Others' answers don't show that person."""
    ann, bob = kept(cache, OWN, caller("ann")), kept(cache, OWN, caller("bob"))
    cache.changed("person", "ann")
    assert cache.get(ann) is None
    assert cache.get(bob) is not None


def test_a_studio_event_invalidates_all_answers_that_show_it(cache: AnswerCache) -> None:
    """Whoever's they are."""
    keys = [kept(cache, OWN, caller("ann")), kept(cache, STUDIO, None)]
    cache.changed("organisation", None)
    assert [cache.get(key) for key in keys] == [None, None]


def test_other_events_invalidate_nothing(cache: AnswerCache) -> None:
    """They are the most frequent."""
    key = kept(cache, OWN, caller("ann"))
    cache.changed("budget", None)
    cache.changed("task", "ann")
    assert cache.get(key) is not None


def test_an_answer_from_before_a_change_is_not_cached(cache: AnswerCache) -> None:
    """It was in flight when the event arrived."""
    key, age = Key(OWN.path, "ann's", ""), cache.age
    cache.changed("person", "bob")
    cache.keep(key, OWN, caller("ann"), REPLY, age)
    assert cache.get(key) is None


def test_refusals_and_304_are_not_cached(cache: AnswerCache) -> None:
    """They depend on more than the key."""
    key = Key(OWN.path, "ann's", "")
    for status in (304, 404):
        cache.keep(key, OWN, caller("ann"), Reply(b"", status=status), cache.age)
        assert cache.get(key) is None


def test_answers_expire(cache: AnswerCache) -> None:
    """In case events are missing."""
    key = kept(cache, OWN, caller("ann"))
    cache.seconds = 0.0
    assert cache.get(key) is None


def test_the_oldest_answers_are_evicted(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one."""
    monkeypatch.setattr(answers, "CACHE_SIZE", 2)
    keys = [kept(cache, OWN, caller(name)) for name in ("ann", "bob", "cid")]
    assert [cache.get(key) is not None for key in keys] == [False, True, True]
