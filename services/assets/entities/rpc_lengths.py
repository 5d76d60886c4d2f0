"""RPC method that sets the lengths of shots to those of their previews."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.assets.overview import views
from services.assets.policy.access import ENTITY, in_ids, of_kind
from services.assets.policy.entities import BY_KIND, MEASURE
from services.assets.policy.membership import known_project
from services.common import queries
from services.common.contracts.assets.entities import LengthQuery
from services.common.crud.resource_service import ResourceService
from services.common.database import change_version
from services.common.database.tables import NOW
from services.common.errors import InvalidInput
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import command
from services.common.values import BadValue, parse_id

MEASURER: Final = BY_KIND["shot"].may[MEASURE]
INVALID_PLACE: Final = "Invalid project or task type id"
#: What the column holds.
LONGEST: Final = Decimal(2**31 - 1)
#: Frames a second, where the production has none.
USUAL_RATE: Final = Decimal(25)


class ShotLengthRpc(ResourceService):
    """Lengths of shots."""

    @command
    def set_shot_lengths(
        self, project_id: str, task_type_id: str, query: dict[str, str] | None = None
    ) -> list[JsonObject]:
        """Set the frames of shots to those of their newest previews of a task type.

        Of those of an episode, if one is given. Returns the shots that have such a preview, with
        their frames, by id. For managers. Raises InvalidInput, NotFound, Forbidden.
        """
        if self.actor.is_admin:
            _parsed(project_id, INVALID_PLACE)
        project = known_project(self, project_id)
        MEASURER.check(self, {"project_id": project})
        task_type = _parsed(task_type_id, INVALID_PLACE)
        episode = queries.read(LengthQuery, query).episode_id or None
        question = {"project_id": str(project)}
        rate = frame_rate(self.ask("crud", "read_counting_facts", **question)["fps"])
        seconds = self.ask(
            "tasks", "list_newest_durations", **question, task_type_id=str(task_type)
        )
        shots = self._locked_shots(project, episode, [UUID(ident) for ident in seconds])
        frames = {ident: frames_of(seconds[str(ident)], rate) for ident in shots}
        self._set_lengths(frames)
        return [{"id": str(ident), "nb_frames": count} for ident, count in frames.items()]

    def _locked_shots(self, project: UUID, episode: UUID | None, idents: list[UUID]) -> list[UUID]:
        """Those that are shots of the production, or of its episode, by id."""
        rows = sa.select(ENTITY.c.id).where(
            in_ids(ENTITY.c.id, idents), ENTITY.c.project_id == project, of_kind("shot")
        )
        if episode is not None:
            rows = rows.select_from(views.source_of("shot"))
            rows = rows.where(views.in_episode("shot", episode))
        # In the order of ids, so that two requests don't deadlock.
        locked = rows.order_by(ENTITY.c.id).with_for_update(of=ENTITY)
        return list(self.tx.connection.scalars(locked))

    def _set_lengths(self, frames: dict[UUID, int]) -> None:
        """Two arrays as parameters: one statement for any number of shots."""
        given = (
            sa.func.unnest(
                sa.cast([str(ident) for ident in frames], sa.ARRAY(sa.Uuid(as_uuid=False))),
                sa.cast(list(frames.values()), sa.ARRAY(sa.Integer)),
            )
            .table_valued("id", "frames", name="given")
            .render_derived()
        )
        change = sa.update(ENTITY).where(ENTITY.c.id == given.c.id)
        self.tx.connection.execute(change.values(nb_frames=given.c.frames, updated_at=NOW))
        # No event tells of it.
        change_version.touch(self.tx)


def frames_of(seconds: float | None, rate: Decimal) -> int:
    """A duration in frames, to the nearest, halves to the even; none is 0."""
    frames = min(Decimal(str(seconds or 0)) * rate, LONGEST)
    return int(frames.quantize(Decimal(1), ROUND_HALF_EVEN))


def frame_rate(text: str | None) -> Decimal:
    """A production's frames a second; the usual ones where it has none, or no number."""
    try:
        rate = Decimal(text or USUAL_RATE)
    except InvalidOperation:
        return USUAL_RATE
    return rate if rate.is_finite() and rate > 0 else USUAL_RATE


def _parsed(text: str, message: str) -> UUID:
    try:
        return parse_id(text)
    except BadValue:
        raise InvalidInput(message) from None
