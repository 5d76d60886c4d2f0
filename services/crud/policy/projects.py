"""The policy of productions."""

from __future__ import annotations

from typing import Final

from services.common.access.policy import ALL, STUDIO, Policy
from services.common.access.rules import any_of, manager, role_in_project, team
from services.common.database.tables import table_of
from services.crud.models import Project
from services.crud.policy.schedules import department_supervisor

#: What a production's routes do besides generic CRUD.
SEE, CHANGE = "see settings and team", "change settings and team"
SEE_ABSENCES = "see the team's days off"
BUDGET = "see and change budgets"
CHOOSE_SOFTWARE = "choose the software of a task type"
PROJECTS: Final = Policy(
    kind="projects",
    table=table_of(Project),
    project=table_of(Project).c.id,
    sees={**STUDIO, "client": ALL, "vendor": ALL},
    may={
        SEE: team,
        CHANGE: manager,
        BUDGET: manager,
        SEE_ABSENCES: role_in_project(
            "to be of the studio in the production's team", "user", "supervisor", "manager"
        ),
        CHOOSE_SOFTWARE: any_of(manager, department_supervisor),
    },
)
