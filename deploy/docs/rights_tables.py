"""The generated tables of ``docs/rights.md``; the rest of it is written by hand.

They are made from what the services declare: the policies of ``Resource.policy`` and of a service
class's ``policies``, and the rules of its resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from deploy.docs.declarations import registries, service_class
from deploy.docs.marked_block import replaced
from services.common.access.policy import Mask, Policy, Sight
from services.common.access.rules import admin
from services.common.actor import ROLES, Actor
from services.common.crud.registry import Registry
from services.common.crud.resource import Resource
from services.common.wire.topology import SERVICES

RIGHTS: Final = Path(__file__).parents[2] / "docs" / "rights.md"
BEGIN: Final = "<!-- The tables are made by make docs from the declarations. -->"
END: Final = "<!-- End of the tables. -->"
#: The roles of a production, by the word that people use. Administrators see and do everything.
IN_PRODUCTION: Final = {
    "manager": "manager",
    "supervisor": "supervisor",
    "user": "artist",
    "client": "client",
    "vendor": "vendor",
}
NOTHING: Final = "-"
#: The id of nobody: what is asked for here depends on roles only.
SOMEBODY: Final = UUID(int=1)


def rights() -> str:
    """The document with the tables of what is declared now."""
    parts = [
        "## What each role sees of a production",
        _sights(policies()),
        "## What is masked",
        _masks(policies()),
        "## Who may do what",
        *(_verbs(registry) for registry in registries()),
        *_actions(policies()),
        "## Columns",
        _columns(),
    ]
    return replaced(RIGHTS.read_text(), BEGIN, END, "\n\n".join(parts))


def policies() -> list[Policy]:
    """All policies, by service and kind, each once."""
    found: dict[Policy, None] = {}
    for name, registry in zip(SERVICES, registries(), strict=True):
        declared: tuple[Policy, ...] = getattr(service_class(name), "policies", ())
        served = (one.policy for one in registry if one.policy is not None)
        found |= dict.fromkeys(sorted({*declared, *served}, key=lambda one: one.kind))
    return list(found)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    heads = list(head)
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines])


def _sights(declared: list[Policy]) -> str:
    rows = []
    for policy in declared:
        rows.append([policy.kind, *_by_role(policy.sees)])
        if policy.reads is not None:
            rows.append([f"{policy.kind}, one by its id", *_by_role(policy.reads)])
    return _table(["kind", *IN_PRODUCTION.values()], rows)


def _by_role(sights: Mapping[str, Sight]) -> list[str]:
    return [sights[role].name if role in sights else NOTHING for role in IN_PRODUCTION]


def _masks(declared: list[Policy]) -> str:
    rows = []
    for policy in declared:
        roles: dict[Mask, list[str]] = {}
        for role, mask in policy.masks.items():
            roles.setdefault(mask, []).append(IN_PRODUCTION[role])
        rows += [
            [policy.kind, ", ".join(held), mask.name, _names(mask.values)]
            for mask, held in roles.items()
        ]
    return _table(["kind", "role", "what", "columns"], rows)


def _verbs(registry: Registry) -> str:
    rows = [
        [f"`{one.path}`", _listed(one)]
        + [rule.name for rule in (one.read, one.create, one.update, one.delete)]
        for one in sorted(registry, key=lambda one: one.path)
    ]
    head = ["rows of", "list", "read", "create", "update", "delete"]
    return f"### {registry.service}\n\n{_table(head, rows)}"


def _listed(resource: Resource) -> str:
    """The rule of a list, and whether it shows each caller only a part."""
    limited = resource.scope is not None or resource.policy is not None
    return f"{resource.list.name}{'; what they see' if limited and resource.list != admin else ''}"


def _actions(declared: list[Policy]) -> list[str]:
    rows = [
        [policy.kind, action, rule.name]
        for policy in declared
        for action, rule in policy.may.items()
    ]
    return ["### Other actions", _table(["kind", "action", "who"], rows)] if rows else []


def _columns() -> str:
    rows = []
    for registry in registries():
        for one in sorted(registry, key=lambda one: one.path):
            facts = [_names(one.hidden), _reduced(one), _names(one.owned), _changed_by(one)]
            if any(fact != NOTHING for fact in facts):
                rows.append([f"`{one.path}`", *facts])
    head = ["rows of", "shown to nobody", "shown to some", "written by the system alone"]
    return _table([*head, "changed by some alone"], rows)


def _reduced(resource: Resource) -> str:
    """The columns that somebody doesn't see, with those who do."""
    names = {one.name for one in resource.fields} - resource.hidden
    seen: dict[str, list[str]] = {}
    for role in ROLES:
        actor = Actor(id=SOMEBODY, role=role)
        for single, where in ((False, "lists"), (True, "single reads")):
            shown = resource.visible(actor, single)
            for name in sorted(names if shown is None else names & shown):
                seen.setdefault(name, []).append(f"{IN_PRODUCTION.get(role, role)} in {where}")
    everybody = len(ROLES) * 2
    grouped: dict[str, list[str]] = {}
    for name, who in seen.items():
        if len(who) < everybody:
            grouped.setdefault(", ".join(who), []).append(name)
    return "; ".join(f"{_names(names)}: {who}" for who, names in grouped.items()) or NOTHING


def _changed_by(resource: Resource) -> str:
    """The columns that not everybody changes who may change the rows, with who does."""
    others = resource.fixed_for(Actor(id=SOMEBODY))
    rules = {admin: others - resource.fixed_for(Actor(id=SOMEBODY, role="admin"))}
    for rule, names in resource.writes.items():
        rules[rule] = rules.get(rule, frozenset()) | names
    said = (f"{_names(names)}: {rule.name}" for rule, names in rules.items() if names)
    return "; ".join(said) or NOTHING


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or NOTHING
