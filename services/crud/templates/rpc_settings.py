"""RPC methods of a template's default background and of its columns."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.crud import templates as t
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import Integrity, InvalidInput
from services.common.json_types import Json, JsonObject, Values
from services.common.runtime.rpc_server import command
from services.common.slugs import slug
from services.common.wire.rpc_protocol import Reply
from services.crud.parts import BACKGROUND, BACKGROUNDS, OF_TEMPLATE
from services.crud.templates.lists import TEMPLATE
from services.crud.templates.rpc_lists import TEMPLATES

COLUMNS: Final = "metadata_descriptors"


class TemplateSettingsRpc(ResourceService):
    """What templates hold besides lists."""

    @command
    def set_template_background(self, template_id: str, data: Json = None) -> Reply:
        """Choose one of the template's backgrounds, or none, for productions to start with.

        Returns the template. Raises Forbidden, InvalidInput, Integrity (not the template's),
        NotFound. Emits ``project-template:update``.
        """
        TEMPLATES.update.check(self, {})
        chosen = bodies.read(t.DefaultBackground, data).default_preview_background_file_id
        template = self.tx.locked(TEMPLATE, known_id(template_id))["id"]
        link = BACKGROUNDS.of_templates
        uses = sa.exists().where(link.c[OF_TEMPLATE] == template, link.c[BACKGROUNDS.key] == chosen)
        if chosen is not None and not self.tx.connection.scalar(sa.select(uses)):
            message = "Preview background file is not linked to this template"
            raise Integrity(message)
        return self._set(template, {BACKGROUND: chosen})

    @command
    def set_template_columns(self, template_id: str, data: Json = None) -> Reply:
        """Replace the columns that productions made from the template get.

        Returns the template. Raises Forbidden, InvalidInput, Integrity (not an object), NotFound.
        Emits ``project-template:update``.
        """
        TEMPLATES.update.check(self, {})
        columns = _columns(data)
        template = self.tx.locked(TEMPLATE, known_id(template_id))["id"]
        return self._set(template, {COLUMNS: columns})

    def _set(self, template: UUID, values: Values) -> Reply:
        change = sa.update(TEMPLATE).where(TEMPLATE.c.id == template)
        self.tx.connection.execute(change.values({**values, "updated_at": NOW}))
        self.tx.emit(self.registry.event(TEMPLATES, "update", {"id": template}))
        return Reply(TEMPLATES.view(self.tx, template, relations=False))


def _columns(data: Json) -> list[JsonObject]:
    """The columns in a body, each with all of its keys. Raises InvalidInput, Integrity."""
    try:
        snapshot = bodies.read(t.Snapshot, {COLUMNS: data} if isinstance(data, list) else data)
    except InvalidInput as error:
        # The one refusal here that clients know as one of the database's.
        if error.message == t.NO_COLUMN:
            raise Integrity(error.message, error.data) from None
        raise
    return [_kept(one) for one in snapshot.metadata_descriptors or ()]


def _kept(column: t.SnapshotColumn) -> JsonObject:
    """A column as it is kept, with the key of its values and its departments cleaned."""
    departments = [str(ident) for ident in column.departments if ident is not None]
    field = column.field_name or slug(column.name)
    return {**msgspec.structs.asdict(column), "field_name": field, "departments": departments}
