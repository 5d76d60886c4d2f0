"""Which actors an event drops: those of the people that it concerns."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from pamqp.commands import Basic

from gateway.answers import AnswerCache
from gateway.identity import Authenticator
from gateway.invalidation import Invalidation
from gateway.positions import HeardEvents
from services.common.access.signing_keys import KeyRing
from services.common.contracts.crud.events import PEOPLE
from services.common.wire.frames import Incoming
from tests.unit.gateway.test_identity import SECRET, Auth, token, with_token

EVERYBODY = ("ann", "bob", "cid")


def event(name: str, people: list[str] | None = None, **payload: Any) -> Incoming:
    """An event as the gateway receives it, with the header that names these people."""
    message = Incoming()
    message.routing_key, message.body = name, msgspec.json.encode(payload)
    named = {} if people is None else {PEOPLE: ",".join(people)}
    message.properties = Basic.Properties(headers=named)
    return message


@pytest.mark.parametrize(
    ("message", "dropped"),
    [
        (event("project:update", project_id="p", people=["bob"]), ["bob"]),
        (event("project:update", project_id="p", people=[]), []),
        (event("project:delete", project_id="p", people=["ann", "bob"]), ["ann", "bob"]),
        (event("project:set-thumbnail", project_id="p"), []),
        (event("project:prepared", project_id="p"), []),
        (event("person:update", person_id="cid"), ["cid"]),
        (event("factor:removed", person_id="bob", factor="totp"), ["bob"]),
        (event("department:update", department_id="d"), []),
        # From the release before, which named nobody.
        (event("project:update", project_id="p"), list(EVERYBODY)),
        (event("project-status:update", project_status_id="s"), list(EVERYBODY)),
    ],
    ids=lambda found: getattr(found, "routing_key", None),
)
def test_an_event_drops_the_actors_of_whom_it_concerns(
    message: Incoming, dropped: list[str]
) -> None:
    """A studio of hundreds is not asked for anew because one person joined a team."""

    async def run() -> list[str]:
        auth = Auth()
        found = Authenticator(KeyRing(SECRET), 60.0, auth)
        invalidation = Invalidation(found, AnswerCache(60.0, ()), HeardEvents())
        for person in EVERYBODY:
            await found.identify(with_token(token(person, sub=person)))
        invalidation._changed(message)  # noqa: SLF001 - what the broker calls
        for person in EVERYBODY:
            await found.identify(with_token(token(person, sub=person)))
        return auth.asked[len(EVERYBODY) :]

    assert asyncio.run(run()) == dropped


def test_what_is_asked_for_others_meanwhile_is_kept() -> None:
    """An answer on its way is outdated only for the people whom the event concerns."""

    async def run() -> list[str]:
        auth = Auth()
        authenticator = Authenticator(KeyRing(SECRET), 60.0, auth)
        invalidation = Invalidation(authenticator, AnswerCache(60.0, ()), HeardEvents())
        auth.answering.clear()
        coming = [
            asyncio.create_task(authenticator.identify(with_token(token(person, sub=person))))
            for person in EVERYBODY
        ]
        for _ in EVERYBODY:
            await auth.arrived.get()
        invalidation._changed(event("project:update", project_id="p", people=["bob"]))  # noqa: SLF001
        auth.answering.set()
        await asyncio.gather(*coming)
        for person in EVERYBODY:
            await authenticator.identify(with_token(token(person, sub=person)))
        return auth.asked[len(EVERYBODY) :]

    assert asyncio.run(run()) == ["bob"]
