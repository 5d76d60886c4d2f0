"""The names of what events are about, asked of their owners for a batch at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.common.contracts.full_events import About, EntityNamed, Named, PersonNamed
from services.crud.models import Project

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from services.common.access.context import CallContext, Question
    from services.common.contracts.full_events import Description
    from services.common.json_types import JsonObject


class Names(NamedTuple):
    """Names by id."""

    projects: dict[UUID, str]
    entities: JsonObject
    people: JsonObject

    @classmethod
    def of(
        cls, ctx: CallContext, described: Sequence[Description], actors: Collection[UUID]
    ) -> Names:
        """Ask for the names of all that these events are about, and of who made them.

        Raises Unavailable.
        """
        entities = {one.entity_id for one in described if one.entity_id}
        people = {one.person_id for one in described if one.person_id} | set(actors)
        questions: dict[str, Question] = {}
        if entities:
            ids = sorted(map(str, entities))
            questions["entities"] = ("assets", "describe_entities", {"ids": ids})
        if people:
            ids = sorted(map(str, people))
            questions["people"] = ("auth", "list_short_persons", {"ids": ids})
        answers = dict(zip(questions, ctx.ask_all(list(questions.values())), strict=True))
        projects = {one.project_id for one in described if one.project_id}
        return cls(_projects(ctx, projects), answers.get("entities", {}), answers.get("people", {}))

    def about(self, described: Description) -> About:
        """What an event is about."""
        return About(
            project=self._project(described.project_id),
            entity=self._entity(described.entity_id),
            task=described.task,
            task_type=described.task_type,
            task_status=described.task_status,
            person=self.person(described.person_id),
        )

    def person(self, ident: UUID | None) -> PersonNamed | None:
        """A person; None for one who is unknown, or gone."""
        found = self.people.get(str(ident))
        return PersonNamed(id=ident, full_name=found["full_name"]) if ident and found else None

    def _project(self, ident: UUID | None) -> Named | None:
        if ident is None:
            return None
        return Named(id=ident, name=self.projects.get(ident))

    def _entity(self, ident: UUID | None) -> EntityNamed | None:
        if ident is None:
            return None
        found = self.entities.get(str(ident))
        if found is None:
            return EntityNamed(id=ident, name=None, kind=None, path="")
        is_asset = found["kind"] == "Asset"
        above = [found["type_name"]] if is_asset else [found["episode_name"], found["parent_name"]]
        path = " / ".join(dict.fromkeys(name for name in (*above, found["name"]) if name))
        return EntityNamed(id=ident, name=found["name"], kind=found["kind"], path=path)


def _projects(ctx: CallContext, ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    with ctx.database.read() as connection:
        rows = connection.execute(
            sa.select(Project.id, Project.name).where(Project.id.in_(sorted(ids)))
        )
        return dict(rows.all())
