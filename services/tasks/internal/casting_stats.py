"""Casting statistics: the number of a shot's cast assets that are ready for each of its tasks.

``assets`` owns assets and castings and emits their changes; the readiness for all affected shots is
then fetched with one call. Asynchronous, so that saving a casting doesn't wait for the counts.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.tasks.events import CastingStats
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import NOW, table_of
from services.common.events.subscriber import Delivery, Inbox, on
from services.tasks.models import Task, TaskType

TASK: Final = table_of(Task)


class CastingStatsRpc(ResourceService):
    """Keeps ``task.nb_assets_ready`` up to date."""

    # One handler and one ordered queue for both events: readiness is fetched before the tasks are
    # locked, so of two concurrent handlers the one with the older data might write last.
    @on(
        "shot:casting-update",
        "asset:ready-changed",
        inbox=Inbox.LAST,
        ordered=True,
        formerly=("count_for_shot", "count_for_asset"),
    )
    def count_ready_assets(self, delivery: Delivery) -> None:
        """Recompute the counts after a change of a shot's casting or an asset's readiness.

        Idempotent, since it sets the current state.
        """
        if "shot_id" in delivery.payload:
            self._count([str(delivery.payload["shot_id"])])
        else:
            asset = str(delivery.payload["asset_id"])
            self._count(self.ask("assets", "list_shots_casting", asset_ids=[asset]))

    def _count(self, shots: list[str]) -> None:
        """Set ``nb_assets_ready`` of the shots' tasks. Emits ``task:update-casting-stats``."""
        if not shots:
            return
        readiness: dict[str, list[str | None]] = self.ask(
            "assets", "read_casting_readiness", shot_ids=shots
        )
        order = self._priorities()
        rows = sa.select(
            TASK.c.id,
            TASK.c.entity_id,
            TASK.c.task_type_id,
            TASK.c.project_id,
            TASK.c.nb_assets_ready,
        ).where(TASK.c.entity_id.in_([UUID(shot) for shot in shots]))
        # Locked in id order, as everywhere: two transactions that lock the same tasks don't
        # deadlock.
        tasks = self.tx.connection.execute(rows.order_by(TASK.c.id).with_for_update())
        for row in tasks.mappings().all():
            ready = _ready(readiness.get(str(row["entity_id"]), []), row["task_type_id"], order)
            if ready != row["nb_assets_ready"]:
                change = sa.update(TASK).where(TASK.c.id == row["id"])
                self.tx.connection.execute(change.values(nb_assets_ready=ready, updated_at=NOW))
            project = {"project_id": row["project_id"]} if row["project_id"] else {}
            event = CastingStats(task_id=row["id"], nb_assets_ready=ready, **project)
            self.tx.emit(event)

    def _priorities(self) -> dict[str, int]:
        """The priority of each task type: its position in the pipeline."""
        kinds = sa.select(TaskType.id, TaskType.priority)
        with self.database.read() as connection:
            return {str(ident): order or 0 for ident, order in connection.execute(kinds)}


def _ready(ready_for: list[str | None], task_type: UUID | None, order: dict[str, int]) -> int:
    """The number of cast assets that are ready for this task type, or a later one."""
    needed = order.get(str(task_type), 0)
    return sum(1 for kind in ready_for if kind is not None and order.get(kind, 0) >= needed)
