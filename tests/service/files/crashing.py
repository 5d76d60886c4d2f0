"""A process that crashes at a chosen step: a call of the storage, or a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from services.common.files.storage import Storage

BEFORE, AFTER = "before", "after"
#: The calls that are steps.
CALLS: Final = ((Storage, ("put", "copy", "fetch", "delete")), (Session, ("commit",)))


class Crashed(Exception):
    """Ends the simulated process."""


class CrashingProcess:
    """Counts the steps, and crashes before or after one of them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.fatal = -1
        self.when = BEFORE
        self.dead = False
        for cls, names in CALLS:
            for name in names:
                patch.setattr(cls, name, self._step(getattr(cls, name)))

    def _step(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            number, self.steps = self.steps, self.steps + 1
            if self.dead or (number == self.fatal and self.when == BEFORE):
                self.dead = True
                raise Crashed
            result = call(*args, **kwargs)
            if number == self.fatal:
                self.dead = True
                raise Crashed
            return result

        return run

    @contextmanager
    def running_until(self, fatal: int, when: str) -> Iterator[None]:
        """Crash at a step of the block, if it has so many; afterwards the process is restarted."""
        self.steps, self.fatal, self.when, self.dead = 0, fatal, when, False
        try:
            yield
        except Crashed:
            pass
        finally:
            self.fatal = -1
            self.ended, self.dead = self.dead, False


def objects(storage: Path) -> set[str]:
    """The keys of all stored objects."""
    files = (path for path in storage.rglob("*") if path.is_file())
    return {path.relative_to(storage).as_posix() for path in files}
