"""Statistics of episodes: how the tasks of their shots stand, and how often they were redone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.common.access.context import CallContext
from services.common.database.sql_types import Column, Condition
from services.common.database.tables import table_of
from services.common.json_types import JsonObject
from services.tasks.models import Task, TaskStatus

TASK, STATUS = table_of(Task), table_of(TaskStatus)
ALL: Final = "all"
DONE, RETAKE, OTHER = "done", "retake", "other"
#: Takes that an evolution shows at most: an import may bring any count, which would else make
#: millions of them.
MOST_TAKES: Final = 1000


class Sums(NamedTuple):
    """Some tasks, counted, with the frames of their entities."""

    tasks: int = 0
    frames: int = 0
    drawings: int = 0

    def shown(self) -> dict[str, int]:
        """As answers have them."""
        return {"count": self.tasks, "frames": self.frames, "drawings": self.drawings}

    def plus(self, more: Sums) -> Sums:
        """Both together."""
        return Sums(*(mine + theirs for mine, theirs in zip(self, more, strict=True)))


class Standing(NamedTuple):
    """A status, as the sums need it."""

    id: UUID
    short_name: str
    color: str
    is_done: bool | None
    is_retake: bool | None

    @property
    def kind(self) -> str:
        """What a task in it is."""
        return DONE if self.is_done else RETAKE if self.is_retake else OTHER


Group = tuple[str, str, Standing, tuple[Any, ...], Sums]


def _counted_entities(facts: Mapping[str, str]) -> sa.FromClause:
    """The entities that ``assets`` told, as a table."""
    given = [
        sa.cast(sa.literal(facts[name], sa.Text), ARRAY(kind))
        for name, kind in (("ids", sa.Uuid), ("frames", sa.Integer), ("episodes", sa.Uuid))
    ]
    columns: tuple[sa.ColumnClause[Any], ...] = (
        sa.column("id"),
        sa.column("frames", sa.Integer),
        sa.column("episode", sa.Uuid),
    )
    return sa.func.unnest(*given).table_valued(*columns, name="entity").render_derived()


def _sums(facts: Mapping[str, str], seen: Condition, by: tuple[Column, ...]) -> sa.Subquery:
    """The sums of the tasks that ``seen`` says, by episode, task type, status and more."""
    entity = _counted_entities(facts)
    keys = (entity.c.episode, TASK.c.task_type_id, TASK.c.task_status_id, *by)
    return (
        sa.select(
            *keys,
            sa.func.count().label("tasks"),
            sa.func.coalesce(sa.func.sum(entity.c.frames), 0).label("frames"),
            sa.func.coalesce(sa.func.sum(TASK.c.nb_drawings), 0).label("drawings"),
        )
        .select_from(TASK)
        .join(entity, entity.c.id == TASK.c.entity_id)
        .where(seen, TASK.c.task_type_id.is_not(None))
        .group_by(*keys)
        .subquery("found")
    )


def _grouped(
    ctx: CallContext, facts: Mapping[str, str], seen: Condition, *by: Column
) -> list[Group]:
    """The rows of ``_sums``, each with its status."""
    found = _sums(facts, seen, by)
    # Statuses are joined to the sums, not to the tasks.
    rows = (
        sa.select(
            sa.cast(found.c.episode, sa.Text),
            sa.cast(found.c.task_type_id, sa.Text),
            *(STATUS.c[name] for name in Standing._fields),
            *(found.c[column.name] for column in by),
            *(found.c[name] for name in Sums._fields),
        )
        .select_from(found)
        .join(STATUS, STATUS.c.id == found.c.task_status_id)
    )
    after = 2 + len(Standing._fields)
    with ctx.database.read() as connection:
        return [
            (*row[:2], Standing(*row[2:after]), row[after:-3], Sums(*row[-3:]))
            for row in connection.execute(rows)
        ]


def _entries(episode: str, task_type: str) -> Iterator[tuple[str, str]]:
    """The entries of the answer in which a group counts."""
    for one in (episode, ALL):
        for kind in (task_type, ALL):
            yield one, kind


def by_status(ctx: CallContext, facts: Mapping[str, str], seen: Condition) -> JsonObject:
    """``{episode or all: {task type or all: {status: {name, color, count, frames, drawings}}}}``.

    ``facts`` are those of ``assets.list_frames_by_episode``; ``{}`` without any task.
    """
    sums: dict[tuple[str, str], dict[Standing, Sums]] = defaultdict(lambda: defaultdict(Sums))
    for episode, task_type, status, _, counted in _grouped(ctx, facts, seen):
        for entry in _entries(episode, task_type):
            sums[entry][status] = sums[entry][status].plus(counted)
    answer: dict[str, JsonObject] = {}
    for (episode, task_type), found in sums.items():
        answer.setdefault(episode, {})[task_type] = {
            str(status.id): {"name": status.short_name, "color": status.color, **total.shown()}
            for status, total in found.items()
        }
    return answer


#: The tasks of an entry by how they stand, and how often they were redone.
Standings = dict[tuple[str, int], Sums]


def by_retake(ctx: CallContext, facts: Mapping[str, str], seen: Condition) -> JsonObject:
    """``{episode or all: {task type or all: …}}``: how the tasks stand, and stood at each take."""
    entries: dict[tuple[str, str], Standings] = defaultdict(dict)
    entries[ALL, ALL] = {}
    for episode, task_type, status, (takes,), counted in _grouped(
        ctx, facts, seen, TASK.c.retake_count
    ):
        group = (status.kind, takes or 0)
        for entry in _entries(episode, task_type):
            entries[entry][group] = entries[entry].get(group, Sums()).plus(counted)
    answer: dict[str, JsonObject] = {}
    for (episode, task_type), found in entries.items():
        answer.setdefault(episode, {})[task_type] = _standings(found, evolves=episode != ALL)
    return answer


def _standings(found: Standings, *, evolves: bool) -> JsonObject:
    most = max((takes for _, takes in found), default=0)
    shown = min(most, MOST_TAKES) if evolves else 0
    return {
        "max_retake_count": max(most, 0),
        **_summed((stands, sums) for (stands, _), sums in found.items()),
        "evolution": {str(take): _at_take(found, take) for take in range(1, shown + 1)},
    }


def _at_take(found: Standings, take: int) -> JsonObject:
    """How the tasks stood at a take: what was redone since was to be redone then."""
    return _summed(
        (RETAKE if takes >= take else DONE if stands == DONE else OTHER, sums)
        for (stands, takes), sums in found.items()
    )


def _summed(groups: Iterable[tuple[str, Sums]]) -> JsonObject:
    sums = {DONE: Sums(), RETAKE: Sums(), OTHER: Sums()}
    for kind, more in groups:
        sums[kind] = sums[kind].plus(more)
    return {kind: total.shown() for kind, total in sums.items()}
