"""Answers that differ from the rules on purpose, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

EXPLAINED: Final[tuple[tuple[Callable[[Any], bool], str], ...]] = ()
