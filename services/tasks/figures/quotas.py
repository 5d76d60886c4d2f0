"""Quotas: what was done, by day, week, month and year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.json_types import JsonObject
from services.tasks.figures.quota_sql import COUNT_AT_ONCE, COUNT_SPREAD

#: How much of a day is the label of its period.
LABELS: Final = {"day": len("2026-01-05"), "month": len("2026-01"), "year": len("2026")}
#: How much of a label names the period that its entries are counted by.
ENTRIES: Final = {"day": len("2026-01"), "week": len("2026"), "month": len("2026")}
FPS: Final = 25.0
#: Decimals of a count of shares.
DECIMALS: Final = 2
_NUMBERS: Final = msgspec.json.Decoder(list[float])
#: Statements, built once.
_AT_ONCE, _SPREAD = sa.text(COUNT_AT_ONCE), sa.text(COUNT_SPREAD)


class Mode(NamedTuple):
    """How work counts."""

    #: At its ``done_date``, else at its ``end_date``.
    done: bool
    #: Spread over the days of work, else on that day.
    spread: bool


def mode_of(name: str) -> Mode:
    """The mode that ``count_mode`` names."""
    return Mode(done=name.endswith("done"), spread=name.startswith("weighted"))


def frame_rate(text: str | None) -> float:
    """A production's frames per second; the usual ones where it has none, or no number."""
    try:
        rate = float(text or FPS)
    except ValueError:
        return FPS
    return rate if 0 < rate < float("inf") else FPS


def count(ctx: CallContext, mode: Mode, fps: float, **parameters: Any) -> JsonObject:
    """The quotas of tasks, by person or task type, and their ``total``; ``{}`` without any.

    ``parameters`` are those of ``quota_sql``.
    """
    statement = _SPREAD if mode.spread else _AT_ONCE
    with ctx.database.read() as connection:
        rows = connection.execute(statement, {"done": mode.done, **parameters}).all()
    return _tabulated(rows, fps, whole=not mode.spread)


def _tabulated(rows: Iterable[Any], fps: float, *, whole: bool) -> JsonObject:
    quotas: dict[str, dict[str, Any]] = {}
    for key, scale, firsts, *texts in rows:
        labels = [_label(scale, first) for first in firsts.split(",")]
        # But for its braces, an array of numbers is written as in JSON.
        frames, drawings, tasks = (_NUMBERS.decode(f"[{text[1:-1]}]") for text in texts)
        counts = map(int, tasks) if whole else (round(one, DECIMALS) for one in tasks)
        figures: JsonObject = {
            "frames": dict(zip(labels, map(int, frames), strict=True)),
            "seconds": dict(zip(labels, [one / fps for one in frames], strict=True)),
            "drawings": dict(zip(labels, map(int, drawings), strict=True)),
            "count": dict(zip(labels, counts, strict=True)),
        }
        if scale in ENTRIES:
            figures["entries"] = Counter(label[: ENTRIES[scale]] for label in labels)
        quotas.setdefault(key, {})[scale] = figures
    return quotas


# Kept: each day is named for every person.
@lru_cache(maxsize=4096)
def _label(scale: str, first: str) -> str:
    """What a period is called, by its first day; weeks are those of ISO 8601."""
    if scale == "week":
        year, week, _ = date.fromisoformat(first).isocalendar()
        return f"{year}-{week}"
    return first[: LABELS[scale]]
