"""Released migrations never change: they import only frozen code."""

from __future__ import annotations

import ast
import hashlib
import io
from pathlib import Path

import pytest
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from services.common.database.migrations import config_of

ROOT = Path(__file__).parents[4]
SCRIPTS = sorted(ROOT.glob("services/*/migrations/versions/*.py"))
FROZEN = "services.common.database.frozen"
RELEASED = {
    "auth": ("0004", "b814a345c0bb3a68"),
    "assets": ("0004", "09a72e8b853b8b6b"),
    "tasks": ("0004", "b9627498f341c725"),
    "chat": ("0004", "8a9773a00288b7c8"),
    "crud": ("0003", "ae1c12a221c40b6f"),
}
"""The digest of the SQL that leads from nothing to that migration and back."""


def imported(path: Path) -> set[str]:
    """The project's modules that a file imports, also inside functions."""
    result: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            result |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            result |= {name.name for name in node.names}
    return {name for name in result if name.startswith(("services.", "gateway.", "deploy."))}


def sql(service: str, until: str) -> str:
    """The SQL of a migration, up and down, with normalised white space."""
    script = ScriptDirectory.from_config(config_of(service))
    written = io.StringIO()

    def run(step, **options: str) -> None:
        context = EnvironmentContext(config_of(service), script, fn=step, as_sql=True, **options)
        with context as environment:
            environment.configure(dialect_name="postgresql", output_buffer=written)
            environment.run_migrations()

    run(lambda rev, _: script._upgrade_revs(until, rev))  # noqa: SLF001
    run(lambda rev, _: script._downgrade_revs("base", rev), starting_rev=until)  # noqa: SLF001
    return " ".join(written.getvalue().split())


def test_every_service_has_released_migrations() -> None:
    """A new service is added here with its first release."""
    assert {path.parts[-4] for path in SCRIPTS} == RELEASED.keys()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_a_migration_imports_only_frozen_code(path: Path) -> None:
    """Else its SQL would change with the code."""
    assert {name for name in imported(path) if not name.startswith(f"{FROZEN}.")} == set()


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("services/common/database/frozen/*.py")), ids=lambda path: path.name
)
def test_frozen_code_imports_nothing_of_the_project(path: Path) -> None:
    """It would not be frozen."""
    assert imported(path) == set()


@pytest.mark.parametrize("service", RELEASED)
def test_released_migrations_are_unchanged(service: str) -> None:
    """Write a new migration instead."""
    until, digest = RELEASED[service]
    assert hashlib.sha256(sql(service, until).encode()).hexdigest()[:16] == digest
