"""Every query string is read as its route declares it, and nothing else is read of it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
import pytest

from deploy.docs.declarations import resource_of, resources
from deploy.docs.http_api.parameters import query_type
from gateway.live import streams
from gateway.routes import ROUTES
from gateway.routes.table import Route
from services.common import bodies, queries
from services.common.contracts.types import Query
from services.common.crud.listing import lists
from services.common.errors import InvalidInput
from tests.malformed import IDENT
from tests.service.fake_services import service_class

ROOT: Final = Path(__file__).parents[2]
QUERY: Final = "query"
#: Where filters by columns are read, which a query may hold besides its declared parameters.
FILTERS: Final = ROOT / "services" / "common" / "crud" / "listing"
#: What may look into a query: these modules, and rules that ask for a filter by a column.
READERS: Final = ("queries.", "filters.", "lists.", "resource.list.check")
SERVED: Final = resources()
ASKING: Final = [
    pytest.param(route, id=f"{route.method} {route.path}") for route in ROUTES if route.query
]
TYPES: Final = sorted(
    {kind for route in ROUTES if (kind := query_type(route, resource_of(route, SERVED)))},
    key=lambda kind: kind.__name__,
)
#: A text that no number, time, id, flag, choice or word is.
NONSENSE: Final = "no such thing!"


def reader_of(route: Route) -> tuple[Callable[..., Any], ModuleType]:
    """The function that reads a route's query, and its module."""
    if route.is_live:
        function: Callable[..., Any] = getattr(streams.Streams, f"_{route.answer}")
    elif route.function == "list_rows":
        function = lists.list_rows
    else:
        function = inspect.unwrap(getattr(service_class(route.service), route.function))
    return function, sys.modules[function.__module__]


def types_read(source: str, names: dict[str, Any]) -> list[Any]:
    """The types that a function reads a query as, of expressions in ``names``."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    read = [call.args[0] for call in calls if ast.unparse(call.func) == "queries.read"]
    return [eval(ast.unparse(kind), names) for kind in read]  # noqa: S307 - of our own source


def by_columns_only(kind: type[Query]) -> bool:
    """Whether generic CRUD reads all that a type declares."""
    return set(queries.columns_of(kind)) == set(kind.__struct_fields__)


@pytest.mark.parametrize("route", ASKING)
def test_a_query_is_read_as_its_route_declares_it(route: Route) -> None:
    """By the method that answers it; a type of nothing but columns by their filters."""
    resource = resource_of(route, SERVED)
    function, module = reader_of(route)
    source = textwrap.dedent(inspect.getsource(function))
    kind = query_type(route, resource)
    assert kind is not None
    if by_columns_only(kind):
        assert "filters.by_columns(" in source
        return
    assert types_read(source, {**vars(module), **dict(route.fixed), "resource": resource}) == [kind]


# --- nothing is read past the declarations --------------------------------------------------------


def untyped_reads(source: str) -> Iterator[str]:
    """The places of a module that take parameters out of a query themselves.

    A query may be passed on under its name, and looked through for the names of columns.
    """
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _takes_query(function):
            for node in (node for line in function.body for node in ast.walk(line)):
                if isinstance(node, ast.Name) and node.id == QUERY:
                    whole = _whole(node, parents)
                    if not _is_passed_on(whole, parents[whole], tree):
                        yield f"line {node.lineno}: {ast.unparse(parents[whole])}"


def _takes_query(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = function.args
    return any(one.arg == QUERY for one in (*arguments.args, *arguments.kwonlyargs))


def _whole(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.AST:
    """``query or {}`` around ``query``."""
    return parents[node] if isinstance(parents[node], ast.BoolOp) else node


def _is_passed_on(node: ast.AST, parent: ast.AST, tree: ast.AST) -> bool:
    if isinstance(parent, ast.comprehension):
        return parent.iter is node
    if isinstance(parent, ast.keyword):
        return parent.arg == QUERY
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    name = ast.unparse(parent.func).removeprefix("self.")
    own = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == name]
    # What gets it must be looked at as well, so it must know it by its name.
    return bool(own and _takes_query(own[0])) or name.startswith(READERS)


@pytest.mark.parametrize("service", ["auth", "assets", "tasks", "chat", "crud", "common/crud"])
def test_nothing_undeclared_is_read_of_a_query(service: str) -> None:
    """Methods get what is declared as attributes, whose names mypy checks."""
    modules = (ROOT / "services" / service).rglob("*.py")
    found = {
        f"{module.relative_to(ROOT)}, {place}"
        for module in modules
        if module.parent != FILTERS and module != Path(queries.__file__)
        for place in untyped_reads(module.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    "body",
    [
        'return query["page"]',
        'return query.get("page")',
        'return (query or {}).get("page")',
        'return "page" in query',
        "asked = query or {}",
        "asked = dict(query)",
        "return self.narrowed(query)",
    ],
)
def test_a_parameter_that_is_read_by_hand_is_found(body: str) -> None:
    """The check above can fail."""
    source = f"def method(self, query):\n    {body}\n\n\ndef narrowed(texts):\n    return texts\n"
    assert list(untyped_reads(source))


def test_a_method_that_reads_another_type_is_found() -> None:
    """The check of the types can fail."""
    source = "asked = queries.read(KINDS[kind], query)"
    names = {"KINDS": {"shot": int, "asset": str}}
    assert types_read(source, {**names, "kind": "shot"}) == [int]
    assert types_read("asked = query", names) == []


# --- each parameter -------------------------------------------------------------------------------


def narrow(kind: type[Query]) -> Iterator[str]:
    """The parameters of a type that not every text is a value of."""
    struct = msgspec.inspect.type_info(kind)
    assert isinstance(struct, msgspec.inspect.StructType)
    for field in struct.fields:
        kinds, extra = bodies.alternatives(field.type)
        if isinstance(kinds[0], msgspec.inspect.ListType):
            kinds, _ = bodies.alternatives(kinds[0].item_type)
        texts = [one for one in kinds if isinstance(one, msgspec.inspect.StrType)]
        # Only one word flips a switch: with another text it stays as it is.
        if not extra.keys() & {"switch", "column"} and all(one.pattern for one in texts):
            yield field.name


@pytest.mark.parametrize("kind", TYPES)
def test_a_malformed_parameter_is_told_by_its_name(kind: type[Query]) -> None:
    """With what came and what is expected, whatever message clients know."""
    for name in narrow(kind):
        with pytest.raises(InvalidInput) as refused:
            queries.read(kind, {"page": "1", name: NONSENSE})
        if kind.bare:
            assert refused.value.data is None
            assert name in refused.value.message or NONSENSE in refused.value.message
            continue
        assert refused.value.data is not None
        errors = refused.value.data["errors"]
        told = {one["field"].partition(".")[0]: one["message"] for one in errors}
        assert NONSENSE in told[name]
        assert "Expected" in told[name]


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_parameter_is_not_given(kind: type[Query]) -> None:
    """Nor is an empty one among several; only what is required must be there."""
    required = {"email": IDENT, "entity_type": "Asset"}
    needed = {name: text for name, text in required.items() if name in kind.__struct_fields__}
    empty = dict.fromkeys(set(kind.__struct_fields__) - needed.keys(), "")
    assert queries.read(kind, empty | needed) == queries.read(kind, needed)
