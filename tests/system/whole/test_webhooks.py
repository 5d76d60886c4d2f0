"""Webhooks: every event arrives, in order, whatever the receiver and the sender do."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg2
import pytest

from deploy.local.children import die_with_parent
from deploy.replay import main as replay
from deploy.transfer.report import TransferError
from tests.receiving import Handler, Manner, Receiver
from tests.running import Caller, System, free_port, until
from tests.world import World

EXAMPLE: Final = Path(__file__).parents[3] / "docs" / "examples" / "webhook_receiver.py"


def fails(handler: Handler) -> None:
    """A server error."""
    handler.answer(500, b"broken")


def closes(handler: Handler) -> None:
    """No answer."""
    handler.close_connection = True


def redirects(handler: Handler) -> None:
    """To itself."""
    handler.answer(302, location=handler.server.url)


def talks_nonsense(handler: Handler) -> None:
    """What is no HTTP."""
    handler.wfile.write(b"nonsense\r\n\r\n")
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """A letter at a time, for longer than anybody waits."""
    handler.send_response(200)
    handler.send_header("content-length", "10000")
    handler.end_headers()
    with suppress(OSError):
        for _ in range(10000):
            handler.wfile.write(b"a")
            time.sleep(0.05)
    handler.close_connection = True


def hangs(handler: Handler) -> None:
    """Nothing, until the sender leaves."""
    handler.connection.settimeout(30)
    with suppress(OSError):
        handler.connection.recv(1)
    handler.close_connection = True


def is_gone(handler: Handler) -> None:
    """Nothing more is wanted."""
    handler.answer(410)


@contextmanager
def receiving(*manners: Manner) -> Iterator[Receiver]:
    """A receiver that runs."""
    server = Receiver(*manners)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def subscribe(caller: Caller, receiver: Receiver, **body: Any) -> Any:
    """Create a webhook for the receiver."""
    given = {"url": receiver.url, "names": ["task:update"], **body}
    answer = caller.post("/data/webhooks", given)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    receiver.secret = made["secret"]
    return made


def change(admin: Caller, world: World, times: int) -> None:
    """Make so many events."""
    for number in range(times):
        answer = admin.put(f"/data/tasks/{world.task}", {"priority": number % 3})
        assert answer.status_code == 200


def run(system: System, sql: str, *values: Any) -> list[Any]:
    """Run a statement in the database of ``crud``."""
    connection = psycopg2.connect(system.parts.urls["crud"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def hurry(system: System) -> None:
    """End the pauses of what has failed."""
    run(system, "UPDATE webhook_cursor SET next_at = now() WHERE failures > 0")
    run(system, "NOTIFY webhooks")


def state(admin: Caller, webhook: Any) -> Any:
    """The state of a webhook, and the reason."""
    shown = admin.get(f"/data/webhooks/{webhook['id']}").json()
    return shown["state"], shown["reason"]


def pause(system: System, admin: Caller, webhook: Any) -> None:
    """Pause a webhook, and wait for the end of its turn."""
    admin.post(f"/data/webhooks/{webhook['id']}/pause", {})
    free = "SELECT 1 FROM webhook_cursor WHERE webhook_id = %s AND claimed_by IS NULL"
    until(lambda: run(system, free, webhook["id"]), 30, "the end of the turn")


@pytest.fixture(autouse=True)
def restored(system: System) -> Iterator[None]:
    """One process of each again."""
    yield
    system.restore()


def test_an_event_arrives_signed_and_in_full(system: System, admin: Caller, world: World) -> None:
    """A receiver verifies it with what any library of Standard Webhooks does."""
    with receiving() as receiver:
        made = subscribe(admin, receiver)
        admin.put(f"/data/tasks/{world.task}", {"priority": 2})
        admin.put(f"/data/departments/{world.department}", {"color": "#123456"})
        admin.put(f"/data/tasks/{world.task}", {"priority": 1})
        receiver.wait(2)
    first, second = receiver.taken
    assert first["changes"] == {"priority": {"before": 0, "after": 2}}
    assert second["changes"] == {"priority": {"before": 2, "after": 1}}
    assert first["about"]["entity"]["path"] == "Character / Hero"
    assert first["headers"]["webhook-id"] == first["id"]
    page = until(
        lambda: (
            len((found := admin.get(f"/data/webhooks/{made['id']}/deliveries").json())["data"]) == 2
            and found
        ),
        what="deliveries",
    )
    assert [row["event_id"] for row in page["data"]] == [second["id"], first["id"]]
    assert {row["answer"] for row in page["data"]} == {"thanks"}
    assert "signature" not in str(page)


def test_whatever_a_receiver_does_nothing_is_lost(
    system: System, admin: Caller, world: World
) -> None:
    """Each event comes until it is taken, those after it wait, and nobody else does."""
    manners = (fails, closes, redirects, talks_nonsense, drips, hangs, fails)
    with receiving(*manners) as bad, receiving() as good:
        made = subscribe(admin, bad)
        subscribe(admin, good)
        change(admin, world, 5)
        # While the bad one has taken nothing yet.
        positions = good.wait(5)
        assert not bad.taken
        for left in range(len(manners) - 1, -1, -1):
            until(lambda left=left: len(bad.manners) <= left, 30, "the next attempt")
            failures = len(manners) - left
            found = "SELECT 1 FROM webhook_cursor WHERE webhook_id = %s AND failures >= %s"
            until(
                lambda found=found, failures=failures: run(system, found, made["id"], failures),
                30,
                "a noted failure",
            )
            hurry(system)
        assert bad.wait(5) == positions == sorted(positions)
        ids = [headers["webhook-id"] for headers, _ in bad.requests]
        assert ids[: len(manners) + 1] == [bad.taken[0]["id"]] * (len(manners) + 1)
        assert len({body for _, body in bad.requests[: len(manners) + 1]}) == 1
    tried = admin.get(f"/data/webhooks/{made['id']}/deliveries?limit=50").json()["data"]
    attempts = {row["attempt"]: row for row in tried if row["event_id"] == ids[0]}
    assert sorted(attempts) == list(range(1, len(manners) + 2))
    assert attempts[1]["status"] == 500
    assert attempts[3]["error"] == "redirects are not followed"
    assert "no complete answer" in attempts[6]["error"]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_killed_sender_loses_nothing(
    system: System, admin: Caller, world: World, ordered: bool
) -> None:
    """Another one goes on where it was; what it had not noted comes twice."""
    with receiving() as receiver:
        subscribe(admin, receiver, ordered=ordered)
        for _ in range(3):
            change(admin, world, 10)
            system.kill("webhooks")
            run(
                system, "UPDATE webhook_cursor SET claimed_until = now()"
            )  # nobody waits for leases
            system.start("webhooks")
        change(admin, world, 10)
        positions = receiver.wait(40)
    assert len(positions) == 40
    if ordered:
        assert positions == sorted(positions)


def test_several_senders_share_the_work(system: System, admin: Caller, world: World) -> None:
    """Each webhook is one's at a time, so order stays and nothing comes twice."""
    system.start("webhooks.2")
    with receiving() as one, receiving() as other:
        subscribe(admin, one)
        subscribe(admin, other)
        change(admin, world, 30)
        positions = one.wait(30)
        assert other.wait(30) == positions == sorted(positions)
    assert len(one.taken) == len(other.taken) == 30


def test_a_frozen_sender_is_replaced(system: System, admin: Caller, world: World) -> None:
    """Its lease ends; when it wakes it finds that the webhook is not its own any more."""
    with receiving() as receiver:
        subscribe(admin, receiver)
        change(admin, world, 1)
        receiver.wait(1)
        system.kill("webhooks", signal.SIGSTOP)
        system.start("webhooks.2")
        run(system, "UPDATE webhook_cursor SET claimed_until = now()")
        change(admin, world, 3)
        positions = receiver.wait(4)
        system.kill("webhooks", signal.SIGCONT)
        change(admin, world, 3)
        positions = receiver.wait(7)
    assert positions == sorted(positions)


def test_a_receiver_that_is_gone_is_left(system: System, admin: Caller, world: World) -> None:
    """At once; its creator gets an e-mail, and the events wait until somebody resumes it."""
    with receiving(is_gone) as receiver:
        made = subscribe(admin, receiver)
        change(admin, world, 3)
        until(lambda: state(admin, made)[0] == "parked", 30, "the end")
        assert "410" in state(admin, made)[1]
        mails = system.folder / "mail"
        until(
            lambda: any("410 Gone" in one.read_text() for one in mails.glob("*.eml")),
            30,
            "an e-mail",
        )
        assert not receiver.taken
        admin.post(f"/data/webhooks/{made['id']}/resume", {})
        assert len(receiver.wait(3)) == 3


def test_a_paused_webhook_misses_nothing(system: System, admin: Caller, world: World) -> None:
    """It hears everything when it is resumed."""
    with receiving() as receiver:
        made = subscribe(admin, receiver)
        change(admin, world, 1)
        receiver.wait(1)
        pause(system, admin, made)
        change(admin, world, 3)
        assert len(receiver.taken) == 1
        admin.post(f"/data/webhooks/{made['id']}/resume", {})
        assert len(receiver.wait(4)) == 4


def test_of_several_at_once_only_the_failed_one_comes_again(
    system: System, admin: Caller, world: World
) -> None:
    """Without an order, what was taken beyond it is remembered."""
    with receiving(fails) as receiver:
        made = subscribe(admin, receiver, ordered=False)
        pause(system, admin, made)
        change(admin, world, 5)
        waiting = (
            "SELECT 1 FROM event_history JOIN webhook_cursor ON event_history.position > "
            "webhook_cursor.position WHERE webhook_id = %s AND name = 'task:update'"
        )
        until(lambda: len(run(system, waiting, made["id"])) == 5, 30, "five events")
        admin.post(f"/data/webhooks/{made['id']}/resume", {})
        failed = "SELECT 1 FROM webhook_cursor WHERE webhook_id = %s AND failures = 1"
        until(lambda: run(system, failed, made["id"]), 30, "a noted failure")
        assert len(receiver.taken) == 4
        hurry(system)
        receiver.wait(5)
    assert len(receiver.requests) == 6


def test_a_managers_webhook_tells_what_managers_hear(
    system: System, admin: Caller, world: World
) -> None:
    """Of their production; nothing any more once they manage it no more."""
    manager = system.caller(world.people["manager"])
    with receiving() as receiver:
        made = subscribe(manager, receiver, project_id=world.project, names=[])
        admin.put(f"/data/departments/{world.department}", {"color": "#123456"})
        admin.put(f"/data/projects/{world.past}", {"description": "other"})
        # A notification is its receiver's alone.
        admin.post(
            f"/actions/tasks/{world.task}/comment",
            {"task_status_id": world.status, "comment": "look"},
        )
        change(admin, world, 1)
        until(lambda: any(one["name"] == "task:update" for one in receiver.taken), 30, "events")
        names = {one["name"] for one in receiver.taken}
        assert "comment:new" in names
        assert {one["project_id"] for one in receiver.taken} == {world.project}
        path = f"/data/projects/{world.project}/team/{world.people['manager']}"
        assert admin.put(path, {"role": "user"}).status_code == 200

        def parked() -> bool:
            change(admin, world, 1)
            return bool(state(admin, made)[0] == "parked")

        until(parked, 40, "the end of the right")
    assert "manages the production no more" in state(admin, made)[1]


def test_a_test_answers_what_came_back(system: System, admin: Caller, world: World) -> None:
    """At once, also of a paused webhook."""
    with receiving(fails) as receiver:
        made = subscribe(admin, receiver)
        admin.post(f"/data/webhooks/{made['id']}/pause", {})
        path = f"/data/webhooks/{made['id']}/test"
        first, second = (admin.post(path, {}).json() for _ in range(2))
    assert (first["status"], first["answer"], first["name"]) == (500, "broken", "webhook:test")
    assert (second["status"], second["kind"]) == (200, "test")
    assert receiver.taken[0]["data"] == {"webhook_id": made["id"]}


def test_a_secret_of_another_system_is_renewed(system: System, admin: Caller, world: World) -> None:
    """Such as one that came with a backup: the webhook is parked until it has its own."""
    with receiving() as receiver:
        made = subscribe(admin, receiver)
        # A turn that has begun already would go on with the secret that it read.
        admin.post(f"/data/webhooks/{made['id']}/pause", {})
        run(system, "UPDATE webhook SET secret = 'sealed:by another key'")
        tried = admin.post(f"/data/webhooks/{made['id']}/test", {}).json()
        assert "can't be decrypted" in tried["error"]
        admin.post(f"/data/webhooks/{made['id']}/resume", {})
        change(admin, world, 1)
        until(lambda: state(admin, made)[0] == "parked", 30, "the end")
        assert not receiver.requests
        renewed = admin.post(f"/data/webhooks/{made['id']}/secret", {}).json()
        receiver.secret = renewed["secret"]
        admin.post(f"/data/webhooks/{made['id']}/resume", {})
        assert len(receiver.wait(1)) == 1


def test_nothing_is_sent_inside(system: System, admin: Caller, world: World) -> None:
    """Not to addresses of the network that the system itself is in."""
    made = admin.post("/data/webhooks", {"url": "http://169.254.169.254/latest"}).json()
    answer = admin.post(f"/data/webhooks/{made['id']}/test", {}).json()
    assert "not a public address" in answer["error"]
    assert answer["status"] is None


def test_a_range_is_sent_again_marked(system: System, admin: Caller, world: World) -> None:
    """With the same ids, beside what happens meanwhile."""
    with receiving() as receiver:
        made = subscribe(admin, receiver)
        change(admin, world, 4)
        positions = receiver.wait(4)
        order = {"from_position": positions[1], "to_position": positions[2]}
        assert admin.post(f"/data/webhooks/{made['id']}/replay", order).status_code == 202
        until(lambda: len(receiver.taken) == 6, 30, "the replay")
    again = receiver.taken[4:]
    assert [one["position"] for one in again] == positions[1:3]
    assert {one["headers"].get("callboard-replay") for one in again} == {"true"}
    assert "callboard-replay" not in receiver.taken[0]["headers"]
    assert again[0]["id"] == receiver.taken[1]["id"]


def test_make_replay_sends_to_a_webhook(system: System, admin: Caller, world: World) -> None:
    """Signed and marked, to the webhook's own filters; until the newest event by default."""

    def order(**given: Any) -> str:
        words = {name.upper(): str(value) for name, value in given.items()}
        return replay({**system.environment(), "TO": f"webhook:{made['id']}", **words})

    with receiving() as receiver:
        made = subscribe(admin, receiver)
        before = datetime.now(UTC).isoformat()
        change(admin, world, 3)
        first, second, third = receiver.wait(3)
        told = order(since=second)
        assert told == f"Events {second} to {third} are sent to the webhook {made['id']} again."
        until(lambda: len(receiver.taken) == 5, 30, "the replay")
        order(since=before, until=first)
        until(lambda: len(receiver.taken) == 6, 30, "the other replay")
        again = receiver.taken[3:]
        assert [one["position"] for one in again] == [second, third, first]
        assert {one["headers"].get("callboard-replay") for one in again} == {"true"}
        for given, message in (
            ({"events": "task:*"}, "EVENTS is not for webhooks"),
            ({"since": "yesterday"}, "SINCE is 'yesterday'"),
            ({"to": f"webhook:{world.task}"}, "The webhook .* can't be sent"),
        ):
            with pytest.raises(TransferError, match=message):
                order(**given)


def test_the_documented_receiver_works(system: System, admin: Caller, world: World) -> None:
    """It takes genuine events, and refuses others."""
    port = free_port()
    body = {"url": f"http://127.0.0.1:{port}", "names": ["task:*"]}
    made = admin.post("/data/webhooks", body).json()
    with subprocess.Popen(
        [sys.executable, EXAMPLE, made["secret"], str(port)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    ) as process:
        path = f"/data/webhooks/{made['id']}/test"
        until(lambda: admin.post(path, {}).json()["status"] == 204, 30, "the receiver")
        change(admin, world, 1)
        assert process.stdout is not None
        names = [process.stdout.readline().split()[0]]
        while names[-1] != "task:update":
            names.append(process.stdout.readline().split()[0])
        admin.post(f"/data/webhooks/{made['id']}/secret", {})
        assert admin.post(path, {}).json()["status"] == 204  # the old secret signs, too
        run(system, "UPDATE webhook SET old_secret = NULL")
        assert admin.post(path, {}).json()["status"] == 401
        process.kill()
