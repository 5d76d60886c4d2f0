"""A turn: one process sends the events of one webhook for some seconds."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import psycopg2

from services.common.access import sealing
from services.common.contracts.full_events import Recorded
from services.common.errors import Unavailable
from services.crud.webhooks import metrics, posting, store
from services.crud.webhooks.backoff import pause_after
from services.crud.webhooks.events import Subscription
from services.crud.webhooks.posting import Answer
from services.crud.webhooks.signing import key_of, sign
from services.crud.webhooks.standing import LostRightError
from services.crud.webhooks.store import Delivered, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.crud.webhooks.events import Hearer
    from services.crud.webhooks.history import History
    from services.crud.webhooks.posting import Poster
    from services.crud.webhooks.standing import Standing
    from services.crud.webhooks.store import Claim, Store

log = logging.getLogger(__name__)

#: Seconds after which a turn ends: then rights are asked anew, and other processes get theirs.
TURN_SECONDS: Final = 10.0
#: Deliveries, and seconds, after which progress is noted: what a dead sender's webhooks hear twice.
NOTED, NOTED_SECONDS = 500, 0.5
#: Requests at once to a receiver that wants no order.
AT_ONCE: Final = 8
#: Seconds until it is tried again whether the creator has the right.
ASK_AGAIN: Final = 2.0
TEST, REPLAY = "test", "replay"
REPLAYED: Final = "callboard-replay"


class Tools(NamedTuple):
    """What all turns of a process share."""

    store: Store
    history: History
    poster: Poster
    standing: Standing
    keys: tuple[str, ...]


class LostClaimError(Exception):
    """Somebody changed the webhook, or another process has it: this turn is over."""


class Turn:
    """The work on one claimed cursor."""

    def __init__(self, mine: Claim, tools: Tools) -> None:
        self.mine, self.tools = mine, tools
        self.wanted = Subscription(
            names=mine.names,
            project_id=mine.project_id,
            entity_id=mine.entity_id,
            task_id=mine.task_id,
            person_id=mine.person_id,
        )
        self.position, self.ahead, self.failures = mine.position, set(mine.ahead), mine.failures
        self.sent: list[Delivered] = []
        self.ends_at = time.monotonic() + TURN_SECONDS
        self.noted_at = time.monotonic()
        self.keys: list[bytes] = []
        self.hearer: Hearer

    def end(self) -> None:
        """End it after the request under way."""
        self.ends_at = 0.0

    async def run(self) -> None:
        """Send until there is nothing to send, something fails, or the time is over."""
        try:
            if await self._may_begin():
                await (self._test() if self.mine.kind == TEST else self._follow())
        except LostClaimError:
            log.debug("webhook %s was changed meanwhile", self.mine.webhook_id)
        except psycopg2.Error as error:
            # The claim lapses, and what was sent since the last note is sent again.
            log.warning("a turn ends without the database: %s", error)

    async def _may_begin(self) -> bool:
        """Open the secret and ask for the creator's rights; what lacks either is parked."""
        try:
            self.keys = [*self._keys()]
            # A test tells nothing that anybody would need a right for.
            if self.mine.kind != TEST:
                self.hearer = await self.tools.standing.hearer(self.mine)
        except Unavailable as error:
            log.warning("a webhook waits: %s", error)
            await self._note(pause=ASK_AGAIN, ends=True)
        except (ValueError, LostRightError) as error:
            if self.mine.kind == TEST:
                self._note_sent(test_event(self.mine), Answer(None, None, str(error), 0), {})
            await self._park(str(error))
        else:
            return True
        return False

    def _keys(self) -> Iterable[bytes]:
        secret = sealing.opened(self.tools.keys, self.mine.secret)
        if secret is None:
            message = "its secret can't be decrypted: renew it"
            raise ValueError(message)
        yield key_of(secret)
        # One that was renewed because it can't be decrypted signs nothing.
        if old := sealing.opened(self.tools.keys, self.mine.old_secret):
            yield key_of(old)

    # --- following the history ------------------------------------------------------------------

    async def _follow(self) -> None:
        while (left := self.ends_at - time.monotonic()) > 0:
            grown = self.tools.history.grown
            events = await self.tools.history.after(self.position)
            self.tools.history.read_ahead(events)
            if self.mine.until is not None:
                events = [event for event in events if event.position <= self.mine.until]
                if not events:
                    await self._note(is_done=True)
                    return
            if events:
                if not await self._send_page(events):
                    return
            else:
                if self.sent:
                    await self._note()
                try:
                    await asyncio.wait_for(grown.wait(), left)
                except TimeoutError:
                    break
        await self._note(ends=True)

    async def _send_page(self, events: Sequence[Recorded]) -> bool:
        """Send a page; returns whether the turn goes on."""
        at_once = 1 if self.mine.ordered else AT_ONCE
        for first in range(0, len(events), at_once):
            if time.monotonic() > self.ends_at:
                break
            answers = await self._send_some(events[first : first + at_once])
            failed = [answer for answer in answers if not answer.is_delivered]
            if failed:
                await self._fail(next((one for one in failed if one.is_gone), failed[0]))
                return False
            if len(self.sent) >= NOTED or time.monotonic() - self.noted_at > NOTED_SECONDS:
                await self._note()
        return True

    async def _send_some(self, events: Sequence[Recorded]) -> list[Answer]:
        """Send those of these events that the webhook wants, at once."""
        bodies = [
            (event, body)
            for event in events
            if event.position not in self.ahead
            and (body := self.wanted.body_for(event, self.hearer)) is not None
        ]
        answers = [await self._send(*bodies[0])] if len(bodies) == 1 else []
        if len(bodies) > 1:
            answers = await asyncio.gather(*(self._send(*one) for one in bodies))
        missing = {
            event.position
            for (event, _), answer in zip(bodies, answers, strict=True)
            if not answer.is_delivered
        }
        if not missing:
            self.position, self.ahead = events[-1].position, set()
            self.failures = 0 if bodies else self.failures
        else:
            done = [event.position for event in events if event.position not in missing]
            self.position = max([self.position, *(one for one in done if one < min(missing))])
            self.ahead = {one for one in done if one > self.position}
        return answers

    async def _send(self, event: Recorded, body: bytes) -> Answer:
        mine, timestamp = self.mine, int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": str(event.id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.keys, str(event.id), timestamp, body),
            **({REPLAYED: "true"} if mine.kind == REPLAY else {}),
        }
        answer = await self.tools.poster.post(mine.url, body, headers)
        metrics.sent(mine.kind, answer)
        self._note_sent(event, answer, headers)
        return answer

    def _note_sent(self, event: Recorded, answer: Answer, headers: dict[str, str]) -> None:
        """Remember an attempt until progress is noted."""
        self.sent.append(
            Delivered(
                webhook_id=self.mine.webhook_id,
                kind=self.mine.kind,
                event_id=event.id,
                position=event.position or None,
                name=event.name,
                attempt=self.failures + 1,
                sent_at=datetime.now(UTC) - timedelta(milliseconds=answer.milliseconds),
                duration_ms=answer.milliseconds,
                status=answer.status,
                headers=posting.shown(headers),
                answer=answer.text,
                error=answer.error,
            )
        )

    async def _test(self) -> None:
        """Send a made-up event, once."""
        mine = self.mine
        event = test_event(mine)
        await self._send(event, event.text.encode())
        await self._note(is_done=True)

    # --- failing --------------------------------------------------------------------------------

    async def _fail(self, answer: Answer) -> None:
        """Try again later, or never."""
        self.failures += 1
        pause = pause_after(self.failures)
        reason = answer.error or f"the receiver answered {answer.status}"
        if answer.is_gone:
            await self._park("the receiver answered 410 Gone: it wants no more events")
        elif pause is None:
            await self._park(f"{self.failures} attempts in three days failed, the last: {reason}")
        else:
            await self._note(pause=pause.total_seconds(), ends=True)

    async def _park(self, reason: str) -> None:
        self.failures = 0
        await self._note(ends=True, is_done=self.mine.kind == TEST, parked=reason)
        log.warning("webhook %s is parked: %s", self.mine.webhook_id, reason)

    # --- progress -------------------------------------------------------------------------------

    async def _note(
        self, *, pause: float = 0.0, ends: bool = False, is_done: bool = False, parked: str = ""
    ) -> None:
        """Note progress; ``parked`` is why it is sent no more. Raises LostClaimError."""
        progress = Progress(
            self.position, sorted(self.ahead), self.failures, pause, ends, is_done, parked
        )
        sent, self.sent = self.sent, []
        self.noted_at = time.monotonic()
        if not await self.tools.store.run(store.note, self.mine, progress, sent):
            raise LostClaimError


def test_event(mine: Claim) -> Recorded:
    """The event of a test: it has the form of others, and the cursor's id."""
    body = {
        "id": mine.id,
        "name": "webhook:test",
        "time": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "project_id": mine.project_id,
        "actor": None,
        "data": {"webhook_id": mine.webhook_id},
        "changes": {},
        "about": {},
    }
    text = msgspec.json.encode(body).decode()
    return Recorded(0, mine.id, "webhook:test", mine.project_id, text, "{}")
