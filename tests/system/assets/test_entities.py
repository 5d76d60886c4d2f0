"""What an update of an entity means besides its columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.running import Caller, System
from tests.show import Show


def test_a_name_is_not_given_twice_in_one_place(show: Show, admin: Caller) -> None:
    """Also among assets, which have no parent; in another place it may."""
    refused = admin.put(f"/data/entities/{show.boat}", {"name": "Tree"})
    message = "A record with the same unique values already exists."
    assert (refused.status_code, refused.json()) == (400, {"message": message})
    assert admin.put(f"/data/entities/{show.boat}", {"name": "Hero"}).status_code == 200
    assert admin.put(f"/data/entities/{show.boat}", {"name": "Hero"}).status_code == 200
    shot = f"/data/entities/{show.shots[0]}"
    assert admin.put(shot, {"name": "P02"}).status_code == 400
    assert admin.put(shot, {"name": "P02", "parent_id": show.sequence}).status_code == 200


def test_a_null_leaves_the_metadata(show: Show, admin: Caller) -> None:
    """A key can be set to null, not removed."""
    path = f"/data/entities/{show.asset}"
    assert admin.put(path, {"data": None}).json()["data"] == {"mood": "calm"}
    assert admin.put(path, {"data": {"mood": None}}).json()["data"] == {"mood": None}


def test_a_shot_keeps_what_it_was_a_while_ago(system: System, show: Show, admin: Caller) -> None:
    """Changes within a minute are one; what matters is the name and the first frame."""
    row = next(r for r in show.tables["entity"] if r["id"] == show.shots[0])
    row["updated_at"] = (datetime.now(UTC) - timedelta(minutes=2)).replace(tzinfo=None).isoformat()
    row["data"] = {"frame_in": 1, "take": 1}
    system.load(show.tables)
    path = f"/data/entities/{show.shots[0]}"
    versions = f"/data/shots/{show.shots[0]}/versions"
    assert admin.put(path, {"data": {"frame_in": 9}}).status_code == 200
    assert admin.put(path, {"name": "Again"}).status_code == 200
    [version] = admin.get(versions).json()
    assert (version["name"], version["data"]) == ("P01", {"frame_in": 1, "take": 1})
    assert (version["person_id"], version["entity_id"]) == (show.admin, show.shots[0])
