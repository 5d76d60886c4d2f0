"""The last release and this one work side by side on the new schema: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import io
import shutil
import signal
import subprocess
from collections.abc import Collection, Iterator
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

from gateway.routes import ROUTES
from gateway.routes.table import SIGNED_IN
from tests.running import SERVICES, Caller, System, until
from tests.traffic import Traffic
from tests.world import World

ROOT: Final = Path(__file__).parents[3]
MIGRATIONS: Final = sorted(ROOT.glob("services/*/migrations/versions/*.py"))
FIRST: Final = "0001"
"""Nothing ran before it, so it may do anything."""
MAKES: Final = (
    "CREATE ",
    "CALL ",
    "DROP PROCEDURE ",
    "ANALYZE ",
    "INSERT INTO row_count ",
    "SELECT search_refresh(",
)
LOCKING: Final = {
    "assets-0004_count_rows_for_pages",
    "chat-0003_messages_in_order",
    "tasks-0004_count_rows_for_pages",
}
"""Released before indexes were built concurrently."""


def objections(found: list[ops.MigrateOperation]) -> list[str]:
    """The incompatibilities of a migration with the former release."""
    created = {one.table_name for one in found if isinstance(one, ops.CreateTableOp)}
    return [why for one in found if (why := objection(one, created))]


def objection(operation: ops.MigrateOperation, created: Collection[str] = ()) -> str | None:
    """Why an operation is incompatible with the former release, or None."""
    match operation:
        case ops.CreateTableOp() | ops.DropIndexOp():
            return None
        case ops.CreateIndexOp():
            waits = f"nobody writes to {operation.table_name} while the index is built"
            return waits if _blocks_writers(operation, created) else None
        case ops.AddColumnOp(column=column):
            missing = f"{column.name} has no value in rows that the old code writes"
            return None if column.nullable or column.server_default is not None else missing
        case ops.AlterColumnOp() if _widens(operation):
            return None
    return f"{type(operation).__name__} changes what the old code relies on"


def _blocks_writers(index: ops.CreateIndexOp, created: Collection[str]) -> bool:
    return index.table_name not in created and not index.kw.get("postgresql_concurrently")


def _creates(operation: ops.MigrateOperation) -> bool:
    """Whether it is SQL that starts by creating something: a function, a trigger."""
    if not isinstance(operation, ops.ExecuteSQLOp):
        return False
    return str(operation.sqltext).lstrip().startswith(MAKES)


def _widens(change: ops.AlterColumnOp) -> bool:
    """Whether a column only accepts more than before."""
    old, new = change.existing_type, change.modify_type
    wider = new is None or (
        isinstance(old, sa.String)
        and isinstance(new, sa.String)
        and (new.length is None or (old.length is not None and old.length <= new.length))
    )
    return bool(wider and change.modify_nullable is not False and change.modify_name is None)


class Noting(Operations):
    """Alembic's operations, recorded instead of executed."""

    def __init__(self) -> None:
        # As for a script, so that there is no connection whose transaction autocommit_block() ends.
        script: dict[str, Any] = {"as_sql": True, "output_buffer": io.StringIO()}
        super().__init__(MigrationContext.configure(dialect_name="postgresql", opts=script))
        self.found: list[ops.MigrateOperation] = []

    def invoke(self, operation: ops.MigrateOperation) -> None:  # type: ignore[override]
        """Record the operation."""
        self.found.append(operation)


def operations_of(path: Path) -> tuple[list[ops.MigrateOperation], ModuleType]:
    """A migration and its operations on upgrade."""
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.op = noting = Noting()
    module.upgrade()
    return noting.found, module


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_a_migration_only_adds_or_says_since_when_what_it_removes_is_unused(path: Path) -> None:
    """And its docstring tells the operator what a rolling deploy means.

    Of SQL it says why the release before doesn't notice.
    """
    assert "Rolling deploy: " in (ast.get_docstring(ast.parse(path.read_text())) or "")
    found, migration = operations_of(path)
    assert found
    if getattr(migration, "unnoticed", ""):
        found = [one for one in found if not _creates(one)]
    if f"{path.parts[-4]}-{path.stem}" in LOCKING:
        found = [one for one in found if not isinstance(one, ops.CreateIndexOp)]
    if not path.stem.startswith(FIRST) and not getattr(migration, "unused_since", ""):
        assert objections(found) == []


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_column('task', 'name')",
        "op.drop_table('task')",
        "op.add_column('task', sa.Column('x', sa.Integer, nullable=False))",
        "op.alter_column('task', 'name', new_column_name='title')",
        "op.alter_column('task', 'name', existing_type=sa.Text(), type_=sa.String(3))",
        "op.alter_column('task', 'name', nullable=False)",
        "op.execute('DELETE FROM task')",
        "op.create_index('ix', 'task', ['name'])",
    ],
)
def test_incompatible_operations_are_detected(tmp_path: Path, line: str) -> None:
    """Each of these has broken an upgrade."""
    path = tmp_path / "0002_bad.py"
    path.write_text(f"import sqlalchemy as sa\n\ndef upgrade():\n    {line}\n")
    (operation,), _ = operations_of(path)
    assert objection(operation)


def test_non_blocking_indexes_are_accepted(tmp_path: Path) -> None:
    """Built concurrently, or on a new table."""
    path = tmp_path / "0002_good.py"
    path.write_text(
        """
import sqlalchemy as sa

def upgrade():
    op.create_table("fresh", sa.Column("name", sa.Text))
    op.create_index("ix_fresh", "fresh", ["name"])
    with op.get_context().autocommit_block():
        op.create_index("ix_task", "task", ["name"], postgresql_concurrently=True)
"""
    )
    found, _ = operations_of(path)
    assert len(found) == 3
    assert objections(found) == []


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of the last release; fetched if the clone is shallow."""
    commit = (ROOT / "deploy" / "RELEASE").read_text().strip()
    known = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
    if subprocess.run(known, capture_output=True, check=False).returncode:
        fetch = ["git", "-C", str(ROOT), "fetch", "--quiet", "--depth", "1", "origin", commit]
        subprocess.run(fetch, check=True)
    folder = tmp_path_factory.mktemp("release")
    pack = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "services", "gateway", "deploy"],
        capture_output=True,
        check=True,
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=pack.stdout, check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def restored(system: System) -> Iterator[None]:
    """Restart the processes of this release."""
    yield
    system.restore()


def test_the_last_release_runs_on_the_new_schema_and_is_replaced_under_load(
    system: System, world: World, admin: Caller, release: Path, restored: None
) -> None:
    """All parameterless reads work, and no request fails meanwhile."""
    system.start_seconds(*SERVICES, root=release)
    with Traffic(system, world) as back:
        for name in SERVICES:
            system.kill(name, signal.SIGTERM)
        back.until_some(2)
    lists = [route for route in ROUTES if route.answer != "stream" and "{" not in route.path]
    for route in lists:
        if route.method == "GET" and route.access is SIGNED_IN:
            response = admin.get(route.path)
            assert response.status_code < 500, (route.path, response.text)
    system.start(*SERVICES)
    until(lambda: all(system.consumers(name) == 2 for name in SERVICES), 60, "both releases")
    with Traffic(system, world) as forth:
        for name in SERVICES:
            forth.until_some(1)
            system.kill(f"{name}.2", signal.SIGTERM)
        forth.until_some(2)
    assert not back.failures()
    assert not forth.failures()
