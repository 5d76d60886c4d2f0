"""Server-side prepared statements, for the SQL that runs a hundred times a second.

psycopg2 sends every statement as text, and PostgreSQL parses and plans it anew, which takes longer
than running it. Here a statement is prepared the first time a connection runs it, and executed by
name from then on. It has a generic plan from the start (``plan_cache_mode``, see ``Database``);
PostgreSQL replans it when tables change or are analyzed.

Prepared statements belong to a connection: no transaction-level pooler (PgBouncer) may stand
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
#: Statements prepared on a connection, and known to the process. Clients choose parts of some
#: (``fields``), and each plan takes memory: the least recently used one is dropped.
MAX_PREPARED: Final = 300
TYPES: Final = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s"


class Rendered(NamedTuple):
    """The SQL to send, values included, and the statement without them, for logs and traces."""

    message: str
    readable: str


Statement = str | sa.ClauseElement


def parameter(name: str, kind: Any) -> sa.BindParameter[Any]:
    """A parameter whose value comes with each execution, unlike the constants of a statement."""
    return sa.bindparam(name, type_=kind, required=False)


class _Plan(NamedTuple):
    name: str
    prepare: str
    execute: str
    readable: str


class PreparedStatements:
    """The prepared statements of one service, shared by its connections."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        # By last use, as are the names on each connection.
        self._plans: dict[tuple[Any, ...], _Plan] = {}
        self._numbers = itertools.count()

    def render(
        self,
        cursor: Any,
        info: dict[str, Any],
        statement: Statement,
        parameters: Parameters,
    ) -> Rendered:
        """The SQL that executes a statement with these values, on the cursor's connection.

        ``info`` is the pool's record of that connection, where the names prepared on it are kept.
        Parameters of hand-written SQL are ``%(name)s``. PostgreSQL infers their types: one needs a
        cast where any type would do (``concat``), and in the list of an ``INSERT … SELECT``.
        """
        # The names are part of the key: a parameter that is not given is rendered as a constant.
        key = (statement, *parameters)
        plan = self._plans.get(key)
        prepared: dict[str, None] = info.setdefault("prepared", {})
        if plan is None:
            plan = self._prepare(cursor, statement, parameters)
        elif plan.name not in prepared:
            # Known to the process, but new to this connection.
            cursor.execute(plan.prepare)
        self._plans[key] = self._plans.pop(key, plan)  # another greenlet may have prepared it, too
        prepared.pop(plan.name, None)
        prepared[plan.name] = None
        if len(self._plans) > MAX_PREPARED:
            del self._plans[next(iter(self._plans))]
        if len(prepared) > MAX_PREPARED:
            # By the order on this connection: messages that wait to be sent name its newest ones.
            oldest = next(iter(prepared))
            cursor.execute(f"DEALLOCATE {oldest}")
            del prepared[oldest]
        return Rendered(cursor.mogrify(plan.execute, parameters).decode(), plan.readable)

    def _text(self, statement: Statement) -> tuple[str, Parameters]:
        """The statement as SQL with psycopg2's placeholders, and the values of its constants."""
        if isinstance(statement, str):
            return statement, {}
        options = {"render_postcompile": True}
        compiled = statement.compile(dialect=self.dialect, compile_kwargs=options)
        return str(compiled), compiled.params

    def _prepare(self, cursor: Any, statement: Statement, parameters: Parameters) -> _Plan:
        """Prepare a statement on this connection, with its constants inlined."""
        sql, values = self._text(statement)
        names: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            name = match[1]
            if name is None:
                return "%"  # ``%%``, escaped for psycopg2, which does not see this text
            if name not in parameters:
                return str(cursor.mogrify("%s", (values[name],)).decode())
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        name = f"callboard_{next(self._numbers)}"
        prepare = f"PREPARE {name} AS {PARAMETER.sub(numbered, sql)}"
        cursor.execute(prepare)
        # EXECUTE takes literals without a type context, so each value is cast to what PostgreSQL
        # inferred.
        cursor.execute(TYPES, (name,))
        (types,) = cursor.fetchone()
        arguments = ", ".join(
            f"%({name})s::{kind}" for name, kind in zip(names, types, strict=True)
        )
        execute = f"EXECUTE {name}({arguments})" if names else f"EXECUTE {name}"
        return _Plan(name, prepare, execute, sql)
