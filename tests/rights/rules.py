"""What each rule's name means, said again from the facts of the walk's world.

Services check rules by their code; here the same names are decided by who somebody is, so that the
two can be compared. A name without a meaning here fails the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.rights.places import ASSIGNED, STUDIO, Case

Test = Callable[[Case], bool]


def member(case: Case, *but: str) -> bool:
    """In the team, in another role than these."""
    return case.role is not None and case.role not in but


def reader(case: Case, *but: str) -> bool:
    """In the team, and a vendor with a task on the entity."""
    return member(case, *but) and (case.role != "vendor" or case.assigned)


def supervises(case: Case) -> bool:
    """Supervises the department of the tasks there."""
    return case.role == "supervisor" and case.covered


def acts(case: Case) -> bool:
    """May work on the tasks there."""
    return (
        case.role in {"manager", "client"}
        or supervises(case)
        or (member(case) and (case.assigned or makes(case)))
    )


def makes(case: Case) -> bool:
    """Created the entities there, and is still in the team."""
    return member(case) and case.who.maker and case.at.made


def manages(case: Case) -> bool:
    """Manages the production."""
    return case.role == "manager"


def studio(role: str) -> Test:
    """Has this role in the studio."""
    return lambda case: case.who.role == role


MEANINGS: Final[dict[str, Test]] = {
    "to be signed in": lambda _case: True,
    "a token to refresh": lambda _case: False,
    "an administrator": lambda _case: False,
    "a manager": studio("manager"),
    "a role other than vendor": lambda case: case.who.role != "vendor",
    "a role other than client": lambda case: case.who.role != "client",
    "a role other than vendor and client": lambda case: case.who.role not in {"vendor", "client"},
    "to be a person": lambda case: not case.who.bot,
    "to be the person concerned": lambda case: case.own,
    "to manage a production": lambda case: "manager" in map(case.who.role_in, case.who.seats),
    "to be in the production's team": member,
    "to be in the production's team, not as vendor": lambda case: member(case, "vendor"),
    "to be in the production's team, not as client": lambda case: member(case, "client"),
    "to be in the production's team, not as vendor or client": lambda case: member(
        case, "vendor", "client"
    ),
    "to be in the team, and a vendor to be assigned": reader,
    "to be in the team, not as client, and a vendor to be assigned": lambda case: reader(
        case, "client"
    ),
    "to read internal comments": lambda case: reader(case, "client"),
    "to be a person in the team, and a vendor assigned": lambda case: (
        reader(case) and not case.who.bot
    ),
    "to manage the production": manages,
    "access to the webhooks": manages,
    # The person of a place is in its production.
    "to manage a production of the person's": manages,
    "to supervise the person's department in a production of theirs": lambda case: (
        case.role == "supervisor" and case.who.department in {"", case.at.author.department}
    ),
    "to supervise the production": lambda case: case.role in {"manager", "supervisor"},
    "to supervise the tasks' department": supervises,
    "to have created it": makes,
    "to work on the task": acts,
    "to be assigned": lambda case: member(case) and case.assigned,
    **dict.fromkeys(
        (
            "access to the entity",
            "access to the entities",
            "access to the asset-instances",
            "access to the task",
            "access to the tasks",
            "access to the preview-files",
            "access to the file's task",
            "access to the file's entity",
            "access to the working-files",
            "access to the output-files",
        ),
        reader,
    ),
    **dict.fromkeys(
        ("access to the comment", "access to the comments", "access to the attachment-files"),
        lambda case: reader(case, *(() if case.own else ("client",))),
    ),
    # Those of the walk's places are not for clients.
    **dict.fromkeys(
        (
            "access to the playlists",
            "access to the milestones",
            "access to the production-schedule-version-task-links",
            "to be of the studio in the production's team",
        ),
        lambda case: member(case, "vendor", "client"),
    ),
    "access to the projects": member,
    "to be in a production with the person": lambda case: (
        case.who.role != "client" or member(case) or case.own
    ),
    "to manage the production, for another, or to be assigned to the task": lambda case: (
        (case.assigned and member(case)) if case.own else manages(case)
    ),
    "to be assigned to the task, for oneself": lambda case: (
        case.own and member(case) and case.assigned
    ),
    "to have written the comment (to pin it: to supervise its task; to tick: to work on that)": (
        lambda case: case.own and reader(case)
    ),
    "to be assigned to the task": lambda case: member(case) and case.assigned,
    "to work on the file's task": acts,
    "to manage the production or work on the entity": lambda case: (
        manages(case) or (member(case) and case.assigned)
    ),
    "to have written it, and read the entity": lambda case: case.own and reader(case),
    "to have written the comment": lambda case: case.own and reader(case),
    "to be the person, and in the team": lambda case: case.own and member(case),
    "to work on the task, and read the comment": lambda case: (
        (case.own and reader(case)) or (acts(case) and case.role != "client")
    ),
    "to work on the task, on a comment that one reads": lambda case: (
        acts(case) and (case.own or case.role != "client")
    ),
    "to work on the task, not as client": lambda case: acts(case) and case.role != "client",
    # The walk's updates of tasks and entities change more than supervisors may.
    "to supervise the task's department": lambda _case: False,
    "to supervise the production and its metadata": lambda _case: False,
    "to supervise the department in the production": supervises,
    "to supervise the department of its task": supervises,
    "to supervise the production and have made the playlist": lambda case: (
        case.own and case.role == "supervisor"
    ),
    # Those of one's own department, and oneself; bots get no work here.
    "to assign the person": lambda case: (
        not (case.own and case.who.bot)
        and (
            manages(case)
            or (supervises(case) and case.who.department in {"", "modeling"})
            or (case.own and member(case) and case.who.department == case.at.department)
        )
    ),
    "to supervise all departments": lambda case: (
        case.role == "supervisor" and not case.who.department
    ),
    "to be the person concerned, and not a bot": lambda case: case.own and not case.who.bot,
    "to be a person in the production's team": lambda case: not case.who.bot and member(case),
    "to take part in the chat": lambda case: (
        reader(case) and case.at is ASSIGNED and case.role != "admin"
    ),
    "a supervisor": studio("supervisor"),
    "project_id of a production of yours": lambda case: member(case, "vendor", "client"),
    "any role, and the team of what is asked for": lambda case: case.at is STUDIO or member(case),
    "the team of what is asked for": lambda case: case.at is not STUDIO and member(case),
    "the team of what is asked for, not as vendor": lambda case: (
        case.at is not STUDIO and member(case, "vendor")
    ),
    "the team of what is asked for, not as vendor or client": lambda case: (
        case.at is not STUDIO and member(case, "vendor", "client")
    ),
    "not a client, and the team of what is asked for": lambda case: (
        {*map(case.who.role_in, case.who.seats)} != {"client"}
        if case.at is STUDIO
        else member(case, "client")
    ),
    "to be the person told, and to read the entity": lambda case: (
        case.own and not case.who.bot and reader(case)
    ),
    "to be the person concerned, not a client, or to supervise the production": lambda case: (
        case.role in {"manager", "supervisor"}
        or (case.own and (case.role or case.who.role) != "client")
    ),
    "to be a person, and the person concerned": lambda case: case.own and not case.who.bot,
    "a manager of what is asked for": lambda case: (
        "manager" in {case.who.role, *map(case.who.role_in, case.who.seats)}
        if case.at is STUDIO
        else manages(case)
    ),
}


#: What administrators don't pass, either.
STRICT: Final = frozenset(
    {
        "a token to refresh",
        "to be a person, and the person concerned",
        "to be the person told, and to read the entity",
        "to take part in the chat",
    }
)


def holds(rule: str, case: Case) -> bool:
    """Whether a rule, or one of several joined by ``or``, holds. Administrators pass all."""
    if case.who.role == "admin" and rule not in STRICT:
        return True
    if rule in MEANINGS:
        return MEANINGS[rule](case)
    return any(MEANINGS[name](case) for name in rule.split(" or "))
