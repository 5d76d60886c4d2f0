"""Green threads that belong to a request."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

import eventlet


class Spawned:
    """A function that runs in a green thread, with the request's id and trace.

    What it raises is raised by ``wait``. Were it raised in the thread, the hub would print it, also
    where nobody needs the result any more.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._thread = eventlet.spawn(copy_context().run, self._outcome)

    def _outcome(self) -> tuple[Any, Exception | None]:
        try:
            return self._function(), None
        except Exception as error:  # noqa: BLE001 - raised again by ``wait``
            return None, error

    def wait(self) -> Any:
        """What the function returned. Raises what it raised."""
        result, error = self._thread.wait()
        if error is not None:
            raise error
        return result

    def kill(self) -> None:
        """End the thread."""
        self._thread.kill()


def spawned(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Spawned:
    """Run a function in a green thread."""
    return Spawned(partial(function, *args, **kwargs))
