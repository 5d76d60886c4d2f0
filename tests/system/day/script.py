"""The script of a day: named steps in order, and the state that they share.

Every name that a day makes bears its mark, so that it can be played twice on one system, or by two
at once. Administrators' calls go through gazu's default client; other people have one of their own.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gazu
from gazu.client import KitsuClient

PASSWORD = "a-password-of-the-day"
Step = Callable[["Day"], None]


class StepFailed(AssertionError):
    """A step failed; names the step and the reason."""


class Day(SimpleNamespace):
    """The target, the clients, and the rows created so far (as attributes)."""

    host: str
    folder: Path
    mark: str

    def unique_name(self, name: str) -> str:
        """A name that is unique to the day."""
        return f"{name} {self.mark}"

    def client_of(self, person: dict[str, Any]) -> KitsuClient:
        """A client with that person's session."""
        client = gazu.client.create_client(self.host)
        gazu.log_in(person["email"], PASSWORD, client=client)
        return client


def play(
    host: str, email: str, password: str, folder: Path, chapters: dict[str, list[Step]]
) -> None:
    """Play all steps as that administrator. Raises StepFailed for the first that fails."""
    gazu.cache.disable()
    gazu.set_host(host)
    gazu.log_in(email, password)
    day = Day(host=host, email=email, folder=folder, mark=uuid.uuid4().hex[:6])
    for chapter, steps in chapters.items():
        for step in steps:
            name = f"{chapter}: {step.__name__.replace('_', ' ')}"
            try:
                step(day)
            except Exception as error:
                message = f"{name}, {_place(error)}: {type(error).__name__}: {error}"
                raise StepFailed(message) from error
            print(f"ok  {name}")


def _place(error: Exception) -> str:
    """The line of the step at which it failed."""
    frames = traceback.extract_tb(error.__traceback__)
    folder, script = Path(__file__).parent, Path(__file__)
    own = [f for f in frames if Path(f.filename).parent == folder and Path(f.filename) != script]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno} `{own[-1].line}`"


def fails(kind: type[Exception], call: Callable[..., Any], *args: Any, **options: Any) -> bool:
    """Whether a call fails with this error."""
    try:
        call(*args, **options)
    except kind:
        return True
    return False


def refused(call: Callable[..., Any], *args: Any, **options: Any) -> bool:
    """Whether a call is forbidden."""
    return fails(gazu.exception.NotAllowedException, call, *args, **options)


def unknown(call: Callable[..., Any], *args: Any, **options: Any) -> bool:
    """Whether a call answers not found."""
    return fails(gazu.exception.RouteNotFoundException, call, *args, **options)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    """Their ids, in order."""
    return [row["id"] for row in rows]
