"""Entities for the views with tasks: their JSON (summaries), to which ``tasks`` adds the tasks.

Authorization is done here: ``tasks`` shows everything it receives.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.assets.overview import views
from services.assets.policy import entities
from services.assets.policy.access import ENTITY
from services.assets.policy.membership import admit, project_names, require_member
from services.common import queries
from services.common.contracts.tasks.overview import (
    VIEW_QUERIES,
    ConceptViewQuery,
    EditViewQuery,
    LongViewQuery,
    PartViewQuery,
    ViewQuery,
)
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.database import sql_json
from services.common.database.sql_types import Condition, Select
from services.common.errors import Forbidden, NotFound
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply

ANYWHERE: Final = frozenset({"all", "main"})
#: Columns that the detail of an asset leaves out: ``episode_id`` replaces ``source_id``.
DROPPED: Final = frozenset({"source_id", "nb_frames"})


class OverviewRpc(ResourceService):
    """Entities without their tasks."""

    @query
    def list_entity_summaries(
        self, kind: str, query: dict[str, str] | None = None, compact: bool = False
    ) -> Reply:
        """The entities of a view with tasks: ``[["<id>", head], …]`` in the view's order.

        A head is the view's JSON object without ``tasks``; with ``compact`` the array of its
        values. ``query`` may hold ``id``, ``project_id`` and ``episode_id``.
        Raises InvalidInput, NotFound, Forbidden.
        """
        asked = queries.read(VIEW_QUERIES[kind], query)
        project = asked.project_id or None
        self._enter(kind, project)
        names: dict[str, str] = {}
        if kind in views.NAMING:
            # Without a production only administrators see these kinds, of all productions.
            names = project_names(self, None if project is None else [project])
        source, episodes = views.summary_source(kind, project)
        columns = views.SUMMARIES[kind](entities.shown_data(self), names, episodes)
        rows = (
            sa.select(*columns)
            .select_from(source)
            .where(*entities.seen(self, kind, project), *_conditions(kind, asked))
            .order_by(*views.ORDERS.get(kind, views.BY_AGE))
        )
        return Reply(self._pairs(rows, compact=compact))

    @query
    def read_entity_summary(self, kind: str, ident: str) -> JsonObject:
        """The detail of an entity without its tasks: ``{"project_id", "head"}``.

        Raises NotFound (unknown, another kind, a shot without sequence), Forbidden.
        """
        facts = entities.readable_entity(self, ident, kind)
        names = project_names(self, [facts["project_id"]])
        columns = self._detail(kind, names)
        rows = sa.select(*columns.values()).select_from(views.source_of(kind))
        statement = rows_as_json(rows.where(ENTITY.c.id == facts["id"]))
        with self.database.read() as connection:
            summary = connection.scalar(statement)
        if summary is None:
            raise NotFound
        return {"project_id": str(facts["project_id"]), "head": msgspec.Raw(summary.encode())}

    @query
    def list_linked_summaries(self, ident: str) -> Reply:
        """The concepts that link to an entity, in the form of ``list_entity_summaries``.

        Those that the caller sees. Raises NotFound, Forbidden.
        """
        facts = entities.readable_entity(self, ident)
        concepts = sa.select(views.CONCEPT_LINK.c.entity_in_id).where(
            views.CONCEPT_LINK.c.entity_out_id == facts["id"]
        )
        names = project_names(self, [facts["project_id"]])
        columns = views.concept_summary(entities.shown_data(self), names)
        rows = sa.select(*columns).where(ENTITY.c.id.in_(concepts), entities.seen_anywhere(self))
        return Reply(self._pairs(rows.order_by(*views.BY_AGE)))

    def _enter(self, kind: str, project: UUID | None) -> None:
        if project is None:
            if not self.actor.is_admin and kind != "asset":
                message = "This requires a project_id."
                raise Forbidden(message)
        else:
            require_member(self, project)
        admit(self, kind, project)

    def _pairs(self, rows: Select, *, compact: bool = False) -> bytes:
        inner = rows.subquery("r")
        # PostgreSQL writes the JSON, which this process passes on undecoded.
        values = sa.cast(sa.func.json_build_array(*inner.c), sa.Text)
        summary = values if compact else sql_json.written(rows.selected_columns, "r")
        pair = sa.func.concat('["', sa.cast(inner.c.id, sa.Text), '",', summary, "]")
        text = sa.func.string_agg(pair, ",")
        with self.database.read() as connection:
            pairs = connection.scalar(sa.select(text).select_from(inner))
        return b"[" + (pairs or "").encode() + b"]"

    def _detail(self, kind: str, names: views.Names) -> JsonObject:
        """The SELECT list of a detail, by name: the entity's row merged with the view's columns."""
        resource = self.registry["entities"]
        shown = resource.shown(self.actor, resource.columns(None, relations=True))
        row = {column.name: column for column in shown}
        episodes = views.cast_episodes()
        data = entities.shown_data(self)
        summary = {column.name: column for column in views.SUMMARIES[kind](data, names, episodes)}
        if kind == "edit":
            return summary
        if kind == "asset":
            fields = {name: column for name, column in row.items() if name not in DROPPED}
            return {**fields, **summary, "project_name": views.project_name(names)}
        return {**summary, **row}


def _conditions(kind: str, asked: ViewQuery) -> list[Condition]:
    """The conditions of the filters by id and episode, which some kinds have."""
    conditions: list[Condition] = []
    if isinstance(asked, ConceptViewQuery) and asked.id:
        conditions.append(ENTITY.c.id == asked.id)
    if isinstance(asked, PartViewQuery | EditViewQuery | LongViewQuery) and asked.episode_id:
        episode = asked.episode_id
        if episode in ANYWHERE:
            return conditions + _in_no_episode(kind, episode)
        conditions.append(views.in_episode(kind, UUID(episode)))
    return conditions


def _in_no_episode(kind: str, word: str) -> list[Condition]:
    """The conditions for ``all`` and ``main`` in place of an episode's id.

    ``main`` are the assets of no episode; where a word makes no sense for a kind, nothing matches.
    """
    if kind == "asset":
        return [ENTITY.c.source_id.is_(None)] if word == "main" else []
    return [] if kind == "shot" and word == "all" else [sa.false()]
