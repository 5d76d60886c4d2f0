"""RPC methods that make a template from a production, and apply one to a production."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies
from services.common.access.rules import admin
from services.common.contracts.crud.events import ProjectPrepared
from services.common.contracts.crud.templates import NewTemplate
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database.tables import NOW, table_of
from services.common.json_types import Json, JsonObject, Values
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.crud.models import Project
from services.crud.parts import BACKGROUND, SETTINGS, copy_to_project, copy_to_template
from services.crud.policy.project_access import permitted_project, project_changed, project_reply
from services.crud.policy.project_rules import (
    refuse_template_name,
    settings_of,
    stored_descriptors,
)
from services.crud.templates.lists import TEMPLATE
from services.crud.templates.rpc_lists import TEMPLATES

PROJECT: Final = table_of(Project)
#: What a template keeps of a production's column.
KEPT: Final = (
    "name",
    "field_name",
    "entity_type",
    "task_type_id",
    "data_type",
    "choices",
    "for_client",
    "departments",
    "position",
)


class TemplateRpc(ResourceService):
    """Templates and productions made of each other."""

    @command
    def template_from_project(self, project_id: str, data: Json = None) -> Reply:
        """Make a template of a production's settings, columns, and what it uses.

        Returns the template. Raises Forbidden, InvalidInput, NotFound, Integrity (the name is
        another's). Emits ``project-template:new``.
        """
        TEMPLATES.create.check(self, {})
        body = bodies.read(NewTemplate, data)
        project = permitted_project(self, project_id, admin)
        columns = self._columns_of(project)
        row = self.tx.locked(PROJECT, project)
        refuse_template_name(self, body.name, None)
        # An empty object says no more than none.
        settings = {name: row[name] if row[name] != {} else None for name in SETTINGS}
        values = {
            "name": body.name,
            "description": body.description,
            "metadata_descriptors": columns,
            BACKGROUND: row[BACKGROUND],
            **settings,
        }
        insertion = sa.insert(TEMPLATE).values(values).returning(TEMPLATE.c.id)
        template = self.tx.connection.execute(insertion).scalar_one()
        copy_to_template(self.tx.connection, project, template)
        self.tx.emit(self.registry.event(TEMPLATES, "new", {"id": template}))
        return Reply(TEMPLATES.view(self.tx, template, relations=False))

    def _columns_of(self, project: UUID) -> list[JsonObject]:
        """The production's columns, which ``assets`` owns, as templates keep them."""
        question: JsonObject = {"projects": [str(project)], "shows": []}
        body = self.ask("assets", "read_project_extras", **question)
        columns: list[Any] = body["descriptors"].get(str(project), [])
        return [{name: column[name] for name in KEPT} for column in columns]

    @command
    def apply_template(self, project_id: str, template_id: str) -> Reply:
        """Give a production the template's settings, and what it doesn't use yet.

        Returns the production. Raises Forbidden, NotFound. Emits ``project:update``;
        ``assets`` adds the columns and emits ``metadata-descriptor:new``.
        """
        TEMPLATES.update.check(self, {})
        # The production first, as everywhere: two who apply templates to it follow each other.
        project = self.tx.locked(PROJECT, known_id(project_id))
        template = self.tx.locked(TEMPLATE, known_id(template_id))
        values = settings_of(template)
        if project[BACKGROUND] is None:
            values[BACKGROUND] = template[BACKGROUND]
        self._set_values(project["id"], values)
        copy_to_project(self.tx.connection, template["id"], project["id"])
        prepared = ProjectPrepared(
            project_id=project["id"],
            first_episode_id=None,
            descriptors=stored_descriptors(template),
            is_new=False,
        )
        self.tx.emit(prepared)
        project_changed(self, project["id"])
        return project_reply(self, project["id"])

    def _set_values(self, project: UUID, values: Values) -> None:
        change = sa.update(PROJECT).where(PROJECT.c.id == project)
        self.tx.connection.execute(change.values({**values, "updated_at": NOW}))
