"""Accounts for programs at the broker, as they are listed."""

from __future__ import annotations

from typing import Annotated

import msgspec

from services.common.contracts.full_events import Named
from services.common.contracts.types import about


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """A program's account at the broker: what it hears, and how far it is behind."""

    name: Annotated[str, about("The name that the operator gave it.", "farm")]
    productions: Annotated[
        list[Named] | None,
        about("The productions that it hears of; null: all, and what is the studio's."),
    ]
    events: Annotated[list[str], about("The names that it hears, with stars.", ["task:*"])]
    queue: Annotated[str, about("Its queue, which is its user's name, too.", "subscriber.farm")]
    waiting: Annotated[int, about("Messages that it has not acknowledged.", 12)]
    lag_seconds: Annotated[
        float, about("The age of the oldest of these, in seconds; 0 where none waits.", 3.2)
    ]
    connected: Annotated[bool, about("Whether it is connected.")]
