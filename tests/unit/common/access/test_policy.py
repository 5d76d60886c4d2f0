"""Policies: conditions and masks by the role in each production."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.common.access.context import CallContext, seen_by
from services.common.access.policy import ALL, Mask, Policy, Sight
from services.common.actor import Actor
from services.common.database.sql_types import Condition

HEIGHTS = sa.table(
    "height", sa.column("id", sa.Uuid), sa.column("project_id", sa.Uuid), sa.column("metres")
)
ONES = Sight("of one metre", lambda _ctx, rows: rows.c.metres == 1)
POLICY = Policy(
    kind="heights",
    table=HEIGHTS,
    project=HEIGHTS.c.project_id,
    sees={"manager": ALL, "user": ONES, "vendor": ONES},
    masks={"vendor": Mask("heights", {"metres": 0})},
)
MINE, OTHER = UUID(int=1), UUID(int=2)


class Call:
    """A call by somebody with these roles in open productions."""

    def __init__(self, role: str = "user", **roles: UUID) -> None:
        projects = {project: name for name, project in roles.items()}
        self.actor = Actor(
            id=uuid4(), role=role, projects=projects, open_projects=frozenset(projects)
        )


def _call(role: str = "user", **roles: UUID) -> CallContext:
    return cast("CallContext", Call(role, **roles))


def _sql(expression: Any) -> str:
    compiled = expression.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    return str(compiled)


def test_a_list_holds_all_rows_where_the_role_sees_all() -> None:
    """A manager's production is not narrowed, and counted as a whole."""
    call = _call(manager=MINE)
    assert "metres" not in _sql(POLICY.listed(call))
    assert POLICY.whole_projects(call.actor) == {MINE}


def test_each_production_is_narrowed_by_the_role_held_there() -> None:
    """Who manages one production and works in another sees one metre only in the other."""
    call = _call(manager=MINE, user=OTHER)
    text = _sql(POLICY.listed(call))
    assert text.count("metres = 1") == 1
    assert POLICY.whole_projects(call.actor) == {MINE}
    assert POLICY.seen_projects(call.actor) == {MINE, OTHER}


@pytest.mark.parametrize("roles", [{}, {"client": MINE}])
def test_a_role_without_a_sight_sees_nothing(roles: dict[str, UUID]) -> None:
    """Neither those outside nor a role that the policy doesn't name."""
    call = _call(**roles)
    assert _sql(POLICY.listed(call)) == "false"
    assert not POLICY.seen_projects(call.actor)
    assert not POLICY.reader.test(call, {"id": uuid4(), "project_id": MINE})


def test_a_mask_replaces_columns_and_the_filter_on_them() -> None:
    """A vendor reads 0 metres, and may not find out by filtering."""
    actor = _call(vendor=MINE).actor
    (column,) = POLICY.shown(actor, (HEIGHTS.c.metres,))
    assert (column.name, _sql(column.element)) == ("metres", "0")
    assert POLICY.masked_names(actor) == {"metres"}


def test_a_mask_holds_only_where_its_role_is_held() -> None:
    """Who is a vendor in one production reads the other's values."""
    actor = _call(vendor=MINE, manager=OTHER).actor
    (column,) = POLICY.shown(actor, (HEIGHTS.c.metres,))
    assert "CASE WHEN" in _sql(column.element)
    assert str(MINE).replace("-", "") in _sql(column.element).replace("-", "")


def test_administrators_are_not_masked() -> None:
    """They see all of it, whatever they are in a team."""
    actor = _call("admin", vendor=MINE).actor
    columns = (HEIGHTS.c.metres,)
    assert POLICY.shown(actor, columns) is columns
    assert not POLICY.masked_names(actor)


@pytest.mark.parametrize("roles", [{"vendor": MINE}, {"vendor": MINE, "manager": OTHER}])
def test_the_same_mask_gives_the_same_columns(roles: dict[str, UUID]) -> None:
    """Statements are cached by them."""
    columns = (HEIGHTS.c.id, HEIGHTS.c.metres)
    one, two = (POLICY.shown(_call(**roles).actor, columns) for _ in range(2))
    assert one is two


def test_a_sight_may_depend_on_the_productions_concerned() -> None:
    """It is asked once for those in which the role is held, and for no other."""
    asked: list[list[UUID]] = []

    def within(_ctx: CallContext, rows: sa.FromClause, projects: Collection[UUID]) -> Condition:
        asked.append(list(projects))
        return rows.c.metres == len(projects)

    known = Sight("of as many metres", within=within)
    policy = Policy(
        kind="heights",
        table=HEIGHTS,
        project=HEIGHTS.c.project_id,
        sees={"manager": ALL, "user": known},
    )
    call = _call(manager=MINE, user=OTHER)
    text = _sql(policy.rows_in(call, [MINE, OTHER]))
    assert asked == [[OTHER]]
    assert text.count("metres = 1") == 1
    assert policy.is_whole(call.actor, MINE)
    assert not policy.is_whole(call.actor, OTHER)


def test_what_is_read_may_be_more_than_what_lists_show() -> None:
    """Without a word on it, it is the same."""
    policy = replace(POLICY, reads={"manager": ALL, "user": ALL})
    call = _call(user=MINE)
    assert "metres = 1" in _sql(policy.rows_in(call, [MINE]))
    assert "metres" not in _sql(policy.readable_in(call, [MINE]))
    assert _sql(POLICY.readable_in(call, [MINE])) == _sql(POLICY.rows_in(call, [MINE]))
    facts = {"id": uuid4(), "project_id": MINE}
    assert policy.reader.test(call, facts)
    vendor = _call(vendor=MINE)
    assert not policy.reader.test(vendor, facts)
    assert _sql(policy.readable_in(vendor, [MINE])) == "false"


def test_a_masked_number_fits_a_column_of_json() -> None:
    """Floats are rendered as JSON before they are masked."""
    column = sa.cast(HEIGHTS.c.metres, postgresql.JSON).label("metres")
    (alone,) = POLICY.shown(_call(vendor=MINE).actor, (column,))
    (either,) = POLICY.shown(_call(vendor=MINE, manager=OTHER).actor, (column,))
    assert _sql(alone.element) == "'0'::json"
    assert "THEN '0'::json ELSE" in _sql(either.element)


def test_a_call_is_seen_with_the_rights_of_who_is_told() -> None:
    """The rest of it stays."""
    call, told = _call("admin"), _call(user=MINE).actor
    assert "metres = 1" in _sql(POLICY.rows_in(seen_by(call, told), [MINE]))
    assert "metres" not in _sql(POLICY.rows_in(call, [MINE]))


def test_a_mask_may_leave_a_part_by_departments() -> None:
    """The same departments give the same columns, others others."""
    heights = HEIGHTS.c.metres
    part = Mask("heights of others", {"metres": lambda own: heights + len(own)})
    policy = replace(POLICY, masks={"vendor": part})
    none = _call(vendor=MINE).actor
    one = msgspec.structs.replace(none, departments=frozenset({UUID(int=3)}))
    columns = (HEIGHTS.c.metres,)
    shown = [policy.shown(actor, columns) for actor in (none, one, one)]
    assert [_sql(found.element) for (found,) in shown] == [
        "height.metres + 0",
        "height.metres + 1",
        "height.metres + 1",
    ]
    assert shown[1] is shown[2]


def test_one_row_is_read_by_its_facts_where_they_tell() -> None:
    """No statement is run; the rule says which facts it needs."""
    low = Sight(
        "low ones", ONES.rows, one=lambda _ctx, facts: facts["metres"] == 1, needs=("metres",)
    )
    reader = replace(POLICY, reads={"manager": ALL, "user": low}).reader
    assert reader.needs == ("project_id", "id", "metres")
    call, row = _call(user=MINE), {"id": uuid4(), "project_id": MINE}
    assert [reader.test(call, {**row, "metres": metres}) for metres in (1, 2)] == [True, False]
    assert not reader.test(_call(vendor=MINE), {**row, "metres": 1})


def test_a_sight_that_narrows_single_reads_narrows_lists() -> None:
    """It would list all rows else."""
    with pytest.raises(TypeError, match="low ones has no rows"):
        Sight("low ones", one=lambda _ctx, _facts: True)


@pytest.mark.parametrize(("role", "want"), [("manager", True), ("client", False), ("admin", True)])
def test_a_production_is_listed_for_roles_that_see_any_of_it(role: str, want: bool) -> None:
    """And for administrators, who are in no team."""
    call = _call("admin") if role == "admin" else _call(**{role: MINE})
    assert POLICY.lister.test(call, {"project_id": MINE}) is want
