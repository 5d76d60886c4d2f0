"""A fake call context: an actor, and the answers of other services."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor


class Call:
    """The part of ``CallContext`` that rules use; records the calls made."""

    def __init__(self, actor: Actor, **answers: Any) -> None:
        self.actor, self.answers = actor, answers
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def ask(self, service: str, method: str, /, **kwargs: Any) -> Any:
        """The answer given for the method."""
        self.asked.append((service, method, kwargs))
        return self.answers[method]
