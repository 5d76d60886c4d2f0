"""Authorization rules for reading and editing comments."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.common.access.context import CallContext
from services.common.access.rules import Facts, Rule
from services.tasks.policy import access
from services.tasks.policy.people import short_persons

#: What routes of their own add to a comment, each with its rights.
SET_BY_ROUTES: Final = frozenset({"replies", "acknowledgements"})
#: What a comment has from its text and its previews; an import by this API brings it along.
FIXED: Final = frozenset({"mentions", "department_mentions", "previews", "object_type"})


def _reads(ctx: CallContext, facts: Facts) -> bool:
    """Managers and supervisors read all, clients what is theirs or for them, others the rest."""
    task = access.task_facts(ctx, facts["object_id"])
    if task is None or not access.reader.test(ctx, task):
        return False
    role = ctx.actor.role_in(task["project_id"])
    if role in {"admin", "manager", "supervisor"}:
        return True
    if role == "client" and (facts["for_client"] or facts["person_id"] == ctx.actor.id):
        return True
    # The author's role is auth's: a call, made only where it decides.
    author = short_persons(ctx, [facts["person_id"]]).get(str(facts["person_id"]), {})
    by_client = author.get("role") == "client"
    if role != "client":
        return not by_client
    return by_client and not are_clients_isolated(ctx, task["project_id"])


def are_clients_isolated(ctx: CallContext, project: UUID | None) -> bool:
    """Whether the production hides from its clients what other clients say."""
    rules = ctx.ask("crud", "read_production_rules", project_id=str(project))
    return bool(rules.get("is_clients_isolated"))


may_read_comment: Final = Rule(
    "access to the comment", _reads, ("object_id", "for_client", "person_id")
)


def _edits(ctx: CallContext, facts: Facts) -> bool:
    """Its author edits a comment; supervisors pin and tick, assignees tick the checklist."""
    if facts["person_id"] == ctx.actor.id:
        return True
    fields = set(facts["body"]) - {"id", "created_at", "updated_at"}
    task = access.task_facts(ctx, facts["object_id"])
    if task is None or not fields <= {"pinned", "checklist"}:
        return False
    role, departments = ctx.actor.role_in(task["project_id"]), ctx.actor.departments
    if role == "supervisor" and (not departments or task["department_id"] in departments):
        return True
    return (
        role is not None
        and fields <= {"checklist"}
        and access.assignee.test(ctx, {"task_id": facts["object_id"]})
    )


may_edit: Final = Rule("to have written the comment", _edits, ("person_id", "object_id"))
