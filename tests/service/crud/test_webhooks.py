"""Webhooks: who has them, what they show, and what becomes of their cursors."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier

from services.common.access import sealing
from services.common.contracts.full_events import Asked
from services.common.crud.describing import described
from services.common.errors import (
    Forbidden,
    Integrity,
    InvalidInput,
    NotFound,
    Refused,
    Unavailable,
)
from services.crud.history.descriptions import DESCRIBER
from services.crud.models import event_history, webhook_cursor, webhook_delivery
from services.crud.resources import RESOURCES
from services.crud.webhooks import rpc
from tests.running import ENCRYPTION
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.world import World

URL = "https://hooks.example.com/callboard"


@pytest.fixture
def crud(make_service: MakeService, world: World) -> OneService:
    """The service; no other one references its rows."""
    found = make_service("crud")
    found.fakes.replies |= {
        f"{name}.references_row": False for name in ("auth", "assets", "tasks", "chat")
    }
    found.fill(world)
    return found


def create(crud: OneService, who: str = "admin", **body: Any) -> Any:
    """Create a webhook."""
    return crud.call(who, "create_row", path="webhooks", data={"url": URL, **body})


def read(crud: OneService, who: str, row: Any) -> Any:
    """Read one."""
    return crud.call(who, "read_row", path="webhooks", ident=row["id"])


def stored(crud: OneService, statement: Any) -> Any:
    """The rows of a statement."""
    with crud.database.read() as connection:
        return connection.execute(statement).mappings().all()


def cursors(crud: OneService, row: Any) -> Any:
    """The cursors of a webhook."""
    found = sa.select(webhook_cursor).where(webhook_cursor.c.webhook_id == row["id"])
    return stored(crud, found.order_by(webhook_cursor.c.kind))


def record(crud: OneService, *positions: int) -> None:
    """Have a history with events at these positions, the n-th from the n-th of November."""
    crud.database.raw.cursor().execute(
        "CREATE TABLE event_history_all PARTITION OF event_history DEFAULT"
    )
    with crud.database.read() as connection:
        for day, position in enumerate(positions, 1):
            connection.execute(
                sa.insert(event_history).values(
                    position=position,
                    recorded_at=f"2026-11-{day:02}T12:00Z",
                    id=sa.func.gen_random_uuid(),
                    name="task:update",
                    body="{}",
                    audience="{}",
                )
            )


def test_the_secret_is_shown_once_and_stored_encrypted(crud: OneService) -> None:
    """The answer to the create has it, no later one has."""
    made = create(crud)
    assert Verifier(made["secret"])  # the form that Standard Webhooks demands
    for shown in (
        read(crud, "admin", made),
        crud.call("admin", "list_rows", path="webhooks")[0],
        crud.call(
            "admin", "update_row", path="webhooks", ident=made["id"], data={"ordered": False}
        ),
        crud.call("admin", "pause_webhook", ident=made["id"]),
    ):
        assert not any("secret" in name for name in shown)
        assert made["secret"] not in str(shown)
    (row,) = stored(crud, sa.text("SELECT secret FROM webhook"))
    assert row["secret"].startswith(sealing.SEALED)
    assert sealing.opened([ENCRYPTION], row["secret"]) == made["secret"]


def test_an_old_secret_signs_for_a_day(crud: OneService) -> None:
    """Receivers have time to take the new one over."""
    made = create(crud)
    renewed = crud.call("admin", "renew_webhook_secret", ident=made["id"])
    assert renewed["secret"] != made["secret"]
    rows = stored(
        crud,
        sa.text("SELECT *, old_secret_until - timezone('utc', now()) AS remaining FROM webhook"),
    )
    keys = [ENCRYPTION]
    assert sealing.opened(keys, rows[0]["secret"]) == renewed["secret"]
    assert sealing.opened(keys, rows[0]["old_secret"]) == made["secret"]
    assert rows[0]["remaining"].total_seconds() == pytest.approx(86400, abs=60)


def test_nobody_sets_what_is_ours(crud: OneService, world: World) -> None:
    """Neither its secret nor its state nor whose rights count."""
    forged = {"secret": "whsec_AAAA", "state": "parked", "created_by": world.people["artist"]}
    made = create(crud, **forged)
    assert made["secret"] != "whsec_AAAA"
    assert (made["state"], made["created_by"]) == ("active", world.people["admin"])
    changed = crud.call("admin", "update_row", path="webhooks", ident=made["id"], data=forged)
    assert (changed["state"], changed["created_by"]) == ("active", world.people["admin"])


def test_managers_have_those_of_their_productions(crud: OneService, world: World) -> None:
    """They need a production; those of the studio are the administrators'."""
    own = create(crud, "manager", project_id=world.project)
    whole = create(crud)
    with pytest.raises(Integrity, match="project_id"):
        create(crud, "manager")
    assert [row["id"] for row in crud.call("manager", "list_rows", path="webhooks")] == [own["id"]]
    assert read(crud, "manager", own)["id"] == own["id"]
    with pytest.raises(Forbidden):
        read(crud, "manager", whole)
    moved = crud.call(
        "manager", "update_row", path="webhooks", ident=own["id"], data={"project_id": None}
    )
    assert moved["project_id"] == world.project


@pytest.mark.parametrize("who", ["supervisor", "artist", "client", "vendor"])
def test_others_have_none(crud: OneService, world: World, who: str) -> None:
    """Neither to see nor to use."""
    made = create(crud, project_id=world.project)
    with pytest.raises(Forbidden):
        create(crud, who, project_id=world.project)
    with pytest.raises(Forbidden):
        crud.call(who, "list_rows", path="webhooks")
    for method in ("pause_webhook", "resume_webhook", "renew_webhook_secret", "test_webhook"):
        with pytest.raises(Forbidden):
            crud.call(who, method, ident=made["id"])
    with pytest.raises(Forbidden):
        crud.call(who, "list_deliveries", ident=made["id"])
    with pytest.raises(Forbidden):
        crud.call(who, "replay_webhook", ident=made["id"], data={})


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://example.com"},
        {"url": "https://"},
        {"url": "https://ada:secret@example.com"},
        {"url": "https://example.com/a b"},
        {"url": "http://[::1"},
        {"url": "https://example.com/" + 2000 * "a"},
        {"url": None},
        {"names": "task:*"},
        {"names": [""]},
        {"names": 51 * ["task:*"]},
        {"names": [81 * "a"]},
        {"names": ["TASK:*"]},
        {"names": ["[a-z]*"]},
        {"entity_id": "shot"},
    ],
)
def test_what_is_no_webhook_is_refused(crud: OneService, body: dict[str, Any]) -> None:
    """The message names the field."""
    (field,) = body
    with pytest.raises(Integrity, match=field):
        create(crud, **body)
    made = create(crud)
    with pytest.raises(Integrity, match=field):
        crud.call("admin", "update_row", path="webhooks", ident=made["id"], data=body)


def test_a_webhook_begins_at_the_end_of_the_history(crud: OneService) -> None:
    """What was before concerns it only if somebody asks for it."""
    record(crud, 3, 8)
    (cursor,) = cursors(crud, create(crud))
    assert (cursor["kind"], cursor["position"]) == ("live", 8)


def test_a_resumed_webhook_goes_on_at_once(crud: OneService) -> None:
    """Whatever pause the last failure had earned."""
    made = create(crud)
    crud.call("admin", "pause_webhook", ident=made["id"])
    assert read(crud, "admin", made)["state"] == "paused"
    with crud.database.read() as connection:
        connection.exec_driver_sql(
            "UPDATE webhook_cursor SET failures = 7, next_at = now() + interval '1 day'"
        )
        connection.exec_driver_sql("UPDATE webhook SET state = 'parked', reason = 'gone'")
    resumed = crud.call("admin", "resume_webhook", ident=made["id"])
    assert (resumed["state"], resumed["reason"]) == ("active", None)
    (cursor,) = cursors(crud, made)
    assert cursor["failures"] == 0
    assert stored(crud, sa.text("SELECT 1 FROM webhook_cursor WHERE next_at <= now()"))


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ({"from_position": 3, "to_position": 8}, 3, 8),
        ({"from_position": 5, "to_position": 100}, 5, 9),
        ({"from_time": "2026-11-02T00:00:00", "to_time": "2026-11-02T12:00:00"}, 4, 8),
        ({"from_time": "2026-11-01", "to_position": 9}, 1, 9),
    ],
)
def test_a_range_is_sent_again(
    crud: OneService, order: dict[str, Any], first: int, last: int
) -> None:
    """By positions or times, inclusive, as far as the history goes."""
    record(crud, 3, 8, 9)
    made = create(crud)
    answer = crud.call("admin", "replay_webhook", ident=made["id"], data=order)
    assert answer == {"from_position": first, "to_position": last}
    _, replay = cursors(crud, made)
    assert (replay["kind"], replay["position"], replay["until"]) == ("replay", first - 1, last)


def test_a_range_may_be_years_away(crud: OneService) -> None:
    """Positions outgrow what fits an integer of PostgreSQL."""
    record(crud, 2**31 + 1, 2**31 + 2)
    made = create(crud)
    order = {"from_position": 2**31 + 1, "to_position": 2**31 + 2}
    assert crud.call("admin", "replay_webhook", ident=made["id"], data=order) == order


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"from_position": 1},
        {"from_position": 1, "from_time": "2026-11-01", "to_position": 2},
        {"from_position": -1, "to_position": 2},
        {"from_position": 1, "to_position": 2**63},
        {"from_time": "yesterday", "to_position": 2},
        {"from_position": 2, "to_position": 1},
        {"from_time": "2026-11-02", "to_time": "2026-11-01"},
    ],
)
def test_a_replay_without_a_range_is_refused(crud: OneService, order: dict[str, Any]) -> None:
    """With a message that says what is missing."""
    made = create(crud)
    with pytest.raises(InvalidInput) as refusal:
        crud.call("admin", "replay_webhook", ident=made["id"], data=order)
    assert any(end in f"{refusal.value} {refusal.value.data}" for end in ("from_", "to_"))


def test_few_replays_run_at_once(crud: OneService) -> None:
    """Nobody fills the table by asking again and again."""
    made = create(crud)
    order = {"from_position": 1, "to_position": 2}
    for _ in range(rpc.REPLAYS):
        crud.call("admin", "replay_webhook", ident=made["id"], data=order)
    with pytest.raises(Refused, match="replays"):
        crud.call("admin", "replay_webhook", ident=made["id"], data=order)


def test_deliveries_come_by_the_page(crud: OneService) -> None:
    """The newest first."""
    made = create(crud)
    with crud.database.read() as connection:
        for position in (1, 2, 3):
            connection.execute(
                sa.insert(webhook_delivery).values(
                    webhook_id=made["id"],
                    kind="live",
                    event_id=made["id"],
                    position=position,
                    name="task:new",
                    attempt=1,
                    sent_at="2026-11-05T10:00:00.5Z",
                    duration_ms=3,
                    status=500,
                    headers={"webhook-id": made["id"]},
                    answer="no",
                )
            )
    page = crud.call(
        "admin", "list_deliveries", ident=made["id"], query={"page": "2", "limit": "2"}
    )
    assert [row["position"] for row in page["data"]] == [1]
    assert (page["total"], page["nb_pages"]) == (3, 2)
    assert page["data"][0]["sent_at"] == "2026-11-05T10:00:00"
    first = crud.call("admin", "list_deliveries", ident=made["id"])
    assert [row["position"] for row in first["data"]] == [3, 2, 1]
    with pytest.raises(InvalidInput, match="page"):
        crud.call("admin", "list_deliveries", ident=made["id"], query={"page": "x"})


def test_a_test_without_a_sender_says_so(crud: OneService, monkeypatch: pytest.MonkeyPatch) -> None:
    """It doesn't wait for ever."""
    monkeypatch.setattr(rpc, "TEST_SECONDS", 0.0)
    made = create(crud)
    with pytest.raises(Unavailable, match="sender"):
        crud.call("admin", "test_webhook", ident=made["id"])


def test_a_deleted_webhook_leaves_nothing(crud: OneService) -> None:
    """Neither cursors nor deliveries."""
    made = create(crud)
    crud.call("admin", "delete_row", path="webhooks", ident=made["id"])
    assert cursors(crud, made) == []
    with pytest.raises(NotFound):
        read(crud, "admin", made)


@pytest.mark.parametrize("of_production", [True, False])
def test_events_of_webhooks_are_heard_by_those_who_see_them(
    crud: OneService, world: World, of_production: bool
) -> None:
    """Managers of the production; those of none are the administrators' alone."""
    made = create(crud, project_id=world.project if of_production else None)
    payload = {"webhook_id": made["id"]}
    (found,) = described(
        crud.instance(), DESCRIBER, RESOURCES, [Asked(name="webhook:update", payload=payload)]
    )
    assert found.audience.roles == (("manager",) if of_production else ())
    assert found.audience.people == ()


def test_events_of_webhooks_tell_no_secrets(crud: OneService) -> None:
    """Neither in their payload nor among the changes that are noted."""
    made = create(crud)
    crud.call("admin", "renew_webhook_secret", ident=made["id"])
    crud.call("admin", "delete_row", path="webhooks", ident=made["id"])
    payloads = stored(crud, sa.text("SELECT name, payload FROM outbox ORDER BY id"))
    assert [row["name"] for row in payloads if row["name"] != "rows:gone"] == [
        "webhook:new",
        "webhook:update",
        "webhook:delete",
    ]
    notes = stored(crud, sa.text("SELECT before, after FROM row_change"))
    assert notes
    assert "secret" not in str([*payloads, *notes])
