"""Hooks of generic CRUD for productions and templates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.context import CallContext
from services.common.contracts.crud.events import ProjectPrepared
from services.common.contracts.crud.productions import OpenProduction
from services.common.contracts.types import RowQuery
from services.common.crud.resource_rules import CrudContext, ResourceRules, SimpleRules
from services.common.crud.validation import known_id
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.common.json_types import JsonObject, Row, Values
from services.common.values import array_or_empty
from services.common.wire.rpc_protocol import Reply
from services.crud import bit_rates
from services.crud import models as m
from services.crud.parts import BACKGROUND, SETTINGS, copy_to_project
from services.crud.policy.production_rows import (
    CLOSED,
    OPEN,
    STATUS_NAME,
    TV_SHOW,
    is_open,
    one_with_extras,
)
from services.crud.policy.project_access import project_changed

STATUS_COLOR: Final = "#000000"
RESOLUTION: Final = re.compile(r"(\d+)?x\d+")
#: The team, whom an event about the production concerns.
TEAM: Final = sa.func.array(
    sa.select(m.project_person_link.c.person_id)
    .where(m.project_person_link.c.project_id == m.Project.id)
    .correlate(m.Project)
    .scalar_subquery(),
    type_=sa.ARRAY(sa.Uuid),
)


@dataclass
class ProjectStart:
    """The template and the first episode of a new production."""

    template: UUID | None = None
    #: The id that the first episode of a TV show will have.
    first_episode: UUID | None = None
    #: The columns that the template gives.
    columns: list[JsonObject] = field(default_factory=list)


class ProjectRules(ResourceRules[ProjectStart]):
    """Applies templates, announces new productions, and protects open ones from deletion."""

    completes = frozenset({"new", "update"})
    #: As the list of open productions shows them; the answers of writes have at most the episode.
    adds: ClassVar = {one.name: one.type for one in msgspec.structs.fields(OpenProduction)}

    def prepare(self, _ctx: CrudContext, body: JsonObject, _ident: UUID | None) -> ProjectStart:
        """Read the template's id in the body. Raises NotFound."""
        ident = body.get("project_template_id")
        if ident is None:
            return ProjectStart()
        return ProjectStart(known_id(ident))

    def on_create(
        self, ctx: CrudContext, values: Values, body: JsonObject, start: ProjectStart
    ) -> None:
        """Fill absent values from the template; the default status is Open."""
        _check_resolution(values)
        bit_rates.check(values)
        if start.template is not None:
            start.columns = _fill_from_template(ctx, start.template, values, body)
        if values["project_status_id"] is None:
            values["project_status_id"] = _open_status(ctx)

    def created(self, ctx: CrudContext, row: Row, _body: JsonObject, start: ProjectStart) -> None:
        """Link what the template uses, and emit ``project:prepared`` for the other services."""
        if start.template is not None:
            copy_to_project(ctx.tx.connection, start.template, row["id"])
            project_changed(ctx, row["id"])
        # The id is chosen here, so that the answer can show it before assets has created the
        # episode.
        start.first_episode = uuid4() if row["production_type"] == TV_SHOW else None
        ctx.tx.emit(
            ProjectPrepared(
                project_id=row["id"],
                first_episode_id=start.first_episode,
                descriptors=start.columns,
            )
        )

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, start: ProjectStart
    ) -> None:
        """Give a production that becomes a TV show its first episode.

        Emits ``project:prepared`` then.
        """
        _check_resolution(values)
        bit_rates.check(values, row)
        if values.get("production_type") == TV_SHOW and row["production_type"] != TV_SHOW:
            start.first_episode = uuid4()
            ctx.tx.emit(ProjectPrepared(project_id=row["id"], first_episode_id=start.first_episode))

    def complete(
        self, _ctx: CrudContext, rows: list[JsonObject], _verb: str, start: ProjectStart | None
    ) -> None:
        """Add the id of a new TV show's first episode to the answer."""
        for shown in rows:
            if start is not None and shown["production_type"] == TV_SHOW and start.first_episode:
                shown["first_episode_id"] = str(start.first_episode)

    def reply_for(self, ctx: CrudContext, reply: Reply, asked: RowQuery) -> Reply:
        """Add the descriptors and the first episode; a read without lists goes without them."""
        if not asked.relations:
            return reply
        return reply._replace(body=one_with_extras(ctx, reply.body))

    def before_delete(self, ctx: CrudContext, ident: UUID, /, *, force: bool) -> None:  # noqa: ARG002
        """Raise Refused while the production is open, before references to it are checked."""
        with ctx.database.read() as connection:
            _refuse_open(connection.scalar(sa.select(STATUS_NAME).where(m.Project.id == ident)))

    def on_delete(self, ctx: CrudContext, row: Row, _start: ProjectStart) -> None:
        """Raise Refused while the production is open; its choices of software go with it."""
        # Again, under the row's lock: it may have been opened since.
        name = m.ProjectStatus.name
        status = sa.select(name).where(m.ProjectStatus.id == row["project_status_id"])
        _refuse_open(ctx.tx.session.scalar(status))
        link = m.ProjectTaskTypeSoftwareLink
        ctx.tx.session.execute(sa.delete(link).where(link.project_id == row["id"]))


def _refuse_open(status: str | None) -> None:
    if is_open(status):
        message = "Only closed projects can be deleted"
        raise Refused(message)


class TemplateRules(SimpleRules):
    """Template names are unique, and bit rates those that movies can have."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check the bit rates, and that the name is free. Raises Integrity."""
        bit_rates.check(values, error=Integrity)
        refuse_template_name(ctx, values["name"], None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check new bit rates, and that a new name is free. Raises Integrity."""
        bit_rates.check(values, row, error=Integrity)
        if "name" in values:
            refuse_template_name(ctx, values["name"], row["id"])


def refuse_template_name(ctx: CallContext, name: str, ident: UUID | None) -> None:
    """Raise Integrity if another template has the name."""
    # Serialized, or the unique constraint would refuse one of two concurrent requests, with a
    # message that clients don't know.
    ctx.tx.lock_key(f"project template {name}")
    homonyms = sa.select(m.ProjectTemplate.id).where(m.ProjectTemplate.name == name)
    if ident is not None:
        homonyms = homonyms.where(m.ProjectTemplate.id != ident)
    if ctx.tx.session.scalar(homonyms):
        message = "A project template with this name already exists"
        raise Integrity(message)


def _check_resolution(values: Row) -> None:
    resolution = values.get("resolution")
    if resolution and not RESOLUTION.fullmatch(resolution):
        message = f"Invalid resolution {resolution}. Expected format: '1920x1080' or 'x1080'."
        raise InvalidInput(message)


def _fill_from_template(
    ctx: CallContext, ident: UUID, values: Values, body: JsonObject
) -> list[JsonObject]:
    """Give a new production the settings of a template; returns the template's columns.

    What the body sets takes precedence. Raises NotFound.
    """
    template = ctx.tx.locked(table_of(m.ProjectTemplate), ident)
    given = {**settings_of(template), BACKGROUND: template[BACKGROUND]}
    # Empty objects are what clients send for nothing.
    values.update({n: v for n, v in given.items() if body.get(n) in (None, {})})
    return stored_descriptors(template)


def _open_status(ctx: CallContext) -> UUID:
    """The id of the status Open, which is created on first use together with Closed."""
    status = m.ProjectStatus
    by_name = sa.select(status.id).where(sa.func.lower(status.name) == OPEN.lower()).limit(1)
    status_id = ctx.tx.session.scalar(by_name)
    if status_id is None:
        rows = [{"id": uuid4(), "name": name, "color": STATUS_COLOR} for name in (OPEN, CLOSED)]
        # Two first productions at once: the second transaction waits here, and reads the first
        # one's status below.
        ctx.tx.session.execute(insert(status).values(rows).on_conflict_do_nothing())
        status_id = ctx.tx.session.scalar(by_name)
    return UUID(str(status_id))


# --- templates ------------------------------------------------------------------------------------


def settings_of(template: Row) -> Values:
    """The settings that a template gives to productions: all that it has."""
    return {name: template[name] for name in SETTINGS if template[name] is not None}


def stored_descriptors(template: Row) -> list[JsonObject]:
    """The columns that a template gives to productions."""
    descriptors = array_or_empty(template["metadata_descriptors"])
    # Stored before it was checked, or imported.
    return [descriptor for descriptor in descriptors if isinstance(descriptor, dict)]
