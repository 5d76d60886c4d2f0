"""How many of the assets that a shot needs are ready for each of its tasks.

Assets and castings are ``assets``'; it tells when they change, and what is ready is asked for then,
for all shots concerned at once. By event and not by call: a casting is done when it is stored, and
the count that follows from it may follow a moment later.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.tasks import CastingStats
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.events.subscriber import Delivery, on
from services.tasks.models import Task, TaskType

TASK: Final = table_of(Task)


class CastingStatsRpc(ResourceService):
    """Ready counts."""

    # One handler and one queue for both events: what is so is asked before the tasks are locked,
    # so of two at once the one with the older answer might write last.
    @on(
        "shot:casting-update",
        "asset:ready-changed",
        inbox=False,
        ordered=True,
        formerly=("count_for_shot", "count_for_asset"),
    )
    def count_ready_assets(self, delivery: Delivery) -> None:
        """A shot is cast anew, or an asset is ready for another kind of task: count for its shots.

        Idempotent, since it sets what is so now.
        """
        if "shot_id" in delivery.payload:
            self._count([str(delivery.payload["shot_id"])])
        else:
            asset = str(delivery.payload["asset_id"])
            self._count(self.ask("assets", "shots_casting", asset_ids=[asset]))

    def _count(self, shots: list[str]) -> None:
        """Set ``nb_assets_ready`` of the shots' tasks. Emits ``task:update-casting-stats``."""
        if not shots:
            return
        cast: dict[str, list[str | None]] = self.ask("assets", "casting_readiness", shot_ids=shots)
        order = self._priorities()
        rows = sa.select(
            TASK.c.id,
            TASK.c.entity_id,
            TASK.c.task_type_id,
            TASK.c.project_id,
            TASK.c.nb_assets_ready,
        ).where(TASK.c.entity_id.in_([UUID(shot) for shot in shots]))
        # By id, as everybody locks tasks.
        found = self.tx.connection.execute(rows.order_by(TASK.c.id).with_for_update())
        for row in found.mappings().all():
            ready = _ready(cast.get(str(row["entity_id"]), []), row["task_type_id"], order)
            if ready != row["nb_assets_ready"]:
                change = sa.update(TASK).where(TASK.c.id == row["id"])
                self.tx.connection.execute(change.values(nb_assets_ready=ready, updated_at=NOW))
            project = {"project_id": row["project_id"]} if row["project_id"] else {}
            told = CastingStats(task_id=row["id"], nb_assets_ready=ready, **project)
            self.tx.emit(told)

    def _priorities(self) -> dict[str, int]:
        """Where each kind of task stands in the order of the work."""
        kinds = sa.select(TaskType.id, TaskType.priority)
        with self.database.read() as connection:
            return {str(ident): order or 0 for ident, order in connection.execute(kinds)}


def _ready(cast: list[str | None], task_type: UUID | None, order: dict[str, int]) -> int:
    """Of the assets cast, those that are ready for this kind of task, or for a later one."""
    needed = order.get(str(task_type), 0)
    return sum(1 for kind in cast if kind is not None and order.get(kind, 0) >= needed)
