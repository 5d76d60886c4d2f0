"""Describing events: what changed in the row that an event is about, and who may hear of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple
from uuid import UUID

import msgspec

from services.common.access.policy import ALL as WHOLE
from services.common.access.rules import Rule, anyone, not_vendor, studio_manager
from services.common.contracts import subject_id, subject_of
from services.common.contracts.full_events import (
    ALL,
    Asked,
    Audience,
    Changes,
    Description,
    FieldChange,
)
from services.common.crud.resource_service import ResourceService
from services.common.database.tables import is_internal
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.values import BadValue, parse_id
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.access.context import CallContext
    from services.common.crud.registry import Registry
    from services.common.crud.resource import Resource

#: A time with the fraction of a second that answers leave out.
MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+")
#: The roles of rules that depend on nothing else.
ROLES: Final[Mapping[Rule, tuple[str, ...]]] = {
    anyone: ALL,
    not_vendor: tuple(role for role in ALL if role != "vendor"),
    studio_manager: ("manager",),
}
#: Prepared, one for each table.
ROW: Final = 'SELECT id, to_jsonb(this) FROM "{table}" AS this WHERE id = ANY(%(ids)s::uuid[])'
#: What every event's row has, and nobody needs to hear of.
UNTOLD: Final = frozenset({"id", "created_at", "updated_at"})


class Told(NamedTuple):
    """An event with the row that it is about."""

    name: str
    payload: JsonObject
    project: UUID | None
    #: The row after the event; what it was, if it is gone; empty where there is none.
    row: JsonObject
    changes: Changes
    #: The resource that serves the row, if one does.
    resource: Resource | None

    @property
    def subject(self) -> str:
        """``task`` of ``task:assign``."""
        return subject_of(self.name)

    def ident(self, key: str) -> UUID | None:
        """An id of the row or, failing that, of the payload."""
        value = self.row.get(key) or self.payload.get(key)
        try:
            return parse_id(value) if value else None
        except BadValue:
            return None


@dataclass(frozen=True)
class Describer:
    """How a service describes its events, where that depends on more than the row's resource."""

    describe: Callable[[CallContext, Sequence[Told]], list[Description]]
    #: Subjects of events whose rows another subject's resource serves: ``asset_instance``.
    aliases: Mapping[str, str] = field(default_factory=dict)
    #: Subjects of events whose rows may belong to no production though their rights are by
    #: production: shared searches of the studio.
    studio_wide: frozenset[str] = frozenset()


class DescriptionRpc(ResourceService):
    """Describes the service's events, for ``crud`` to publish them in full."""

    describer: ClassVar[Describer]

    @query
    def describe_events(self, events: list[JsonObject]) -> Reply:
        """A ``Description`` for each event, in their order."""
        asked = msgspec.convert(events, list[Asked])
        return Reply(msgspec.json.encode(described(self, self.describer, self.registry, asked)))


def described(
    ctx: CallContext, describer: Describer, registry: Registry, asked: Sequence[Asked]
) -> list[Description]:
    """A description for each event, in their order."""
    subjects = (subject_of(event.name) for event in asked)
    resources = [registry.of_subject(describer.aliases.get(name, name)) for name in subjects]
    rows = _unchanged_rows(ctx, asked, resources)
    told = [
        Told(
            event.name,
            event.payload,
            event.project_id,
            event.after or event.before or rows.get(subject_id(event.name, event.payload), {}),
            changes(event, resource),
            resource,
        )
        for event, resource in zip(asked, resources, strict=True)
    ]
    return [
        _in_production(description, one, describer)
        for description, one in zip(describer.describe(ctx, told), told, strict=True)
    ]


def _in_production(description: Description, told: Told, describer: Describer) -> Description:
    """A description whose roles are those in a production: without one, nobody has such a role."""
    by_production = told.resource is not None and told.resource.policy is not None
    if description.project_id or not by_production or told.subject in describer.studio_wide:
        return description
    audience = msgspec.structs.replace(description.audience, roles=())
    # Nor are there clients in a production that is not known.
    return msgspec.structs.replace(description, audience=audience, by_client=None)


def _unchanged_rows(
    ctx: CallContext, asked: Sequence[Asked], resources: Sequence[Resource | None]
) -> dict[UUID | None, JsonObject]:
    """The rows of events that changed nothing in them, as they are now."""
    wanted: dict[Resource, set[UUID]] = defaultdict(set)
    for event, resource in zip(asked, resources, strict=True):
        ident = subject_id(event.name, event.payload)
        if resource and ident and event.before is None and event.after is None:
            wanted[resource].add(ident)
    rows: dict[UUID | None, JsonObject] = {}
    for resource, ids in wanted.items():
        statement = ROW.format(table=resource.table.name)
        found = ctx.database.rows(statement, ids=sorted(map(str, ids)))
        rows.update((UUID(str(ident)), row) for ident, row in found)
    return rows


def by_resource(told: Told, audience: Audience | None = None) -> Description:
    """A description by the row alone: those hear of it who may read it by its resource."""
    return Description(
        audience=audience or readers(told.resource),
        changes=told.changes,
        project_id=told.project or told.ident("project_id"),
        person_id=told.ident("person_id"),
    )


def readers(resource: Resource | None) -> Audience:
    """Those who may read all rows, as the resource declares it; the others are for ``describe``."""
    if resource is None:
        return Audience()
    policy = resource.policy
    if policy is None:
        return Audience(roles=ROLES.get(resource.read) or ROLES.get(resource.list, ()))
    seen = policy.sees if policy.reads is None else policy.reads
    roles = tuple(role for role in ALL if seen.get(role) is WHOLE)
    hidden = {role: tuple(sorted(mask.values)) for role, mask in policy.masks.items()}
    return Audience(roles=roles, hidden=hidden)


def changes(event: Asked, resource: Resource | None) -> Changes:
    """The fields of the row that differ, under the names and in the form of answers."""
    if resource is None or (event.before is None and event.after is None):
        return {}
    before, after = event.before or {}, event.after or {}
    told: Changes = {}
    for column in resource.table.c:
        name = column.name
        old, new = before.get(name), after.get(name)
        if old != new and name not in UNTOLD | resource.hidden and not is_internal(column):
            shown = resource.renamed.get(name, name)
            told[shown] = FieldChange(before=_shown(old), after=_shown(new))
    return told


def _shown(value: Any) -> Any:
    if isinstance(value, str) and (moment := MOMENT.fullmatch(value)):
        return moment.group(1)
    return value


def idents(told: Iterable[Told], key: str) -> list[UUID]:
    """The ids that these events name, each once."""
    return sorted({ident for one in told if (ident := one.ident(key)) is not None})
