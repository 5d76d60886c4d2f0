"""The programs of docs/examples, unchanged: each prints the event of a task that changes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from deploy.clients.__main__ import install
from tests.needs import needed
from tests.running import Caller, System, until
from tests.world import World

EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples"
PYTHON: Final = Path(sys.executable)
#: What a stock nameko service is started with; python -m finds no module that does it.
NAMEKO: Final = "from nameko.cli.main import main; main()"


@contextmanager
def printing(*command: str | Path) -> Iterator[Callable[[], str]]:
    """A program, and a function that gives what it has printed so far; terminated afterwards."""
    environ = {**os.environ, "PYTHONPATH": str(EXAMPLES)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=EXAMPLES, env=environ
    ) as process:
        assert process.stdout is not None
        stdout, text = process.stdout, bytearray()
        os.set_blocking(stdout.fileno(), False)

        def printed() -> str:
            text.extend(stdout.read() or b"")
            return text.decode()

        try:
            yield printed
        finally:
            process.terminate()


@pytest.fixture
def change_tasks(admin: Caller, world: World) -> Callable[[], None]:
    """Changes a task: programs that aren't connected yet hear the next one."""
    numbers = itertools.count(1)

    def change() -> None:
        admin.put(f"/data/tasks/{world.task}", {"priority": next(numbers) % 3})

    return change


def token_of(caller: Caller) -> str:
    """The token that a caller sends."""
    return str(caller.session.headers["Authorization"]).removeprefix("Bearer ")


def check(change: Callable[[], None], *command: str | Path) -> str:
    """What the program prints, once it has named the event."""
    with printing(*command) as printed:

        def heard() -> bool:
            change()
            return "task:update" in printed()

        try:
            until(heard, 30)
        except AssertionError:
            pytest.fail(f"It printed only {printed()!r}.")
        return printed()


@pytest.mark.parametrize("program", ["subscribe.py", "subscribe_with_pika.py"])
def test_programs_at_the_broker(
    system: System, change_tasks: Callable[[], None], program: str
) -> None:
    """They hear what they name, and nothing else."""
    said = check(change_tasks, PYTHON, program, system.parts.amqp_uri, "task:update")
    assert "comment:new" not in said


def test_a_stock_nameko_service(
    system: System, change_tasks: Callable[[], None], tmp_path: Path
) -> None:
    """Without any of this project's packages."""
    config = tmp_path / "config.yaml"
    config.write_text(f'AMQP_URI: "{system.parts.amqp_uri}"\n')
    arguments = ("run", "--config", config, "nameko_subscriber")
    check(change_tasks, PYTHON, "-c", NAMEKO, *arguments)


@pytest.mark.parametrize("program", ["stream.sh", "stream.py"])
def test_programs_that_read_the_stream(
    system: System, admin: Caller, change_tasks: Callable[[], None], program: str
) -> None:
    """With curl and with httpx."""
    runner = PYTHON if program.endswith(".py") else "sh"
    check(change_tasks, runner, program, system.base, token_of(admin), "task:*")


def test_a_program_with_gazu(
    system: System, world: World, change_tasks: Callable[[], None]
) -> None:
    """Its listener, over Socket.IO."""
    script = "listen_with_gazu.py"
    said = check(change_tasks, PYTHON, script, system.base, "admin@example.com", "mypassword")
    assert world.task in said


@pytest.mark.parametrize("program", ["stream.js", "socket.js"])
def test_programs_in_javascript(
    system: System, admin: Caller, change_tasks: Callable[[], None], program: str
) -> None:
    """EventSource and socket.io-client."""
    needed("npm", "npm")
    install(EXAMPLES)
    check(change_tasks, "node", program, system.base, token_of(admin), "task:*")
