"""What events are about, by name: asked of the owners for a batch at once, and kept for seconds."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard
from uuid import UUID
from weakref import WeakKeyDictionary

from services.common.contracts import subject_id, subject_of
from services.common.contracts.full_events import About, EntityNamed, Named, PersonNamed

if TYPE_CHECKING:
    from services.common.access.context import CallContext, Question
    from services.common.contracts.full_events import Description
    from services.common.database.pools import Database
    from services.common.events.delivery import Delivery
    from services.common.json_types import JsonObject

#: Seconds that a name is kept. The events that change one are handled here in their order, and
#: have it asked for again; but after a fail-over another process may have handled them.
SECONDS: Final = 10.0
#: Names kept of each kind.
SIZE: Final = 10_000
#: Subjects of events that change the paths of other entities, too.
ABOVE: Final = frozenset({"episode", "sequence", "asset-type"})
#: The names that an entity's path begins with, as ``assets`` answers them.
ABOVE_IT: Final = ("type_name", "episode_name", "parent_name")


PRODUCTIONS: Final = """
SELECT id, name, is_clients_isolated FROM project WHERE id = ANY(%(ids)s::uuid[])
"""


class Kept:
    """Answers by id, for ``SECONDS``."""

    def __init__(self) -> None:
        self._answers: dict[UUID, tuple[float, Any]] = {}

    def missing(self, ids: Iterable[UUID]) -> set[UUID]:
        """Those of these ids that are not known."""
        now = time.monotonic()
        return {one for one in ids if self._answers.get(one, (0.0,))[0] < now}

    def keep(self, ids: Iterable[UUID], answers: Mapping[Any, Any]) -> None:
        """Keep the answer for each id, by the id or its text: None for a row that isn't there."""
        if len(self._answers) >= SIZE:
            self._answers.clear()
        until = time.monotonic() + SECONDS
        self._answers.update(
            (ident, (until, answers.get(ident, answers.get(str(ident))))) for ident in ids
        )

    def get(self, ident: UUID | None) -> Any:
        """The answer, however old: ``missing`` was asked before."""
        return self._answers[ident][1] if ident in self._answers else None

    def forget(self, ident: UUID | None = None) -> None:
        """Forget one answer, or all."""
        if ident is None:
            self._answers.clear()
        else:
            self._answers.pop(ident, None)


class Production(NamedTuple):
    """What events need to know of a production."""

    name: str
    isolated: bool


class Names:
    """Names by id, of one process."""

    #: One for each database, that is for each process.
    _of_databases: Final[WeakKeyDictionary[Database, Names]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self.projects, self.entities, self.people = Kept(), Kept(), Kept()

    @classmethod
    def of(cls, ctx: CallContext) -> Names:
        """The names that this process has kept."""
        return cls._of_databases.setdefault(ctx.database, cls())

    def follow(self, deliveries: Sequence[Delivery]) -> None:
        """Forget what these events change."""
        for delivery in deliveries:
            subject = subject_of(delivery.name)
            if is_entity(delivery.before) and delivery.after is None:
                self._remember(subject, delivery.before)
            else:
                self._forget(subject, subject_id(delivery.name, delivery.payload))

    def _forget(self, subject: str, ident: UUID | None) -> None:
        if subject == "person":
            self.people.forget(ident)
        elif subject == "project":
            self.projects.forget(ident)
        elif subject in ABOVE:
            self.entities.forget()
        elif subject == "import":
            for kept in (self.projects, self.entities, self.people):
                kept.forget()
        elif ident is not None:
            self.entities.forget(ident)

    def _remember(self, subject: str, row: JsonObject) -> None:
        """Keep the name of an entity that is gone, for the events of its tasks that follow."""
        ident = UUID(row["id"])
        above = self.entities.get(ident) or dict.fromkeys(ABOVE_IT)
        kind = subject.title().replace("-", "")
        self.entities.keep([ident], {ident: {**above, "name": row["name"], "kind": kind}})

    def learn(
        self, ctx: CallContext, described: Sequence[Description], actors: Collection[UUID]
    ) -> None:
        """Ask for the names of all that these events are about, and of who made them.

        Raises Unavailable.
        """
        entities = self.entities.missing(one.entity_id for one in described if one.entity_id)
        people = self.people.missing(
            {one.person_id for one in described if one.person_id} | set(actors)
        )
        questions: list[Question] = []
        if entities:
            questions.append(("assets", "describe_entities", {"ids": sorted(map(str, entities))}))
        if people:
            questions.append(("auth", "list_short_persons", {"ids": sorted(map(str, people))}))
        answers = iter(ctx.ask_all(questions) if questions else ())
        for kept, ids in ((self.entities, entities), (self.people, people)):
            if ids:
                kept.keep(ids, next(answers))
        projects = self.projects.missing(one.project_id for one in described if one.project_id)
        if projects:
            self.projects.keep(projects, _productions(ctx, projects))

    # --- as events have them --------------------------------------------------------------------

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
        found = self.people.get(ident)
        return PersonNamed(id=ident, full_name=found["full_name"]) if ident and found else None

    def _project(self, ident: UUID | None) -> Named | None:
        if ident is None:
            return None
        production: Production | None = self.projects.get(ident)
        return Named(id=ident, name=production.name if production else None)

    def _entity(self, ident: UUID | None) -> EntityNamed | None:
        if ident is None:
            return None
        found = self.entities.get(ident)
        if found is None:
            return EntityNamed(id=ident, name=None, kind=None, path="")
        is_asset = found["kind"] == "Asset"
        above = [found["type_name"]] if is_asset else [found["episode_name"], found["parent_name"]]
        path = " / ".join(dict.fromkeys(name for name in (*above, found["name"]) if name))
        return EntityNamed(id=ident, name=found["name"], kind=found["kind"], path=path)


def is_entity(row: JsonObject | None) -> TypeGuard[JsonObject]:
    """Whether a changed row is an entity, whatever its kind is."""
    return row is not None and "entity_type_id" in row and "parent_id" in row


def _productions(ctx: CallContext, ids: Collection[UUID]) -> dict[UUID, Production]:
    found = ctx.database.rows(PRODUCTIONS, ids=sorted(map(str, ids)))
    return {UUID(str(ident)): Production(name, bool(isolated)) for ident, name, isolated in found}
