"""Statements that come a hundred times a second, parsed and planned once on each connection.

psycopg2 sends every statement whole, and PostgreSQL parses and plans it anew, which takes longer
than running it. Here a statement is prepared the first time a connection meets it and executed by
its name from then on. The plan is a general one from the start (``plan_cache_mode``, see ``db``);
PostgreSQL makes it anew when tables change or are analyzed.

A connection must stay ours for that: a pooler that hands out connections by transaction can't stand
between a service and its database.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from services.common.json_types import Parameters

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

PARAMETER: Final = re.compile(r"%\((\w+)\)s|%%")
#: Statements prepared at most on a connection; those beyond are sent whole, as others are.
MOST: Final = 300
TYPES: Final = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s"


class Rendered(NamedTuple):
    """What is sent for a statement, with its values; and the statement without them, to show."""

    message: str
    shown: str


Statement = str | sa.ClauseElement


def parameter(name: str, kind: Any) -> sa.BindParameter[Any]:
    """A value that comes with each execution of a statement that is prepared once."""
    return sa.bindparam(name, type_=kind, required=False)


class _Plan(NamedTuple):
    name: str
    prepare: str
    execute: str
    shown: str


class PreparedStatements:
    """The statements that one service prepares."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._plans: dict[tuple[Any, ...], _Plan] = {}
        self._numbers = itertools.count()

    def render(
        self,
        cursor: Any,
        info: dict[str, Any],
        statement: Statement,
        parameters: Parameters,
    ) -> Rendered:
        """What to send for a statement with these values, on the cursor's connection.

        ``info`` is what the pool keeps of that connection: what is prepared on it is noted there.
        Parameters of hand-written SQL are ``%(name)s``. Their types are as PostgreSQL infers them:
        one needs a cast where any type will do (``concat``), and in the list of an
        ``INSERT … SELECT``.
        """
        key = (statement, *parameters)
        plan = self._plans.get(key)
        if plan is None and len(self._plans) >= MOST:
            sql, constants = self._text(statement)
            whole: str = cursor.mogrify(sql, {**constants, **parameters}).decode()
            return Rendered(whole, sql)
        prepared: set[str] = info.setdefault("prepared", set())
        if plan is None:
            plan = self._prepare(cursor, statement, parameters)
            prepared.add(plan.name)
            self._plans.setdefault(key, plan)  # another greenlet may have met it first
        elif plan.name not in prepared:
            cursor.execute(plan.prepare)
            prepared.add(plan.name)
        return Rendered(cursor.mogrify(plan.execute, parameters).decode(), plan.shown)

    def _text(self, statement: Statement) -> tuple[str, Parameters]:
        """The statement as psycopg2 takes it, and the constants in it."""
        if isinstance(statement, str):
            return statement, {}
        options = {"render_postcompile": True}
        compiled = statement.compile(dialect=self.dialect, compile_kwargs=options)
        return str(compiled), compiled.params

    def _prepare(self, cursor: Any, statement: Statement, given: Parameters) -> _Plan:
        """Prepare it here, and learn how its values must be cast; constants become part of it."""
        sql, values = self._text(statement)
        names: list[str] = []

        def numbered(found: re.Match[str]) -> str:
            name = found[1]
            if name is None:
                return "%"
            if name not in given:
                return str(cursor.mogrify("%s", (values[name],)).decode())
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        name = f"callboard_{next(self._numbers)}"
        prepare = f"PREPARE {name} AS {PARAMETER.sub(numbered, sql)}"
        cursor.execute(prepare)
        cursor.execute(TYPES, (name,))
        (types,) = cursor.fetchone()
        casts = ", ".join(f"%({n})s::{kind}" for n, kind in zip(names, types, strict=True))
        execute = f"EXECUTE {name}({casts})" if names else f"EXECUTE {name}"
        return _Plan(name, prepare, execute, sql)
