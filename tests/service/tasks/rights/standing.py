"""Changes of people's standing in a production, as they show in their next call."""

from __future__ import annotations

from typing import Any

from tests.desk import Desk


def leave(desk: Desk, name: str, project: str = "") -> None:
    """Take somebody out of a production's team."""
    person, where = desk.people[name], project or desk.project
    seats = desk.tables["project_person_link"]
    seats[:] = [s for s in seats if (s["person_id"], s["project_id"]) != (person, where)]


def seat(desk: Desk, name: str, role: str) -> None:
    """Give a member of the production's team a role of their own."""
    leave(desk, name)
    desk.join(name, role=role)


def newcomer(desk: Desk, name: str, studio_role: str, role: str | None = None) -> str:
    """One more member of the team, by name."""
    desk.people[name] = desk.person(name, studio_role)
    desk.join(name, **({"role": role} if role else {}))
    return name


def texts(comments: list[dict[str, Any]]) -> set[str]:
    """What comments say."""
    return {comment["text"] for comment in comments}
