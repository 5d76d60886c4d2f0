"""What figures need of shots."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.one_service import OneService
from tests.show import Show


@pytest.fixture
def filled(assets: OneService, show: Show) -> OneService:
    """The service, with shots in and out of episodes."""
    row = {row["id"]: row for row in show.tables["entity"]}
    row[show.shots[0]] |= {"nb_frames": 120, "canceled": True}
    row[show.scene]["nb_frames"] = 7
    show.entity("Loose", "Shot")
    show.entity("Q", "Sequence")
    show.entity("P00", "Shot", parent_id=show.entity("Bare", "Sequence"), nb_frames=3)
    show.entity("Theirs", "Shot", project_id=show.other_project, parent_id=show.opening)
    assets.fill(show)
    return assets


def columns(answer: dict[str, str]) -> set[tuple[str, ...]]:
    """The rows of columns that are texts of arrays."""
    texts = (text.strip("{}").split(",") for text in answer.values())
    return set(zip(*texts, strict=True))


def test_shots_are_told_with_their_frames(filled: OneService, show: Show) -> None:
    """Canceled ones, too; of this production only."""
    found = filled.call("admin", "list_shot_frames", project_id=show.project)
    assert list(found) == ["ids", "frames"]
    named = {row["id"]: row["name"] for row in show.tables["entity"]}
    assert {(named[ident], frames) for ident, frames in columns(found)} == {
        ("SH1", "NULL"),
        ("P01", "120"),
        ("P02", "NULL"),
        ("Loose", "NULL"),
        ("P00", "3"),
    }


def test_what_is_in_episodes_is_told_with_them(filled: OneService, show: Show) -> None:
    """Shots and scenes whose sequence has one."""
    found = filled.call("admin", "list_frames_by_episode", project_id=show.project)
    assert list(found) == ["ids", "frames", "episodes"]
    assert columns(found) == {
        (show.shots[0], "120", show.episode),
        (show.shots[1], "NULL", show.episode),
        (show.scene, "7", show.episode),
    }


def test_a_production_without_shots_has_empty_columns(assets: OneService, show: Show) -> None:
    """As arrays of PostgreSQL."""
    found = assets.call("admin", "list_shot_frames", project_id=show.past)
    assert found == {"ids": "{}", "frames": "{}"}


def test_shots_are_named_in_full(filled: OneService, show: Show) -> None:
    """In the order of these names; what is no shot is left out."""

    def named(who: str) -> list[dict[str, Any]]:
        ids = [row["id"] for row in show.tables["entity"]]
        rows: list[dict[str, Any]] = filled.call(who, "list_named_shots", ids=ids)
        return rows

    shots = named("manager")
    assert [shot["full_name"] for shot in shots] == [
        "Bare / P00",
        "E01 / S01 / P01",
        "E01 / S01 / P02",
        "E01 / S01 / Theirs",
        "Loose",
        "SQ1 / SH1",
    ]
    row = filled.call("manager", "read_row", path="entities", ident=show.shots[0])
    lists = {"entities_out", "instance_casting", "entities_in", "entity_concept_links"}
    plain = {name: value for name, value in row.items() if name not in lists}
    assert shots[1] == {**plain, "type": "Entity", "full_name": "E01 / S01 / P01"}
    assert "E01 / S01 / Theirs" not in {shot["full_name"] for shot in named("artist")}
    assert named("stranger") == named("vendor") == []
    filled.fakes.replies["tasks.list_assigned_entities"] = [show.shots[1]]
    assert [shot["id"] for shot in named("vendor")] == [show.shots[1]]
