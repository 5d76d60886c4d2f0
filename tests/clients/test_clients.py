"""The generated clients accept what they are given, and work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from deploy.clients.__main__ import HERE, npx, python_client, typescript_client
from tests.needs import needed
from tests.running import System
from tests.world import World

FOLDER: Final = Path(__file__).parent
CALLER: Final = ("admin@example.com", "mypassword")


def said(*command: str | Path, **environment: str) -> str:
    """What a command prints. Fails with that unless it succeeds."""
    done = subprocess.run(
        list(command),
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def out(tmp_path: Path, descriptions: Path) -> Path:
    """The folder of the clients, made from the present description."""
    return tmp_path


def test_the_python_client_is_typed_and_works(out: Path, system: System, world: World) -> None:
    """The type checker accepts all of it, and the script of a production's day, strictly."""
    client, script = python_client(out), FOLDER / "production_day.py"
    options = ("--strict", f"--cache-dir={out / 'cache'}")
    package = client / "callboard_client"
    said(sys.executable, "-m", "mypy", *options, package, script, MYPYPATH=str(client))
    day = said(sys.executable, script, system.base, *CALLER, "Python", PYTHONPATH=str(client))
    assert day == "The day has begun.\n"


def test_the_typescript_client_is_typed_and_works(out: Path, system: System, world: World) -> None:
    """The compiler accepts it, and the script of a production's day, strictly."""
    needed("npm", "npm")
    client = typescript_client(out)
    (client / "node_modules").symlink_to(HERE / "node_modules")
    for name in ("production_day.ts", "tsconfig.json"):
        shutil.copy(FOLDER / name, client)
    npx("tsc", "--project", client, "--outDir", client / "js")
    day = said("node", client / "js" / "production_day.js", system.base, *CALLER, "TypeScript")
    assert day == "The day has begun.\n"
