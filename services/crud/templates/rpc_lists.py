"""RPC methods of what project templates use: types, statuses, automations, backgrounds."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common import bodies
from services.common.contracts.crud import templates as t
from services.common.contracts.types import Body
from services.common.crud import cross_references
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import BadValue, known_id, parse_id
from services.common.database.tables import NOW
from services.common.errors import Integrity, InvalidInput, NotFound
from services.common.json_types import Json, JsonObject, Row
from services.common.runtime.rpc_server import command, query
from services.common.wire.rpc_protocol import Reply
from services.crud import parts
from services.crud.parts import OF_TEMPLATE, Part
from services.crud.resources import RESOURCES
from services.crud.templates import lists
from services.crud.templates.lists import LINKS, TEMPLATE

TEMPLATES: Final = RESOURCES["project-templates"]


class Kind(NamedTuple):
    """A list of a template: what is in it, the body that adds to it, and what others show of it."""

    part: Part
    body: type[Body]
    #: The columns shown; all of them if empty.
    shown: tuple[str, ...] = ()


KINDS: Final = {
    "task-types": Kind(parts.TYPES, t.NewTaskTypeOfTemplate),
    "task-statuses": Kind(parts.STATUSES, t.NewTaskStatusOfTemplate),
    "asset-types": Kind(parts.ASSET_TYPES, t.NewAssetTypeOfTemplate, ("id", "name")),
    "status-automations": Kind(parts.AUTOMATIONS, t.NewAutomationOfTemplate),
    "preview-background-files": Kind(
        parts.BACKGROUNDS, t.NewBackgroundOfTemplate, ("id", "name", "is_default")
    ),
}


class TemplateListRpc(ResourceService):
    """What templates use."""

    @query
    def list_template_part(self, template_id: str, kind: str) -> Reply:
        """What the template uses of a kind; types and statuses by priority, then by name.

        For managers of the studio. Raises Forbidden, NotFound.
        """
        TEMPLATES.read.check(self, {})
        template, one = known_id(template_id), KINDS[kind]
        with self.database.read() as connection:
            if not connection.scalar(sa.select(sa.exists().where(TEMPLATE.c.id == template))):
                raise NotFound
        rows = lists.listed(self, one.part, template)
        return compressed(msgspec.json.encode([_shown(one, row) for row in rows]))

    @command
    def link_to_template(
        self, template_id: str, kind: str, data: Json = None
    ) -> JsonObject | Reply:
        """Have the template use something; returns the link, or what is used.

        Of what it uses already, only what is given changes. Raises Forbidden, InvalidInput,
        Integrity, NotFound. Emits ``project-template:update``.
        """
        TEMPLATES.update.check(self, {})
        one = KINDS[kind]
        body = bodies.read(one.body, data)
        ident = _ident(one.part, body)
        row = lists.rows_of(self, one.part, [ident]).get(str(ident))
        if row is None:
            message = f"{one.part.noun} {ident} does not exist"
            raise Integrity(message)
        template = self.tx.locked(TEMPLATE, known_id(template_id))
        _changed(self, template["id"])
        if one.part in LINKS:
            link = lists.link_of(self, one.part, template, ident, body)
            return Reply(LINKS[one.part].view(self.tx, link, relations=False))
        ends = {OF_TEMPLATE: template["id"], one.part.key: ident}
        insertion = insert(one.part.of_templates).values(ends).on_conflict_do_nothing()
        if self.tx.connection.execute(insertion).rowcount:
            lists.touch(self, template["id"])
        return _shown(one, row)

    @command
    def unlink_from_template(self, template_id: str, kind: str, ident: str) -> Reply:
        """Have the template use something no longer; whether it did or not.

        Raises Forbidden, NotFound (the template). Emits ``project-template:update``.
        """
        TEMPLATES.update.check(self, {})
        part = KINDS[kind].part
        template = self.tx.locked(TEMPLATE, known_id(template_id))
        _changed(self, template["id"])
        try:
            row_id = parse_id(ident)
        except BadValue:
            return Reply(b"")  # nothing has such an id
        self._unlink(part, template, row_id)
        return Reply(b"")

    def _unlink(self, part: Part, template: Row, ident: UUID) -> None:
        link, run = part.of_templates, self.tx.connection
        of_both = (link.c[OF_TEMPLATE] == template["id"], link.c[part.key] == ident)
        removed = run.execute(sa.delete(link).where(*of_both)).rowcount
        if part is parts.BACKGROUNDS and template[parts.BACKGROUND] == ident:
            change = sa.update(TEMPLATE).where(TEMPLATE.c.id == template["id"])
            run.execute(change.values({parts.BACKGROUND: None, "updated_at": NOW}))
        elif removed and part not in LINKS:
            lists.touch(self, template["id"])

    @command
    def reorder_template(self, template_id: str, kind: str, data: Json = None) -> Reply:
        """Give task types or statuses the priorities of their places; those not used are added.

        Returns the links in that order. Raises Forbidden, InvalidInput (also for an unknown id:
        nothing changes), NotFound. Emits ``project-template:update`` for each.
        """
        TEMPLATES.update.check(self, {})
        part = KINDS[kind].part
        ids = _in_order(part, data)
        existing = cross_references.ask_existing(self, {(part.service, part.table): set(ids)})
        for ident in ids:
            if ident not in existing[part.service, part.table]:
                message = f"{part.noun} {ident} does not exist"
                raise InvalidInput(message)
        template = self.tx.locked(TEMPLATE, known_id(template_id))["id"]
        if not ids:
            return Reply(b"[]")
        links = lists.put_in_order(self, part, template, ids)
        for _ in links:
            _changed(self, template)
        return compressed(msgspec.json.encode(links))


def _changed(service: ResourceService, template: UUID) -> None:
    """Emit ``project-template:update``."""
    service.tx.emit(service.registry.event(TEMPLATES, "update", {"id": template}))


def _shown(kind: Kind, row: JsonObject) -> JsonObject:
    return {name: row[name] for name in kind.shown} if kind.shown else row


def _ident(part: Part, body: Body) -> UUID:
    """The id in a body. Raises Integrity."""
    try:
        return parse_id(getattr(body, part.key))
    except BadValue:
        message = f"{part.key} is required and must be a valid UUID"
        raise Integrity(message) from None


def _in_order(part: Part, data: Json) -> list[UUID]:
    """The ids in a body that puts task types or statuses in order. Raises InvalidInput."""
    if part is parts.TYPES:
        return bodies.read(t.TypesOfTemplateInOrder, data).task_type_ids
    return bodies.read(t.StatusesOfTemplateInOrder, data).task_status_ids
