"""The policies of entities: of all of them, as generic CRUD shows them, and of each kind.

Authorization comes first, and may call other services; lists are filtered in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.policy.access import ENTITY, facts_of, in_ids, of_kind
from services.assets.policy.kinds import DRAWN, kind_of
from services.assets.policy.metadata import OF_THEIR_DEPARTMENTS, without_others
from services.assets.policy.rights import remover
from services.common.access.context import CallContext
from services.common.access.policy import ALL, STUDIO, Policy, Sight
from services.common.access.rules import Facts, Rule, manager, role_in_project, supervisor
from services.common.crud.validation import known_id
from services.common.database.sql_types import Condition, Expression
from services.common.json_types import Row


def assigned_entities(ctx: CallContext) -> list[UUID]:
    """The entities on which the caller has a task."""
    # Assignments belong to ``tasks``; a list asks for them once, not for each row.
    return [UUID(ident) for ident in ctx.ask("tasks", "list_assigned_entities")]


def _assigned(ctx: CallContext, entities: sa.FromClause) -> Condition:
    return in_ids(entities.c.id, assigned_entities(ctx))


def _is_assigned(ctx: CallContext, facts: Facts) -> bool:
    answer: bool = ctx.ask("tasks", "is_assigned_to_entity", ident=str(facts["id"]))
    return answer


def _with_their_shots(ctx: CallContext, entities: sa.FromClause) -> Condition:
    child = ENTITY.alias("child")
    assigned = in_ids(child.c.id, assigned_entities(ctx))
    return entities.c.id.in_(sa.select(child.c.parent_id).where(assigned, of_kind("shot", child)))


def _with_their_work(ctx: CallContext, entities: sa.FromClause) -> Condition:
    child, parent = ENTITY.alias("child"), ENTITY.alias("its_parent")
    assigned = in_ids(child.c.id, assigned_entities(ctx))
    shots = (
        sa.select(parent.c.parent_id)
        .join(child, child.c.parent_id == parent.c.id)
        .where(assigned, of_kind("shot", child))
    )
    assets = sa.select(child.c.source_id).where(assigned, of_kind("asset", child))
    return sa.or_(entities.c.id.in_(shots), entities.c.id.in_(assets))


def _no_concept(_ctx: CallContext, entities: sa.FromClause) -> Condition:
    return sa.and_(*(~of_kind(kind, entities) for kind in DRAWN))


def _is_no_concept(_ctx: CallContext, facts: Facts) -> bool:
    return kind_of(facts) not in DRAWN


ASSIGNED: Final = Sight("assigned to them", _assigned, one=_is_assigned)
NO_CONCEPTS: Final = Sight("all but concepts", _no_concept, one=_is_no_concept, needs=("kind",))
# Tasks are on what sequences and episodes hold: they are seen for that, in lists.
WITH_SHOTS: Final = Sight("with shots assigned to them", _with_their_shots)
WITH_WORK: Final = Sight("with shots or assets assigned to them", _with_their_work)
of_studio: Final = role_in_project("to be of the studio in the production's team", *STUDIO)
#: Entities of a kind; where it differs, a kind says what its lists show besides.
OF_KIND: Final = {**STUDIO, "client": ALL, "vendor": ASSIGNED}
BY_MANAGER: Final[Mapping[str, Rule]] = {"create": manager, "remove": remover}
SHARE: Final = "share with other productions"
MEASURE: Final = "set lengths to those of previews"
#: What is done to the folders of concepts, and to what they hold.
CHANGE: Final = "create, change, fill and remove"


def _policy(
    kind: str,
    sees: Mapping[str, Sight] = OF_KIND,
    *,
    reads: Mapping[str, Sight] = OF_KIND,
    may: Mapping[str, Rule] = BY_MANAGER,
) -> Policy:
    return Policy(
        kind=kind,
        table=ENTITY,
        project=ENTITY.c.project_id,
        sees=sees,
        reads=reads,
        masks={"vendor": OF_THEIR_DEPARTMENTS},
        may=may,
        lists_closed=True,
    )


ENTITIES: Final = Policy(
    kind="entities",
    table=ENTITY,
    project=ENTITY.c.project_id,
    sees={**STUDIO, "client": NO_CONCEPTS, "vendor": ASSIGNED},
    masks={"vendor": OF_THEIR_DEPARTMENTS},
)
BY_KIND: Final[Mapping[str, Policy]] = {
    "asset": _policy("assets", may={**BY_MANAGER, SHARE: manager}),
    "shot": _policy("shots", may={**BY_MANAGER, MEASURE: manager}),
    "sequence": _policy("sequences", {**OF_KIND, "vendor": WITH_SHOTS}),
    "scene": _policy("scenes"),
    "episode": _policy("episodes", {**OF_KIND, "vendor": WITH_WORK}),
    "edit": _policy("edits"),
    "concept": _policy(
        "concepts",
        STUDIO,
        reads={**STUDIO, "vendor": ASSIGNED},
        may={"create": of_studio, "remove": remover},
    ),
    "concept-folder": _policy("concept-folders", STUDIO, reads=STUDIO, may={CHANGE: supervisor}),
}


def readable_entity(ctx: CallContext, ident: str, kind: str = "") -> Row:
    """The facts of an entity that the caller may read. Raises NotFound, Forbidden."""
    with ctx.database.read() as connection:
        facts = facts_of(connection, known_id(ident), kind)
    ENTITIES.reader.check(ctx, facts)
    return facts


def seen(ctx: CallContext, kind: str, project: UUID | None) -> list[Condition]:
    """The conditions for entities of a kind that the caller sees.

    Those of a production they may enter, or of all of theirs.
    """
    found = [of_kind(kind)]
    if project is None and ctx.actor.is_admin:
        return found
    projects = ctx.actor.projects if project is None else [project]
    return [*found, BY_KIND[kind].rows_in(ctx, projects)]


def seen_anywhere(ctx: CallContext) -> Condition:
    """The condition for entities of any kind that the caller sees in any of their productions."""
    if ctx.actor.is_admin:
        return sa.true()
    return ENTITIES.rows_in(ctx, ctx.actor.projects)


def worked_on(ctx: CallContext, kind: str, project: UUID) -> list[Condition]:
    """The conditions for a production's entities of a kind on which the caller has work."""
    holding = {"sequence": _with_their_shots, "episode": _with_their_work}
    on_work = holding.get(kind, _assigned)
    return [of_kind(kind), ENTITY.c.project_id == project, on_work(ctx, ENTITY)]


def shown_data(ctx: CallContext) -> Expression:
    """The metadata of a statement's entities as the caller sees it."""
    (column,) = ENTITIES.shown(ctx.actor, (ENTITY.c.data,))
    return column


def shown_version(ctx: CallContext, project: UUID, data: Expression) -> Expression:
    """Earlier metadata of a statement's entity, of this production, as the caller sees it."""
    if ctx.actor.role_in(project) not in ENTITIES.masks:
        return data
    return without_others(data, ctx.actor.departments)
