"""Hooks of generic CRUD for productions and templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.access.context import CallContext
from services.common.contracts.crud.events import ProjectPrepared
from services.common.contracts.types import Id, about
from services.common.crud.resource import CrudContext, ResourceRules, SimpleRules
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.common.json_types import JsonObject, Row, Values
from services.common.values import array_or_empty
from services.crud import models as m

OPEN, CLOSED = "Open", "Closed"
STATUS_COLOR: Final = "#000000"
RESOLUTION: Final = re.compile(r"(\d+)?x\d+")
TV_SHOW: Final = "tvshow"

STATUS_NAME: Final = (
    sa.select(m.ProjectStatus.name)
    .where(m.ProjectStatus.id == m.Project.project_status_id)
    .correlate(m.Project)
    .scalar_subquery()
)
TEMPLATE_LISTS: Final = (
    (m.ProjectTemplateTaskTypeLink, m.ProjectTaskTypeLink, ("task_type_id", "priority")),
    (
        m.ProjectTemplateTaskStatusLink,
        m.ProjectTaskStatusLink,
        ("task_status_id", "priority", "roles_for_board"),
    ),
)
TEMPLATE_TABLES: Final = (
    ("project_template_asset_type_link", "project_asset_type_link", "asset_type_id"),
    (
        "project_template_status_automation_link",
        "project_status_automation_link",
        "status_automation_id",
    ),
    (
        "project_template_preview_background_file_link",
        "project_preview_background_file_link",
        "preview_background_file_id",
    ),
)
#: Columns of a template that are not copied to a production.
NOT_COPIED: Final = frozenset(
    {
        "id",
        "created_at",
        "updated_at",
        "name",
        "description",
        "metadata_descriptors",
    }
)

#: The team, whom an event about the production concerns.
TEAM: Final = sa.func.array(
    sa.select(m.project_person_link.c.person_id)
    .where(m.project_person_link.c.project_id == m.Project.id)
    .correlate(m.Project)
    .scalar_subquery(),
    type_=sa.ARRAY(sa.Uuid),
)


def is_open(status: str | None) -> bool:
    """Whether a production with that status is open; statuses are compared without case."""
    return status is not None and status.lower() == OPEN.lower()


@dataclass
class ProjectStart:
    """The template and the first episode of a new production."""

    template: UUID | None = None
    #: The id that the first episode of a TV show will have.
    first_episode: UUID | None = None


class ProjectRules(ResourceRules[ProjectStart]):
    """Applies templates, announces new productions, and protects open ones from deletion."""

    completes = frozenset({"new", "update"})
    adds: ClassVar = {
        "first_episode_id": Annotated[
            Id, about("Its first episode, in the answer that makes it a TV show.")
        ]
    }

    def prepare(self, _ctx: CrudContext, body: JsonObject, _ident: UUID | None) -> ProjectStart:
        """Read the template's id in the body. Raises InvalidInput."""
        ident = body.get("project_template_id")
        if ident is None:
            return ProjectStart()
        try:
            return ProjectStart(parse_id(ident))
        except BadValue:
            message = "project_template_id must be a valid UUID"
            raise InvalidInput(message) from None

    def on_create(
        self, ctx: CrudContext, values: Values, body: JsonObject, start: ProjectStart
    ) -> None:
        """Fill absent values from the template; the default status is Open."""
        _check_resolution(values)
        if start.template is not None:
            template = _template(ctx, start.template)
            # What the body sets takes precedence.
            for name, value in template.items():
                if name in values and body.get(name) is None:
                    values[name] = value
        if values["project_status_id"] is None:
            values["project_status_id"] = _open_status(ctx)

    def created(self, ctx: CrudContext, row: Row, body: JsonObject, start: ProjectStart) -> None:
        """Copy the template's links, and emit ``project:prepared`` for the other services."""
        descriptors: list[JsonObject] = []
        if start.template is not None:
            _copy_links(ctx, start.template, row["id"], body)
            descriptors = _stored_descriptors(_template(ctx, start.template))
        # The id is chosen here, so that the answer can show it before assets has created the
        # episode.
        start.first_episode = uuid4() if row["production_type"] == TV_SHOW else None
        ctx.tx.emit(
            ProjectPrepared(
                project_id=row["id"],
                first_episode_id=start.first_episode,
                descriptors=descriptors,
            )
        )

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, start: ProjectStart
    ) -> None:
        """Give a production that becomes a TV show its first episode.

        Emits ``project:prepared`` then.
        """
        _check_resolution(values)
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

    def before_delete(self, ctx: CrudContext, ident: UUID, /, *, force: bool) -> None:  # noqa: ARG002
        """Raise Refused while the production is open, before references to it are checked."""
        with ctx.database.read() as connection:
            _refuse_open(connection.scalar(sa.select(STATUS_NAME).where(m.Project.id == ident)))

    def on_delete(self, ctx: CrudContext, row: Row, _start: ProjectStart) -> None:
        """Raise Refused while the production is open."""
        # Again, under the row's lock: it may have been opened since.
        name = m.ProjectStatus.name
        status = sa.select(name).where(m.ProjectStatus.id == row["project_status_id"])
        _refuse_open(ctx.tx.session.scalar(status))


def _refuse_open(status: str | None) -> None:
    if is_open(status):
        message = "Only closed projects can be deleted"
        raise Refused(message)


class TemplateRules(SimpleRules):
    """Template names are unique."""

    def on_create(
        self, ctx: CrudContext, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check that the name is free. Raises Integrity."""
        _refuse_template_name(ctx, values["name"], None)

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, _body: JsonObject, _prepared: None
    ) -> None:
        """Check that a new name is free. Raises Integrity."""
        if "name" in values:
            _refuse_template_name(ctx, values["name"], row["id"])


def _refuse_template_name(ctx: CallContext, name: str, ident: UUID | None) -> None:
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


def _template(ctx: CallContext, ident: UUID) -> JsonObject:
    table = table_of(m.ProjectTemplate)
    row = ctx.tx.session.execute(sa.select(table).where(table.c.id == ident)).mappings().first()
    if row is None:
        message = f"Project template with id {ident} not found"
        raise InvalidInput(message)
    return {
        name: row[name] for name in row if name not in NOT_COPIED or name == "metadata_descriptors"
    }


def _stored_descriptors(template: Row) -> list[JsonObject]:
    descriptors = array_or_empty(template["metadata_descriptors"])
    # Stored before it was checked, or imported.
    return [descriptor for descriptor in descriptors if isinstance(descriptor, dict)]


def _copy_links(ctx: CallContext, template: UUID, project: UUID, body: JsonObject) -> None:
    """Copy the template's links, except for lists that the request's body has."""
    names = {
        "task_type_id": "task_types",
        "task_status_id": "task_statuses",
        "asset_type_id": "asset_types",
        "status_automation_id": "status_automations",
        "preview_background_file_id": "preview_background_files",
    }
    for source, target, columns in TEMPLATE_LISTS:
        if body.get(names[columns[0]]) is None:
            rows = ctx.tx.session.execute(
                sa.select(*(table_of(source).c[name] for name in columns)).where(
                    table_of(source).c.project_template_id == template
                )
            ).mappings()
            for row in rows:
                # A null is left out: the column's default applies.
                values = {name: value for name, value in row.items() if value is not None}
                ctx.tx.session.add(target(project_id=project, **values))
    tables = ctx.metadata.tables
    for source_name, target_name, column in TEMPLATE_TABLES:
        if body.get(names[column]) is None:
            link = tables[source_name]
            selection = sa.select(sa.literal(project, sa.Uuid), link.c[column]).where(
                link.c.project_template_id == template
            )
            copied = sa.insert(tables[target_name]).from_select(["project_id", column], selection)
            ctx.tx.session.execute(copied)
